import { App, CfnOutput } from 'aws-cdk-lib';
import { FeaturePlan, ManagedLoginVersion } from 'aws-cdk-lib/aws-cognito';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { Identity, type ServerlessVod } from '../../src';

const stack = new VideosStack(new App(), 'Videos', {
  identity: Identity.userPool({
    publicClient: { callbackUrls: ['com.example.app://callback'] },
    userPool: { featurePlan: FeaturePlan.ESSENTIALS },
    domain: { managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN },
    firstAdmin: 'ada@example.com',
  }),
  // The tests sign in more often than the default request limits allow.
  api: { openThrottlingRateLimit: 1000, openThrottlingBurstLimit: 1000 },
});
const { auth } = stack.node.findChild('Vod') as ServerlessVod;
new CfnOutput(stack, 'PublicClientId', { value: auth.publicClient!.userPoolClientId });
