import { App } from 'aws-cdk-lib';
import { FeaturePlan } from 'aws-cdk-lib/aws-cognito';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { Identity } from '../../src';

new VideosStack(new App(), 'Videos', {
  identity: Identity.userPool({ refreshTokenRotation: true, userPool: { featurePlan: FeaturePlan.ESSENTIALS } }),
});
