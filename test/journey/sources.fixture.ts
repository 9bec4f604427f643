import { App, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ServerlessVod, SourceLifecycle } from '../../src';

/** Reads each source, and returns the results with the owner's stored bytes. If `monthPasses` is set, every source becomes due first. */
const LOOK = `
const { DynamoDBClient, ScanCommand, UpdateItemCommand } = require('@aws-sdk/client-dynamodb');
const { GetObjectCommand, GetObjectTaggingCommand, S3Client } = require('@aws-sdk/client-s3');
const { TABLE_NAME: TableName, BUCKET: Bucket } = process.env;
const table = new DynamoDBClient({});
const s3 = new S3Client({});
exports.handler = async ({ monthPasses }) => {
  const { Items } = await table.send(new ScanCommand({ TableName, ConsistentRead: true }));
  const rows = Items.filter(({ source }) => source);
  for (const { pk, sk } of monthPasses ? rows : []) await table.send(new UpdateItemCommand({
    TableName, Key: { pk, sk }, UpdateExpression: 'SET dueAt = :past, #source.dueAt = :past', ExpressionAttributeNames: { '#source': 'source' },
    ExpressionAttributeValues: { ':past': { S: '2026-01-01T00:00:00.000Z' } },
  }));
  const usage = Items.find(({ sk }) => sk.S === 'usage');
  const sources = rows.map(async ({ source: { M: { key, state, size } }, dueAt }) => {
    const object = { Bucket, Key: key.S };
    const read = await s3.send(new GetObjectCommand(object)).then(() => 'readable', ({ name }) => name);
    const tags = await s3.send(new GetObjectTaggingCommand(object)).then(({ TagSet }) => TagSet, () => undefined);
    return { dueAt: dueAt && dueAt.S, state: state && state.S, size: Number(size.N), read, tags };
  });
  return { storedBytes: Number(usage.storedBytes.N), sources: await Promise.all(sources) };
};
`;

const after = Duration.days(30);
const stack = new Stack(new App(), 'Videos');
const { upload, catalog: { table } } = new ServerlessVod(stack, 'Vod', {
  upload: { sourceLifecycle: process.env.SOURCES === 'archive' ? SourceLifecycle.archiveAfterReady(after) : SourceLifecycle.deleteAfterReady(after) },
});
const look = new lambda.Function(stack, 'Look', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(LOOK), environment: { TABLE_NAME: table.tableName, BUCKET: upload.bucket.bucketName },
});
table.grant(look, 'dynamodb:Scan', 'dynamodb:UpdateItem');
look.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectTagging', 's3:ListBucket'], resources: [upload.bucket.bucketArn, upload.bucket.arnForObjects('*')] }));
