import * as path from 'path';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { ServerlessVod } from '../../../src';

const app = new App();
const stack = new Stack(app, 'VideosWithPage');

// The team's own web app, here the page in examples/web with the player that it loads.
const web = new Bucket(stack, 'Web', {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY,
});
new BucketDeployment(stack, 'WebFiles', {
  destinationBucket: web,
  sources: [
    Source.asset(path.join(__dirname, '..', '..', 'web')),
    Source.asset(path.dirname(require.resolve('hls.js/dist/hls.min.js')), { exclude: ['*', '!hls.min.js'] }),
  ],
});

new ServerlessVod(stack, 'Vod', {
  defaultOrigin: S3BucketOrigin.withOriginAccessControl(web),
  delivery: { defaultRootObject: 'index.html' },
});
