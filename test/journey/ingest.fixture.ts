import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ServerlessVod } from '../../src';

const stack = new Stack(new App(), 'Videos');
const exported = new s3.Bucket(stack, 'Exports', { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true });
const vod = new ServerlessVod(stack, 'Vod', { ingest: { defaultOwner: 'newsroom', buckets: [{ bucket: exported, prefix: 'finished/' }] } });

/** The pipelines of the test use the credentials of this function. The function returns its environment variables. */
const pipeline = new lambda.Function(stack, 'Pipeline', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => process.env;'),
});
for (const [bucket, objects] of [[vod.upload.bucket, 'ingest/*'], [exported, '*']] as const) {
  bucket.grantPut(pipeline, objects);
  pipeline.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObjectTagging', 's3:GetObject'], resources: [bucket.arnForObjects(objects)] }));
  new CfnOutput(stack, `${bucket.node.path.replaceAll('/', '')}Name`, { value: bucket.bucketName });
}
