import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startAwsEndpoint } from '../../../../local/aws-endpoint/aws-endpoint';
import { startDynamoDb } from '../../../../local/services/dynamodb/dynamodb';
import type { LocalStack } from '../../../../local/types';
import type { ObserveUsage } from '../../../../local/usage';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource } from '../../fakes';

export const TableName = 'videos';
export const ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${TableName}`;
export const STREAM_ARN = `${ARN}/stream/2026-01-01T00:00:00.000`;

const DEFINITION = {
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
  AttributeDefinitions: ['pk', 'sk', 'owner'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  BillingMode: 'PAY_PER_REQUEST',
  GlobalSecondaryIndexes: [{
    IndexName: 'byOwner',
    KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    Projection: { ProjectionType: 'KEYS_ONLY' },
  }],
};
const PROTECTION = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, DeletionProtectionEnabled: true };
const named = (type: string, properties: object) => (
  { ...resource(type, TableName, { ...DEFINITION, ...properties }), attributes: { Arn: ARN, StreamArn: STREAM_ARN } });

export const table = (properties: object = {}) => named('AWS::DynamoDB::Table', { ...PROTECTION, ...properties });

/** As CDK's TableV2 writes it. */
export const globalTable = (properties: object = {}) => named('AWS::DynamoDB::GlobalTable', {
  Replicas: [{ Region: REGION, ...PROTECTION, GlobalSecondaryIndexes: [{ IndexName: 'byOwner' }] }],
  StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  ...properties,
});

export async function serve(stack: LocalStack = fakeStack([globalTable()]), now?: () => number, observe?: ObserveUsage) {
  const access = fakeAccess();
  const dynamoDb = await startDynamoDb({ stack, now, observe });
  const awsEndpoint = await startAwsEndpoint({ access });
  awsEndpoint.register(dynamoDb.service);
  const settings = { region: REGION, endpoint: `http://127.0.0.1:${awsEndpoint.port}`, credentials: CREDENTIALS, maxAttempts: 1 };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
  return {
    stack, access, dynamoDb, client,
    records: (after = '') => dynamoDb.streams.read(STREAM_ARN, after, 1000),
    async stop() {
      client.destroy();
      await awsEndpoint.stop();
      await dynamoDb.stop();
    },
  };
}
export type Served = Awaited<ReturnType<typeof serve>>;
