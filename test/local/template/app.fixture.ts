import { App, CfnOutput, Stack, aws_lambda as lambda } from 'aws-cdk-lib';

const app = new App();
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
const stack = new Stack(app, 'Fixture', { env: { account, region } });
new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromAsset(__dirname) });
new CfnOutput(stack, 'Environment', { value: `${account}/${region}` });
app.synth();
