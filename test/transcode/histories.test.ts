import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateJobCommandInput, MediaConvertClient, SearchJobsCommandInput } from '@aws-sdk/client-mediaconvert';
import type { InitializeHandler, InitializeMiddleware, MetadataBearer } from '@smithy/types';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { startTable, Table, TABLE_NAME, VIDEO_ID } from './videos';
import type { VideoRow } from '../../src/contract/table';
import { VideoRepository, videoRepository } from '../../src/runtime/rows/video-repository';
import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';
import { JobEvent, recordJobEvents } from '../../src/transcode/record-job-event.runtime';
import { submitJobs } from '../../src/transcode/submit-job.runtime';
import { addFaults, Fault, faults, invoke } from '../histories/invocations';

const MAX_RECEIVES = 5;
const VISIBILITY_MS = 360_000;
const PROBED = { Container: { Format: 'mp4', Duration: 60, Tracks: [{ TrackType: 'video', Codec: 'AVC', VideoProperties: { Width: 640, Height: 360 } }] } };
const BODY = JSON.stringify({ detail: { object: { key: `source/${VIDEO_ID}/original`, size: 42 } } });

type Job = CreateJobCommandInput & { readonly Id: string };
interface Message { readonly id: string; readonly sentAt: number; receives: number; due: number }

let table: Table;
let world: World;
beforeAll(async () => {
  table = await startTable((row) => world.rows.push(row));
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation(() => undefined);
});
afterAll(() => table.stop());

/** The handlers' code processes messages and events at the simulated time `now`. */
class World {
  readonly jobs: Job[] = [];
  readonly rows: VideoRow[] = [];
  now = Date.parse('2026-11-29T12:00:00Z');

  async receive({ id, sentAt, receives }: Message, fault?: Fault): Promise<boolean> {
    const record = { body: BODY, messageId: id, attributes: { ApproximateReceiveCount: `${receives}`, SentTimestamp: `${sentAt}` } } as SQSRecord;
    const answer = await this.invoke((videos, client) => submitJobs({
      videos, client, clock: () => new Date(this.now), settings: { ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 },
      mediaBucket: 'media', queueArn: 'queue', jobRoleArn: 'role', maxReceives: MAX_RECEIVES,
    })({ Records: [record] }, { getRemainingTimeInMillis: () => 60_000 }), fault);
    return answer?.batchItemFailures.length === 0;
  }

  async report({ Id, UserMetadata }: Job, status: string, fault?: Fault): Promise<void> {
    const outputGroupDetails = [{ type: 'CMAF_GROUP', outputDetails: [{ durationInMs: 60_000, videoDetails: { widthInPx: 640, heightInPx: 360 } }] }];
    const detail = { jobId: Id, status, userMetadata: UserMetadata, jobProgress: { jobPercentComplete: 50 }, outputGroupDetails };
    await this.invoke((videos) => recordJobEvents({ videos, mediaBucket: 'media' })({ detail } as unknown as JobEvent), fault).catch(() => undefined);
  }

  private invoke<T>(run: (videos: VideoRepository, client: MediaConvertClient) => Promise<T>, fault?: Fault): Promise<T | undefined> {
    const service = (_: InitializeHandler<any, MetadataBearer>, { commandName }: { commandName?: string }) => async ({ input }: { input: any }) => (
      { output: { $metadata: {}, ...this.answer(commandName, input) }, response: {} }
    );
    const dynamo = new DynamoDBClient({ maxAttempts: 1 });
    const client = new MediaConvertClient({ maxAttempts: 1 });
    client.middlewareStack.add(service as InitializeMiddleware<any, any>, { step: 'initialize', priority: 'low' });
    addFaults(dynamo, client);
    return invoke(() => run(videoRepository(TABLE_NAME, { client: dynamo, clock: () => new Date(this.now) }), client), fault);
  }

  private answer(command: string | undefined, input: CreateJobCommandInput & SearchJobsCommandInput): object {
    if (command === 'ProbeCommand') return { ProbeResults: [PROBED] };
    if (command === 'SearchJobsCommand') return { Jobs: this.jobs.filter(({ Settings }) => Settings?.Inputs?.[0].FileInput === input.InputFile) };
    const job = { ...input, Id: `job-${this.jobs.length + 1}` };
    this.jobs.push(job);
    return { Job: job };
  }
}

const fault = faults(8);
const step = fc.record({ fault, together: fc.boolean(), report: fc.constantFrom(undefined, undefined, 'STATUS_UPDATE', 'COMPLETE'), reportFault: fault });
const outage = fc.tuple(step, fc.integer({ min: 2, max: 5 }), fc.constantFrom('never' as const, 'now' as const), fc.integer({ min: 5, max: 12 }))
  .map(([each, call, executes, count]) => Array.from({ length: count }, () => ({ ...each, fault: { call, ends: false, executes } })));

/**
 * S3 sends the event of the upload one to three times. Each time a message is processed, any request can fail. Messages that failed five times are moved back
 * from the dead-letter queue. After the last step, no request fails.
 */
test('creates one job per attempt, and the video becomes ready, after any faults and repeated messages', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.oneof(fc.array(step, { minLength: 5, maxLength: 40 }), outage), async (copies, steps) => {
    world = new World();
    await table.put({ status: 'waiting' });
    let queue: Message[] = Array.from({ length: copies }, (_, copy) => ({ id: `m${copy}`, sentAt: world.now, receives: 0, due: world.now + copy }));
    let dead: Message[] = [];
    for (let n = 0, moves = 0; queue.length + dead.length > 0; n++) {
      const { fault: hit, together, report, reportFault } = steps[n] ?? {};
      if (queue.length === 0) {
        moves++;
        [queue, dead] = [dead.map(({ id }) => ({ id: `${id}-moved-${moves}`, sentAt: world.now + 1000, receives: 0, due: world.now + 1000 })), []];
      }
      queue.sort((a, b) => a.due - b.due);
      world.now = Math.max(world.now, queue[0].due);
      const taken = queue.filter(({ due }, place) => place === 0 || (together && due <= world.now + 1000));
      await Promise.all(taken.map(async (message, place) => {
        message.receives++;
        const isDone = await world.receive(message, place === 0 ? hit : undefined);
        message.due = world.now + VISIBILITY_MS + place;
        if (isDone || message.receives === MAX_RECEIVES) queue = queue.filter((each) => each !== message);
        if (!isDone && message.receives === MAX_RECEIVES) dead.push(message);
      }));
      for (const job of report ? world.jobs : []) await world.report(job, report!, reportFault);
    }
    for (const job of world.jobs) await world.report(job, 'COMPLETE');

    const attempts = world.jobs.map(({ UserMetadata }) => UserMetadata?.attempt);
    expect(new Set(attempts).size).toBe(attempts.length);
    const last = await table.get();
    const { status, attempt, media, error } = last;
    expect({ status, hls: media?.hls, error }).toEqual({ status: 'ready', hls: `v/${VIDEO_ID}/${attempt}/hls/index.m3u8`, error: undefined });

    // Each write changed the row and incremented its version. No user edited the video, so `revision`, which is the ETag in the API, stays the same.
    const rows = world.rows.sort((a, b) => a.version - b.version);
    expect(rows.map(({ version }) => version)).toEqual(rows.map((_, n) => n + 1));
    expect(rows.at(-1)).toEqual(last);
    expect(new Set(rows.map(({ revision }) => revision))).toEqual(new Set([1]));
    rows.slice(1).forEach((row, n) => expect(row).not.toEqual({ ...rows[n], version: row.version, updatedAt: row.updatedAt }));
    for (const { attempt: current, claim, jobId, error: failure } of rows) {
      if (claim) expect(claim.attempt).toBe(current);
      if (jobId) expect(world.jobs.find(({ Id }) => Id === jobId)?.UserMetadata?.attempt).toBe(`${current}`);
      if (failure) expect(claim?.abandoned).toBe(true);
    }
  }), { numRuns: Number(process.env.HISTORIES ?? 20) });
}, 300_000);
