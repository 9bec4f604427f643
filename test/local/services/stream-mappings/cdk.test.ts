import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3, Duration, Stack } from 'aws-cdk-lib';
import { TemplateAccess } from '../../../../local/access/access';
import { startAwsEndpoint } from '../../../../local/aws-endpoint/aws-endpoint';
import { createStore } from '../../../../local/s3/store';
import { startDynamoDb } from '../../../../local/services/dynamodb/dynamodb';
import type { StreamRecord } from '../../../../local/services/dynamodb/streams';
import { createStreamMappings } from '../../../../local/services/stream-mappings/stream-mappings';
import type { InvokeResult, LocalStack } from '../../../../local/types';
import { until } from '../../fakes';
import { synthesized } from '../../template/stacks';

// Without this variable, CDK's TableV2 prints deprecation warnings.
process.env.JSII_DEPRECATED = 'quiet';

const ITEM = { pk: 'v1', sk: 'video' };

function table(stack: Stack, type: 'TableV2' | 'Table'): void {
  const keys = {
    tableName: 'videos', partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true }, deletionProtection: true,
  };
  const videos = type === 'TableV2'
    ? new dynamodb.TableV2(stack, 'Videos', { ...keys, dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES })
    : new dynamodb.Table(stack, 'Videos', { ...keys, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST, stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES });
  const handler = (id: string) => new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('x'), functionName: id,
    role: new iam.Role(stack, `${id}Role`, { roleName: id, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
  });
  videos.grant(handler('writer'), 'dynamodb:PutItem');
  const events = handler('events');
  // For a TableV2, the CDK grants ListStreams only on the stream. The CDK's grant has no effect, because IAM supports ListStreams only for the resource `*`.
  if (type === 'TableV2') events.addToRolePolicy(new iam.PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
  events.addEventSource(new sources.DynamoEventSource(videos, {
    startingPosition: lambda.StartingPosition.TRIM_HORIZON, batchSize: 10, maxRecordAge: Duration.hours(1), retryAttempts: 0, parallelizationFactor: 2,
    bisectBatchOnError: true, reportBatchItemFailures: true, onFailure: new sources.S3OnFailureDestination(new s3.Bucket(stack, 'Failed')),
    filters: [lambda.FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: lambda.FilterRule.isEqual('video') } } } })],
  }));
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function serve(stack: LocalStack, answer: InvokeResult) {
  const access = new TemplateAccess(stack, () => undefined);
  const { service, streams, stop } = await startDynamoDb({ stack });
  stops.push(stop);
  const objects: [bucket: string, key: string][] = [];
  const batches: StreamRecord[][] = [];
  const functions = { invoke: async (_: string, payload: unknown) => (batches.push((payload as { Records: StreamRecord[] }).Records), answer) };
  const store = createStore(stack, (bucket, { key }) => objects.push([bucket, key]));
  const mappings = await createStreamMappings({ stack, access, streams, functions, store, log: () => undefined });
  stops.push(() => mappings.stop());
  mappings.start();
  const awsEndpoint = await startAwsEndpoint({ access });
  stops.push(() => awsEndpoint.stop());
  awsEndpoint.register(service);
  const credentials = access.credentialsOf(`arn:aws:iam::${stack.account}:role/writer`);
  const settings = { region: stack.region, endpoint: `http://127.0.0.1:${awsEndpoint.port}`, credentials, maxAttempts: 1 };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
  stops.push(async () => client.destroy());
  return { batches, objects, transact: (TransactItems: TransactWriteCommandInput['TransactItems']) => client.send(new TransactWriteCommand({ TransactItems })) };
}

describe.each(['TableV2', 'Table'] as const)('a stream of the CDK\'s %s', (type) => {
  test('reaches its function, with the CDK\'s grants', async () => {
    const { batches, transact } = await serve(await synthesized((stack) => table(stack, type)), { payload: null });
    await transact([{ Put: { TableName: 'videos', Item: ITEM } }, { Put: { TableName: 'videos', Item: { ...ITEM, sk: 'details' } } }]);
    await until(() => batches.length === 1);
    expect(batches).toMatchObject([[{ eventName: 'INSERT', dynamodb: { NewImage: { pk: { S: 'v1' }, sk: { S: 'video' } } } }]]);
    const check = transact([{ ConditionCheck: { TableName: 'videos', Key: ITEM, ConditionExpression: 'attribute_exists(pk)' } }]);
    await expect(check).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining('role/writer is not authorized to perform dynamodb:ConditionCheckItem') });
  });
});

test('failed event records are in the CDK\'s bucket', async () => {
  const { objects, transact } = await serve(await synthesized((stack) => table(stack, 'TableV2')), { error: { errorType: 'Error', errorMessage: 'no' } });
  await transact([{ Put: { TableName: 'videos', Item: ITEM } }]);
  await until(() => objects.length === 1);
  expect(objects[0][1]).toMatch(/^aws\/lambda\/[0-9a-f-]{36}\/shardId-/);
});

test.each(['dynamodb:DescribeStream', 'dynamodb:ListStreams', 's3:ListBucket'])('the start fails for a role without %s', async (action) => {
  const without = await synthesized((stack) => {
    table(stack, 'TableV2');
    (stack.node.findChild('events') as lambda.Function).addToRolePolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: [action], resources: ['*'] }));
  });
  await expect(serve(without, { payload: null })).rejects.toThrow(`role/events is not authorized to perform ${action} on `);
});
