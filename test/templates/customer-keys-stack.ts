import { App, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ServerlessVod } from '../../src';
import { INDEXES, TABLE_KEYS } from '../../src/contract/table';

export class CustomerKeysStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    const sourceKey = new kms.Key(this, 'SourceKey', { enableKeyRotation: true });
    const mediaKey = new kms.Key(this, 'MediaKey', { enableKeyRotation: true });
    const tableKey = new kms.Key(this, 'TableKey', { enableKeyRotation: true });
    const sources = new s3.Bucket(this, 'Sources', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, encryptionKey: sourceKey,
    });
    const media = new s3.Bucket(this, 'Media', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, encryptionKey: mediaKey, bucketKeyEnabled: true,
    });
    new ServerlessVod(this, 'Vod', {
      catalog: { table: makeTable(this, tableKey) }, upload: { bucket: sources }, delivery: { bucket: media },
      appOrigins: ['https://app.example.com'],
    });
  }
}

export function makeTable(scope: Construct, encryptionKey?: kms.IKey): dynamodb.Table {
  const attribute = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
  const table = new dynamodb.Table(scope, 'Videos', {
    partitionKey: attribute(TABLE_KEYS.partition), sortKey: attribute(TABLE_KEYS.sort), encryptionKey,
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  });
  for (const { name, partition, sort, projection } of Object.values(INDEXES)) {
    table.addGlobalSecondaryIndex({
      indexName: name, partitionKey: attribute(partition), sortKey: attribute(sort), projectionType: dynamodb.ProjectionType[projection],
    });
  }
  return table;
}
