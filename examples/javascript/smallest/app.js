const { App, CfnOutput, Stack } = require('aws-cdk-lib');
const { ServerlessVod } = require('serverless-vod');

const app = new App();
const stack = new Stack(app, 'Videos');
const vod = new ServerlessVod(stack, 'Vod');
new CfnOutput(stack, 'Url', { value: vod.url });
new CfnOutput(stack, 'UserPoolId', { value: vod.auth.userPool.userPoolId });
