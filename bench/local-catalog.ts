import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { startAwsEndpoint } from '../local/aws-endpoint/aws-endpoint';
import { startDynamoDb } from '../local/services/dynamodb/dynamodb';
import type { Usage } from '../local/usage';
import type { DerivedKey } from '../src/contract/derived-rows';
import type { VideoRow } from '../src/contract/table';
import { CREDENTIALS, fakeAccess } from '../test/local/fakes';
import { synthesized } from '../test/local/template/stacks';
import { catalogIn } from '../test/toolkit/stacks';

// Suppresses deprecation warnings of CDK's TableV2. CDK's template validation is off: it takes seconds, and `npm test` already runs it.
Object.assign(process.env, { JSII_DEPRECATED: 'quiet', CDK_VALIDATION: 'false' });

type Read = Usage & { readonly kind: 'read' };

export async function localCatalog() {
  const stack = await synthesized((scope) => void catalogIn(scope));
  const [{ physicalId: tableName }] = stack.ofType('AWS::DynamoDB::GlobalTable');
  const reads: Read[] = [];
  const dynamoDb = await startDynamoDb({ stack, inMemory: true, observe: (usage) => void (usage.kind === 'read' && reads.push(usage)) });
  const awsEndpoint = await startAwsEndpoint({ access: fakeAccess() });
  awsEndpoint.register(dynamoDb.service);
  Object.assign(process.env, {
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${awsEndpoint.port}`,
  });
  return {
    tableName,
    reads,
    async put(rows: readonly (VideoRow | DerivedKey)[]) {
      const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });
      for (let n = 0; n < rows.length; n += 100) {
        await documents.send(new TransactWriteCommand({ TransactItems: rows.slice(n, n + 100).map((Item) => ({ Put: { TableName: tableName, Item } })) }));
      }
      documents.destroy();
    },
    async stop() {
      await awsEndpoint.stop();
      await dynamoDb.stop();
    },
  };
}

export type LocalCatalog = Awaited<ReturnType<typeof localCatalog>>;
