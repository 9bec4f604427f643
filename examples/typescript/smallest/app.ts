import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from 'serverless-vod';

const app = new App();
const stack = new Stack(app, 'Videos');
const vod = new ServerlessVod(stack, 'Vod');
new CfnOutput(stack, 'Url', { value: vod.url });
new CfnOutput(stack, 'UserPoolId', { value: vod.auth.userPool!.userPoolId });
