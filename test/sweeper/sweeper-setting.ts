import { createHash } from 'crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetJobCommandInput, Job, MediaConvertClient, NotFoundException } from '@aws-sdk/client-mediaconvert';
import { NoSuchUpload, NotFound, S3Client, type Tag } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { InitializeMiddleware } from '@smithy/types';
import { dueKey, usageKey, videoKey, VideoRow } from '../../src/contract/table';
import type { SourceLifecycleSettings } from '../../src/contract/upload';
import { dueVideos } from '../../src/runtime/rows/due-videos';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { SweepReport, sweepVideos } from '../../src/sweeper/sweep-videos.runtime';
import { jobMetadata } from '../../src/transcode/job/job-metadata';
import { jobSettings } from '../../src/transcode/job/job-settings';
import { DEFAULT_LADDER, chooseRungs } from '../../src/transcode/job/ladder';
import type { Source } from '../../src/transcode/source/source';
import { multipartUploads } from '../../src/upload/multipart-uploads.runtime';
import { sourceObjects } from '../../src/upload/source-objects.runtime';
import { CatalogTable, catalogTable, idOf, videoRow } from '../runtime/rows/catalog-table';

/** A simulated crash of a sweep at request number `call`. The process ends before or after AWS executes the request. */
export interface Death { readonly call: number; readonly after: boolean }

export const NOW = '2026-11-29T12:00:00.000Z';

/** The number of seconds from `ready` until the source file is archived or deleted. */
export const SOURCE_SECONDS = 30 * 24 * 3600;

export const EXPIRY = { incompleteExpirySeconds: 24 * 3600, expiredRetentionSeconds: 7 * 24 * 3600 };

const SOURCE: Source = { width: 640, height: 360, hasAudio: true, durationSeconds: 60, squarePixels: true, rotate: 'AUTO' } as Source;

/** Returns a finished job of an attempt, as MediaConvert's API returns it. */
export function job(videoId: string, attempt = 1, more: Partial<Job> = {}, source = SOURCE): Job {
  const renderings = chooseRungs(source, DEFAULT_LADDER);
  const settings = { ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 };
  return {
    Role: 'role',
    Status: 'COMPLETE',
    UserMetadata: jobMetadata(videoId, attempt, source, renderings, { tooLongFrom: 3600 }),
    Settings: jobSettings({ videoId, attempt, input: 's3://sources/a', mediaBucket: 'media', source, renderings }, settings) as Job['Settings'],
    OutputGroupDetails: [
      {
        OutputDetails: [{ DurationInMs: 60_010, VideoDetails: { WidthInPx: 640, HeightInPx: 360 } },
          { DurationInMs: 60_010, VideoDetails: { WidthInPx: 426, HeightInPx: 240 } }, { DurationInMs: 60_032 }],
      },
      { OutputDetails: [{ DurationInMs: 20_000, VideoDetails: { WidthInPx: 640, HeightInPx: 360 } }] },
    ],
    ...more,
  };
}

/** Runs the sweeper's code with a local table and with mocks of MediaConvert, SQS and S3. */
export function sweeperSetting() {
  let table: CatalogTable;
  let count = 0;
  const clock = { now: new Date(NOW) };
  /** The jobs of MediaConvert by id. If the value is an `Error`, the mock of MediaConvert responds with this error instead of a job. */
  const jobs = new Map<string, Job | Error>();
  const messages: string[] = [];
  /** The sizes of the objects in S3 by key, and the times at which the parts of each multipart upload were stored. */
  const objects = new Map<string, number>();
  const uploads = new Map<string, Date[]>();
  /** The tags and ETags of objects by key. */
  const tags = new Map<string, Tag[]>();
  const etags = new Map<string, string>();
  const calls: string[] = [];
  const logged: string[] = [];
  afterEach(() => table.close());
  beforeEach(async () => {
    table = await catalogTable();
    clock.now = new Date(NOW);
    for (const all of [jobs, objects, uploads, tags, etags]) all.clear();
    messages.length = calls.length = logged.length = 0;
    for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation((...line: unknown[]) => void logged.push(JSON.stringify(line)));
  });

  function answerOfS3(commandName: string, { Key, UploadId, PartNumberMarker = '0', IfMatch, Tagging }: any): object | undefined {
    const size = objects.get(Key);
    const fail = (httpStatusCode: number) => { throw Object.assign(new Error('from S3'), { $metadata: { httpStatusCode } }); };
    if (IfMatch !== undefined && size === undefined) fail(404);
    if (IfMatch !== undefined && etags.get(Key) !== IfMatch) fail(412);
    if (commandName.endsWith('ObjectTaggingCommand')) {
      if (size === undefined) fail(403);
      if (commandName.startsWith('Put')) tags.set(Key, Tagging.TagSet);
      return { TagSet: tags.get(Key) ?? [] };
    }
    if (commandName === 'HeadObjectCommand') {
      if (size === undefined) throw new NotFound({ message: 'UnknownError', $metadata: { httpStatusCode: 404 } });
      return { ContentLength: size };
    }
    if (commandName === 'DeleteObjectCommand') return { deleted: objects.delete(Key) };
    const parts = uploads.get(UploadId);
    if (!parts) throw new NoSuchUpload({ message: 'no such upload', $metadata: { httpStatusCode: 404 } });
    if (commandName === 'AbortMultipartUploadCommand') return { aborted: uploads.delete(UploadId) };
    // The mock lists one part per page.
    const at = Number(PartNumberMarker);
    const Parts = parts.slice(at, at + 1).map((LastModified) => ({ PartNumber: at + 1, LastModified, Size: 5, ETag: '"e"', ChecksumCRC32: 'AAAAAA==' }));
    return { Parts, IsTruncated: at + 1 < parts.length, NextPartNumberMarker: String(at + 1) };
  }

  function answer(commandName: string | undefined, input: any): object {
    if (input.Bucket !== undefined) return answerOfS3(commandName!, input)!;
    if (commandName === 'SendMessageCommand') {
      messages.push(input.MessageBody);
      return { MessageId: `m${messages.length}`, MD5OfMessageBody: createHash('md5').update(input.MessageBody).digest('hex') };
    }
    const found = jobs.get((input as GetJobCommandInput).Id!);
    if (found instanceof Error) throw found;
    if (!found) throw new NotFoundException({ message: 'no such job', $metadata: {} });
    return { Job: found };
  }

  return {
    clock, jobs, messages, calls, logged, objects, uploads, tags, etags,
    table: () => table,
    newId: () => idOf(count++),
    /** Stores a video in the table. The video became due `minutes` ago. */
    async due(row: Partial<VideoRow>, minutes = 1): Promise<string> {
      const videoId = row.videoId ?? idOf(count++);
      await table.put({ ...row, videoId, ...dueKey(videoId, new Date(clock.now.getTime() - minutes * 60_000)) });
      return videoId;
    },
    /** Writes many videos with the status `ready` to the table. `minutes`: how long the video has been due. */
    async dueMany(videos: readonly { videoId: string; minutes: number }[]): Promise<void> {
      const documents = DynamoDBDocumentClient.from(table.client);
      for (let n = 0; n < videos.length; n += 100) {
        const rows = videos.slice(n, n + 100).map(({ videoId, minutes }) => (
          videoRow({ videoId, status: 'ready', ...dueKey(videoId, new Date(clock.now.getTime() - minutes * 60_000)) })));
        await documents.send(new TransactWriteCommand({ TransactItems: rows.map((Item) => ({ Put: { TableName: table.tableName, Item } })) }));
      }
    },
    async usageOf(owner: string): Promise<Record<string, unknown>> {
      const documents = DynamoDBDocumentClient.from(table.client);
      const { Item } = await documents.send(new GetCommand({ TableName: table.tableName, Key: usageKey(owner), ConsistentRead: true }));
      const { pk, sk, ...usage } = Item ?? {};
      return usage;
    },
    async clearUsage(owner: string): Promise<void> {
      await DynamoDBDocumentClient.from(table.client).send(new DeleteCommand({ TableName: table.tableName, Key: usageKey(owner) }));
    },
    async row(videoId: string): Promise<VideoRow | undefined> {
      const documents = DynamoDBDocumentClient.from(table.client);
      return (await documents.send(new GetCommand({ TableName: table.tableName, Key: videoKey(videoId), ConsistentRead: true }))).Item as VideoRow;
    },
    /** Runs a sweep. Returns undefined if the process ended during the sweep. */
    sweep({ death, before, left = () => 600_000, transcodes = true, endsUploads = true, sources }: {
      death?: Death; before?: (commandName: string, input: any) => Promise<void>; left?: () => number; transcodes?: boolean; endsUploads?: boolean;
      sources?: SourceLifecycleSettings['action'];
    } = {}): Promise<SweepReport | undefined> {
      return new Promise((resolve, reject) => {
        let call = 0;
        const observe: InitializeMiddleware<any, any> = (next, { commandName }) => async (args) => {
          const isLast = call++ === death?.call;
          await before?.(commandName!, args.input);
          calls.push(commandName!);
          if (!isLast) return next(args);
          if (death.after) await next(args).catch(() => undefined);
          resolve(undefined);
          return new Promise(() => undefined);
        };
        const service: InitializeMiddleware<any, any> = (_, { commandName }) => async ({ input }) => (
          { output: { $metadata: {}, ...answer(commandName, input) }, response: {} });
        const { endpoint, region, credentials } = table.client.config;
        const dynamo = new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 });
        const options = { region, credentials };
        const [sqs, mediaConvert, s3] = [new SQSClient(options), new MediaConvertClient(options), new S3Client(options)];
        const stacks = (...clients: { middlewareStack: any }[]) => clients.map(({ middlewareStack }) => middlewareStack);
        for (const stack of stacks(sqs, mediaConvert, s3)) stack.add(service, { step: 'initialize', priority: 'low' });
        for (const stack of stacks(dynamo, sqs, mediaConvert, s3)) stack.add(observe, { step: 'initialize', priority: 'high' });
        sweepVideos({
          videos: videoRepository(table.tableName, {
            client: dynamo, clock: () => clock.now, sourceLifecycle: sources && { action: sources, afterSeconds: SOURCE_SECONDS },
          }),
          due: dueVideos(table.tableName, dynamo),
          clock: () => clock.now,
          transcode: transcodes ? { sqs, submitQueueUrl: 'uploads', mediaConvert } : undefined,
          upload: endsUploads ? { uploads: multipartUploads('sources', s3), expiry: EXPIRY } : undefined,
          sources: sources && { objects: sourceObjects(s3), action: sources, prefixes: ['source/', 'ingest/'].map((prefix) => ({ bucket: 'sources', prefix })) },
        })({}, { getRemainingTimeInMillis: left }).then(resolve, reject);
      });
    },
  };
}
