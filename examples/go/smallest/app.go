package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	vod "github.com/serverless-vod/serverless-vod-go/serverlessvod"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Videos"), nil)
	service := vod.NewServerlessVod(stack, jsii.String("Vod"), nil)
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: service.Url()})
	awscdk.NewCfnOutput(stack, jsii.String("UserPoolId"), &awscdk.CfnOutputProps{Value: service.Auth().UserPool().UserPoolId()})
	app.Synth(nil)
}
