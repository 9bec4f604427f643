import { CreateJobCommand, MediaConvertClient, MediaConvertServiceException, ProbeCommand, SearchJobsCommand, TooManyRequestsException } from '@aws-sdk/client-mediaconvert';
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
let handler: (event: SQSEvent, context: { getRemainingTimeInMillis: () => number }) => Promise<SQSBatchResponse>;
let logged: string[];

beforeAll(async () => {
  table = await startTable();
  Object.assign(process.env, {
    MEDIA_BUCKET: 'media',
    QUEUE_ARN,
    JOB_ROLE_ARN: 'arn:aws:iam::111122223333:role/job',
    MAX_RECEIVES: '5',
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
const message = (body = created(), messageId = 'message-1', receives = 1) =>
  ({ body, messageId, attributes: { ApproximateReceiveCount: `${receives}` } }) as SQSEvent['Records'][number];
const refusal = (name: string, text = 'because') => new MediaConvertServiceException({ $metadata: {}, $fault: 'client', name, message: text });
const send = async (...records: SQSEvent['Records']) => (await handler({ Records: records }, { getRemainingTimeInMillis: () => 60_000 })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
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

  test.each([
    ['UnprocessableEntityException', 'The input file was recognized but appears to be malformed or corrupt.'],
    ['BadRequestException', 'Unable to open input file: [No parser found for container]'],
  ])('a file that the probe refuses: %s', async (name, text) => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).rejects(refusal(name, text));
    expect(await send(message())).toEqual([]);
    expect(await table.get()).toMatchObject({ status: 'errored', error: { code: 'corrupt' } });
  });

  test('a job that MediaConvert refuses: the video has an end, the log has the reason', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).rejects(refusal('BadRequestException', '/outputGroups/0: no'));
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

  test.each<[string, string]>([
    ['AccessDeniedException', 'User is not authorized to perform: mediaconvert:Probe'],
    ['ForbiddenException', 'because'],
    ['NotFoundException', 'no such object'],
    ['ConflictException', 'because'],
    ['ServiceQuotaExceededException', 'because'],
    ['InternalServerErrorException', 'because'],
    ['UnrecognizedClientException', 'The security token included in the request is invalid'],
    ['TimeoutError', 'socket hang up'],
    ['SomethingNew', 'because'],
    ['BadRequestException', 'Unable to open input file: [Failed to read data: Access denied]'],
    ['BadRequestException', 'The role you provided is not authorized to perform kms:Decrypt'],
    ['BadRequestException', 'You specified an input location that your policy disallows.'],
    ['BadRequestException', 'Unable to assume role. Check that the role exists and that MediaConvert is a trusted entity.'],
  ])('a refusal that is not about the file, of the probe or of the job: %s: %s', async (name, text) => {
    for (const command of [ProbeCommand, CreateJobCommand]) {
      await table.put({ status: 'waiting' });
      mediaConvert.reset();
      mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [PROBED] }).on(command as typeof ProbeCommand).rejects(refusal(name, text));
      expect(await send(message())).toEqual(['message-1']);
      const { status, error } = await table.get();
      expect([status, error]).toEqual(['uploaded', undefined]);
    }
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
});

describe('given up', () => {
  const last = (messageId?: string) => message(created(), messageId, 5);

  test.each([SearchJobsCommand, ProbeCommand, CreateJobCommand])('at the last receive the video has an end, and the message goes to the dead-letter queue', async (command) => {
    await table.put({ claim: claim('message-1', 360) });
    mediaConvert.on(command as typeof ProbeCommand).rejects(refusal('AccessDeniedException', 'arn:aws:kms:eu-west-1:111122223333:key/secret'));
    expect(await send(message(created(), 'message-1', 4))).toEqual(['message-1']);
    expect((await table.get()).status).toBe('uploaded');
    expect(await send(last())).toEqual(['message-1']);
    const { status, error } = await table.get();
    expect([status, error?.code]).toEqual(['errored', 'internal']);
    expect(error?.message).not.toContain('arn:');
  });

  test('an attempt that somebody else is at is not given up', async () => {
    await table.put({ claim: claim('other', 10) });
    expect(await send(last())).toEqual(['message-1']);
    expect((await table.get()).status).toBe('uploaded');
  });

  test('a job whose event came before its answer was lost goes on', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).callsFake(async () => {
      await table.put({ status: 'processing', jobId: 'job-1', claim: claim('message-1', 1) });
      throw refusal('TimeoutError');
    });
    expect(await send(last())).toEqual(['message-1']);
    expect(await table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });

  test('a message that is moved back starts the next attempt, once', async () => {
    await table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).rejectsOnce(refusal('AccessDeniedException')).resolves({ ProbeResults: [PROBED] });
    await send(last());
    expect(await send(message(created(), 'moved-1'), message(created(), 'moved-2'))).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
    const { error, ...row } = await table.get();
    expect(row).toMatchObject({ status: 'processing', attempt: 2, jobId: 'job-1', claim: { attempt: 2, token: 'moved-1' } });
    expect(error).toBeUndefined();
  });

  test('a job that failed for our own reasons is not made again by a message that comes twice', async () => {
    await table.put({ status: 'errored', error: { code: 'internal', message: 'x' }, jobId: 'job-0', claim: claim('message-1', 900) });
    expect(await send(message(created(), 'duplicate'))).toEqual([]);
    expect(calls()).toEqual([]);
    expect(await table.get()).toMatchObject({ status: 'errored', attempt: 1 });
  });
});

describe('ignored', () => {
  test.each(['source/elsewhere.mp4', `v/${VIDEO_ID}/original`])('other keys are nobody\'s: %s', async (key) => {
    expect(await send(message(created(key)))).toEqual([]);
    expect(calls()).toEqual([]);
  });

  test('a video that is not in the catalog', async () => {
    expect(await send(message(created(`source/${VIDEO_ID.replace('b', 'd')}/original`)))).toEqual([]);
    expect(calls()).toEqual([]);
  });
});
