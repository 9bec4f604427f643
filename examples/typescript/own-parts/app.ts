import { App, CfnOutput, Lazy, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps } from 'aws-cdk-lib/aws-s3';
import { Access, VodApi, VodAuth, VodCatalog, VodDelivery, VodSweeper, VodTranscode, VodUpload } from 'serverless-vod';

/** The service with your own key and buckets. One construct for each area replaces `ServerlessVod`, so you can remove or replace an area. */
const app = new App();
const stack = new Stack(app, 'Videos');

const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
const bucketProps: BucketProps = {
  encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true, blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true,
};
const sourceBucket = new Bucket(stack, 'Sources', bucketProps);
const mediaBucket = new Bucket(stack, 'Media', bucketProps);

// The URL of the distribution, which `VodDelivery` creates below. If you have a domain name, write its URL here.
const url: string = Lazy.string({ produce: () => delivery.url });
const roles = { uploaders: Access.group('editors'), viewers: Access.signedIn(), admins: Access.group('admins') };

const api = new VodApi(stack, 'Api');
const auth = new VodAuth(stack, 'Auth', { url, roles });
const catalog = new VodCatalog(stack, 'Catalog', { url, roles: auth.roles });
const delivery = new VodDelivery(stack, 'Delivery', { catalog, api, bucket: mediaBucket });
// Without this line, the lists of videos contain no poster images.
delivery.signPosters(catalog);
const upload = new VodUpload(stack, 'Upload', { catalog, bucket: sourceBucket });
const transcode = new VodTranscode(stack, 'Transcode', { catalog, sourceBucket, mediaBucket });
new VodSweeper(stack, 'Sweeper', { catalog, transcode });

// Every route requires a token that `auth` accepts.
auth.guard(api);
for (const area of [auth, catalog, upload, transcode, delivery]) area.addRoutes(api);

new CfnOutput(stack, 'Url', { value: delivery.url });
new CfnOutput(stack, 'UserPoolId', { value: auth.userPool!.userPoolId });
