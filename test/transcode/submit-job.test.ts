import { BadRequestException, CreateJobCommand, MediaConvertClient, ProbeCommand, SearchJobsCommand, TooManyRequestsException } from '@aws-sdk/client-mediaconvert';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { claim, SOURCE_URL, startTable, Table, VIDEO_ID } from './videos';
import { DEFAULT_LADDER } from '../../src/domain/ladder';

const QUEUE_ARN = 'arn:aws:mediaconvert:eu-west-1:111122223333:queues/q';
const PROBED = {
  Container: {
    Format: 'mp4' as const,
    Duration: 60,
    Tracks: [{ TrackType: 'video' as const, Codec: 'AVC' as const, VideoProperties: { Width: 640, Height: 360 } }, { TrackType: 'audio' as const, Codec: 'AAC' as const }],
  },
};
const fault = { $metadata: {}, message: 'because' };

const mediaConvert = mockClient(MediaConvertClient);
let table: Table;
let handler: (event: SQSEvent) => Promise<SQSBatchResponse>;
let logged: string[];

beforeAll(async () => {
  table = await startTable();
  Object.assign(process.env, {
    MEDIA_BUCKET: 'media',
    QUEUE_ARN,
    JOB_ROLE_ARN: 'arn:aws:iam::111122223333:role/job',
    TRANSCODE_SETTINGS: JSON.stringify({ ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 }),
  });
  // Only now: it reads its environment when it is loaded.
  ({ handler } = jest.requireActual('../../src/transcode/submit-job.lambda'));
});
afterAll(() => table.stop());
beforeEach(() => {
  mediaConvert.reset();
  mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [PROBED] });
  mediaConvert.on(CreateJobCommand).resolves({ Job: { Id: 'job-1', Role: 'r', Settings: {} } });
  mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [] });
  logged = [];
  for (const level of ['info', 'warn', 'error'] as const) jest.spyOn(console, level).mockImplementation((...line: unknown[]) => void logged.push(JSON.stringify(line)));
});

const created = (key = `source/${VIDEO_ID}/original`, size = 42) => JSON.stringify({ 'detail-type': 'Object Created', 'detail': { bucket: { name: 'sources' }, object: { key, size } } });
const message = (body = created(), messageId = 'message-1') => ({ body, messageId }) as SQSEvent['Records'][number];
const send = async (...records: SQSEvent['Records']) => (await handler({ Records: records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
const calls = () => mediaConvert.calls().map(({ firstArg }) => firstArg.constructor.name);
const jobOf = (videoId: string, attempt: number, Id: string) => ({ Id, Role: 'r', Settings: {}, UserMetadata: { videoId, attempt: `${attempt}` } });

describe('a source arrives', () => {
  test('one job, written down', async () => {
    await table.put({ status: 'waiting' });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual(['ProbeCommand', 'CreateJobCommand']);
    const [{ args: [{ input }] }] = mediaConvert.commandCalls(CreateJobCommand);
    expect(input).toMatchObject({
      ClientRequestToken: 'message-1',
      Queue: QUEUE_ARN,
      Role: 'arn:aws:iam::111122223333:role/job',
      StatusUpdateInterval: 'SECONDS_10',
      AccelerationSettings: { Mode: 'DISABLED' },
      UserMetadata: { videoId: VIDEO_ID, attempt: '1', width: '640', height: '360', maxBitrates: '1000000-350000' },
      Settings: { Inputs: [{ FileInput: SOURCE_URL }] },
    });
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1', source: { size: 42 }, claim: { attempt: 1, token: 'message-1' } });
  });

  test('progress is reported about ten times, however long the video is', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [{ Container: { ...PROBED.Container, Duration: 1200 } }] });
    await send(message());
    expect(mediaConvert.commandCalls(CreateJobCommand)[0].args[0].input.StatusUpdateInterval).toBe('SECONDS_120');
  });

  test('the claim is there before anything is asked of MediaConvert', async () => {
    await table.put({ status: 'waiting' });
    let seen: unknown;
    mediaConvert.on(ProbeCommand).callsFake(async () => {
      seen = (await table.get()).claim?.token;
      return { ProbeResults: [PROBED] };
    });
    await send(message());
    expect(seen).toBe('message-1');
  });

  test('a retry is a job of its own, at its own place', async () => {
    await table.put({ attempt: 2, claim: claim('old', 9999, 1), jobId: 'job-0' });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual(['ProbeCommand', 'CreateJobCommand']);
    const { input } = mediaConvert.commandCalls(CreateJobCommand)[0].args[0];
    expect(JSON.stringify(input.Settings)).toContain(`s3://media/v/${VIDEO_ID}/2/hls/index`);
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });
});

describe('never a second job', () => {
  test('the message comes twice', async () => {
    await table.put({ status: 'waiting' });
    await send(message());
    expect(await send(message(), message(created(), 'message-2'))).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
  });

  test('twelve at once', async () => {
    await table.put({ status: 'waiting' });
    await Promise.all(Array.from({ length: 12 }, (_, i) => send(message(created(), `message-${i}`))));
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });

  test('somebody else is at it: again later', async () => {
    await table.put({ claim: claim('other', 10) });
    expect(await send(message())).toEqual(['message-1']);
    expect(calls()).toEqual([]);
    expect(await table.get()).toMatchObject({ status: 'uploaded', claim: { token: 'other' } });
  });

  test('somebody died after the claim: taken over, searched, created', async () => {
    await table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 2, 'another-attempt'), jobOf(VIDEO_ID.replace('b', 'c'), 1, 'another-video')] });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand', 'ProbeCommand', 'CreateJobCommand']);
    expect(mediaConvert.commandCalls(SearchJobsCommand)[0].args[0].input).toMatchObject({ InputFile: SOURCE_URL, Queue: QUEUE_ARN });
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1', claim: { token: 'message-1' } });
  });

  test('somebody died after CreateJob: its job is adopted, wherever the search has it', async () => {
    await table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 2, 'x')], NextToken: 'more' })
      .on(SearchJobsCommand, { NextToken: 'more' }).resolves({ Jobs: [jobOf(VIDEO_ID, 1, 'job-0')] });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand', 'SearchJobsCommand']);
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-0' });
  });

  test('the message itself died after CreateJob and comes again: it searches before it creates', async () => {
    await table.put({ claim: claim('message-1', 60) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 1, 'job-0')] });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand']);
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-0' });
  });

  test.each(['processing', 'ready', 'errored', 'deleting'] as const)('nothing to do once it is %s', async (status) => {
    await table.put({ status, ...(status !== 'deleting' && { jobId: 'job-0' }) });
    expect(await send(message())).toEqual([]);
    expect(calls()).toEqual([]);
    expect((await table.get()).status).toBe(status);
  });

  test('the video ended while its job was made: its state stays', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).callsFake(async () => {
      await table.put({ status: 'deleting' });
      return { Job: { Id: 'job-1' } };
    });
    expect(await send(message())).toEqual([]);
    expect((await table.get()).status).toBe('deleting');
  });
});

describe('what can\'t be transcoded', () => {
  test.each<[string, object, string]>([
    ['no media', {}, 'not_a_video'],
    ['sound only', { ...PROBED.Container, Tracks: [{ TrackType: 'audio', Codec: 'AAC' }] }, 'not_a_video'],
    ['unknown codec', { ...PROBED.Container, Tracks: [{ TrackType: 'video', Codec: 'UNKNOWN' }] }, 'unsupported_codec'],
    ['too long', { ...PROBED.Container, Duration: 3601 }, 'too_long'],
    ['too small', { ...PROBED.Container, Tracks: [{ TrackType: 'video', Codec: 'AVC', VideoProperties: { Width: 16, Height: 16 } }] }, 'transcode_failed'],
  ])('%s', async (_, Container, code) => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [{ Container }] });
    expect(await send(message())).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(0);
    expect(await table.get()).toMatchObject({ status: 'errored', error: { code } });
  });

  test('a file that the probe refuses', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).rejects(new BadRequestException(fault));
    expect(await send(message())).toEqual([]);
    expect(await table.get()).toMatchObject({ status: 'errored', error: { code: 'corrupt' } });
  });

  test('a job that MediaConvert refuses: the video has an end, the log has the reason', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).rejects(new BadRequestException({ ...fault, message: '/outputGroups/0: no' }));
    expect(await send(message())).toEqual([]);
    expect(await table.get()).toMatchObject({ status: 'errored', error: { code: 'transcode_failed', message: 'MediaConvert refused the job' } });
    expect(logged.join()).toContain('/outputGroups/0: no');
  });
});

describe('tried again later', () => {
  test.each([ProbeCommand, CreateJobCommand])('throttled: the claim stays, the message comes again and succeeds', async (command) => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(command as typeof ProbeCommand).rejectsOnce(new TooManyRequestsException(fault)).resolves({ ProbeResults: [PROBED], Job: { Id: 'job-1' } } as object);
    expect(await send(message())).toEqual(['message-1']);
    expect(await table.get()).toMatchObject({ status: 'uploaded', claim: { token: 'message-1' } });
    expect(await send(message())).toEqual([]);
    expect(calls()).toContain('SearchJobsCommand');
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });

  test('a search that fails does not make a job', async () => {
    await table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).rejects(new TooManyRequestsException(fault));
    expect(await send(message())).toEqual(['message-1']);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(0);
  });

  test.each(['no JSON', '{}', '{"detail":{"object":{"key":5}}}'])('what is no event goes to the dead-letter queue, alone: %s', async (body) => {
    await table.put({ status: 'waiting' });
    expect(await send(message(body, 'bad'), message())).toEqual(['bad']);
    expect((await table.get()).status).toBe('processing');
  });

  test.each(['source/elsewhere.mp4', `v/${VIDEO_ID}/original`])('other keys are nobody\'s: %s', async (key) => {
    expect(await send(message(created(key)))).toEqual([]);
    expect(calls()).toEqual([]);
  });

  test('a video that is not in the catalog', async () => {
    expect(await send(message(created(`source/${VIDEO_ID.replace('b', 'd')}/original`)))).toEqual([]);
    expect(calls()).toEqual([]);
  });
});
