import { CfnResource } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { finalText } from './literal';

/**
 * Returns the CDK reference to the name of the resource, and the physical name if the app sets a physical name. The names have the form that `finalText`
 * returns.
 */
export function finalNames(scope: IConstruct, resource: s3.IBucket | dynamodb.ITable): string[] {
  const { defaultChild } = resource.node;
  return [
    finalText(scope, 'bucketName' in resource ? resource.bucketName : resource.tableName),
    ...CfnResource.isCfnResource(defaultChild) ? givenNames(scope, defaultChild) : [],
  ];
}

/** Returns all buckets of the app. Call this function at the end of synth, when the app has created all constructs. */
export function bucketsBeside(scope: IConstruct): { readonly resource: s3.CfnBucket; readonly names: readonly string[] }[] {
  return scope.node.root.node.findAll().filter(isBucket)
    .map((resource) => ({ resource, names: [finalText(scope, resource.ref), ...givenNames(scope, resource)] }));
}

function isBucket(node: IConstruct): node is s3.CfnBucket {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::S3::Bucket';
}

function givenNames(scope: IConstruct, resource: CfnResource): string[] {
  const { bucketName, tableName } = resource as { readonly bucketName?: string; readonly tableName?: string };
  // If the app sets no physical name, the property can be a CDK token that resolves to undefined.
  return [bucketName, tableName].map((name) => finalText(scope, name)).filter((name) => name !== '');
}
