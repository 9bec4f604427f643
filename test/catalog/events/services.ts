import { setTimeout as wait } from 'timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommandInput, ListObjectsV2CommandInput, S3Client } from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import { TemplateAccess } from '../../../local/access/access';
import { AwsEndpoint, startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { DynamoDb, startDynamoDb } from '../../../local/services/dynamodb/dynamodb';
import type { StreamRecord } from '../../../local/services/dynamodb/streams';
import { createStreamMappings } from '../../../local/services/stream-mappings/stream-mappings';
import type { InvokeResult, Part } from '../../../local/types';
import type { Usage } from '../../../local/usage';
import { videoKey, VideoRow } from '../../../src/contract/table';
import { CREDENTIALS, fakeAccess } from '../../local/fakes';
import { synthesized } from '../../local/template/stacks';
import { catalogIn } from '../../toolkit/stacks';

// Without this variable, CDK's TableV2 prints a deprecation warning.
process.env.JSII_DEPRECATED = 'quiet';

export interface Change { readonly before?: VideoRow; readonly after?: VideoRow }

/** `publish-events` runs in the test's process. */
export class Services {
  /** @param onWrite receives the old and the new content of each video row that is written or removed */
  static async start(invoke: (records: StreamRecord[]) => Promise<InvokeResult>, onWrite: (change: Change) => void): Promise<Services> {
    const stack = await synthesized((scope) => void catalogIn(scope));
    const services = new Services(stack, invoke, onWrite);
    await services.open();
    await services.resume();
    return services;
  }

  readonly tableName: string;
  readonly failed = new Map<string, string>();
  /** Moves Lambda's clock forward, so that a record can be older than the maximum age. */
  lateMilliseconds = 0;
  private readonly streamArn: string;
  private dynamoDb!: DynamoDb;
  private awsEndpoint!: AwsEndpoint;
  private readonly access: TemplateAccess;
  private readonly invocations = new Set<Promise<unknown>>();
  private marked = '';
  private mappings: Part | undefined;

  private constructor(
    private readonly stack: Awaited<ReturnType<typeof synthesized>>, private readonly call: (records: StreamRecord[]) => Promise<InvokeResult>,
    private readonly onWrite: (change: Change) => void,
  ) {
    const [{ physicalId, attributes }] = stack.ofType('AWS::DynamoDB::GlobalTable');
    this.access = new TemplateAccess(stack, () => undefined);
    this.tableName = physicalId;
    this.streamArn = attributes.StreamArn;
  }

  client(): DynamoDBClient {
    return new DynamoDBClient({ endpoint: `http://127.0.0.1:${this.awsEndpoint.port}`, region: this.stack.region, credentials: CREDENTIALS, maxAttempts: 1 });
  }

  s3(): S3Client {
    const client = new S3Client({ region: this.stack.region, credentials: CREDENTIALS });
    const answer = (command: string | undefined, { Key, StartAfter = '' }: ListObjectsV2CommandInput & GetObjectCommandInput): object => {
      const keys = [...this.failed.keys()].sort().filter((key) => key > StartAfter);
      if (command === 'ListObjectsV2Command') return { Contents: keys.map((each) => ({ Key: each })) };
      const content = this.failed.get(Key!)!;
      if (command === 'DeleteObjectCommand') this.failed.delete(Key!);
      return { Body: { transformToString: async () => content } };
    };
    const service: InitializeMiddleware<any, any> = (_, { commandName }) => async ({ input }) => (
      { output: { $metadata: {}, ...answer(commandName, input) }, response: {} });
    client.middlewareStack.add(service, { step: 'initialize', priority: 'low' });
    return client;
  }

  /** Marks the current end of the stream. `changesOf` reads only changes after the mark. */
  async mark(): Promise<void> {
    this.marked = (await this.dynamoDb.streams.read(this.streamArn, this.marked, -1)).at(-1)?.dynamodb.SequenceNumber ?? this.marked;
  }

  async changesOf(videoId: string): Promise<Change[]> {
    const { pk, sk } = videoKey(videoId);
    const records = await this.dynamoDb.streams.read(this.streamArn, this.marked, -1);
    return records.filter(({ dynamodb: { Keys } }) => Keys.pk.S === pk && Keys.sk.S === sk)
      .map(({ dynamodb }) => ({ before: rowOf(dynamodb.OldImage), after: rowOf(dynamodb.NewImage) }));
  }

  /** A running invocation can finish, but its result is ignored. */
  async pause(): Promise<void> {
    await this.mappings?.stop();
    this.mappings = undefined;
  }

  async resume(): Promise<void> {
    if (this.mappings) return;
    const mappings = await createStreamMappings({
      stack: this.stack,
      access: this.access,
      streams: this.dynamoDb.streams,
      functions: {
        invoke: (_, payload) => {
          const invocation = this.call((payload as { Records: StreamRecord[] }).Records);
          this.invocations.add(invocation);
          return invocation.finally(() => this.invocations.delete(invocation));
        },
      },
      store: { put: async (_, key, body) => (this.failed.set(key, body.toString()), {} as never) },
      log: () => undefined,
      retryMilliseconds: 1,
      now: () => Date.now() + this.lateMilliseconds,
    });
    mappings.start();
    this.mappings = mappings;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.open();
    await this.resume();
  }

  async stop(): Promise<void> {
    await this.pause();
    await Promise.all(this.invocations);
    await this.awsEndpoint.stop();
    await this.dynamoDb.stop();
  }

  async until(check: () => Promise<boolean>): Promise<boolean> {
    for (const end = Date.now() + 5000; Date.now() < end; await wait(5)) if (await check()) return true;
    return false;
  }

  private async open(): Promise<void> {
    this.dynamoDb = await startDynamoDb({ stack: this.stack, observe: (usage) => this.written(usage) });
    this.awsEndpoint = await startAwsEndpoint({ access: fakeAccess() });
    this.awsEndpoint.register(this.dynamoDb.service);
  }

  private written(usage: Usage): void {
    for (const { before, after } of usage.kind === 'write' ? usage.changes : []) {
      if (before !== after && (before ?? after)!.sk.S === 'video') this.onWrite({ before: rowOf(before), after: rowOf(after) });
    }
  }
}

function rowOf(image: StreamRecord['dynamodb']['NewImage']): VideoRow | undefined {
  return image && unmarshall(image) as VideoRow;
}
