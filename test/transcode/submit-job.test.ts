import { CreateJobCommand, ProbeCommand, SearchJobsCommand } from '@aws-sdk/client-mediaconvert';
import { calls, created, mediaConvert, message, PROBED, QUEUE_ARN, refusal, startSubmit, Submit } from './submit-service';
import { claim, SOURCE_URL, VIDEO_ID } from './videos';

let submit: Submit;
beforeAll(async () => { submit = await startSubmit(); });
afterAll(() => submit.table.stop());
beforeEach(() => submit.reset());

const jobOf = (videoId: string, attempt: number, Id: string) => ({ Id, Role: 'r', Settings: {}, UserMetadata: { videoId, attempt: `${attempt}` } });

describe('the event of an uploaded source', () => {
  test('creates one job and records its id', async () => {
    await submit.table.put({ status: 'waiting' });
    expect(await submit.send(message())).toEqual([]);
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
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1', source: { size: 42 }, claim: { attempt: 1, token: 'message-1' } });
  });

  test('requests about ten progress events for a video of any length', async () => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [{ Container: { ...PROBED.Container, Duration: 1200 } }] });
    await submit.send(message());
    expect(mediaConvert.commandCalls(CreateJobCommand)[0].args[0].input.StatusUpdateInterval).toBe('SECONDS_120');
  });

  test('claims the attempt before the first request to MediaConvert', async () => {
    await submit.table.put({ status: 'waiting' });
    let seen: unknown;
    mediaConvert.on(ProbeCommand).callsFake(async () => {
      seen = (await submit.table.get()).claim?.token;
      return { ProbeResults: [PROBED] };
    });
    await submit.send(message());
    expect(seen).toBe('message-1');
  });

  test('a second attempt has a separate job with a separate prefix for its media files', async () => {
    await submit.table.put({ attempt: 2, claim: claim('old', 9999, 1), jobId: 'job-0' });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toEqual(['ProbeCommand', 'CreateJobCommand']);
    const { input } = mediaConvert.commandCalls(CreateJobCommand)[0].args[0];
    expect(JSON.stringify(input.Settings)).toContain(`s3://media/v/${VIDEO_ID}/2/hls/index`);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });
});

describe('a message {videoId, attempt}', () => {
  const again = (attempt: unknown, id = 'again', receives?: number) => message(JSON.stringify({ videoId: VIDEO_ID, attempt }), id, receives);

  test('a message with a video id submits a job without a new source', async () => {
    await submit.table.put({ attempt: 2, source: { bucket: 'sources', key: `source/${VIDEO_ID}/original`, fileName: 'a', contentType: 'video/mp4', size: 7 } });
    expect(await submit.send(again(2))).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', attempt: 2, jobId: 'job-1', source: { size: 7 }, claim: { token: 'again' } });
  });

  test.each(['deleted', 'archived'] as const)('a video whose source is %s ends with the error source_unavailable', async (state) => {
    await submit.table.put({ attempt: 2, source: { bucket: 'sources', key: 'k', fileName: 'a', contentType: 'video/mp4', size: 7, state } });
    expect(await submit.send(again(2))).toEqual([]);
    expect(calls()).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', error: { code: 'source_unavailable', message: expect.stringContaining(state) } });
  });

  test.each(['waiting', 'processing', 'ready', 'errored', 'deleting'] as const)('does not change a video that is %s', async (status) => {
    await submit.table.put({ status, jobId: 'job-0' });
    const before = await submit.table.get();
    expect(await submit.send(again(1))).toEqual([]);
    expect([calls(), await submit.table.get()]).toEqual([[], before]);
  });

  test('creates only one job if the S3 event also arrives', async () => {
    await submit.table.put({ status: 'waiting' });
    await submit.send(message());
    expect(await submit.send(again(1), again(1, 'once-more'))).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
  });

  test('creates no job for an earlier attempt or a future attempt', async () => {
    await submit.table.put({ status: 'processing', attempt: 2, jobId: 'job-0' });
    expect(await submit.send(again(1), again(3))).toEqual([]);
    expect([calls(), (await submit.table.get()).attempt]).toEqual([[], 2]);
  });

  test('a message starts the next attempt each time it is moved back from the dead-letter queue', async () => {
    await submit.table.put({});
    mediaConvert.on(ProbeCommand).rejects(refusal('AccessDeniedException'));
    for (const attempt of [1, 2]) {
      expect(await submit.send(again(1, `moved-${attempt}`, 5))).toEqual([`moved-${attempt}`]);
      expect(await submit.table.get()).toMatchObject({ status: 'errored', attempt });
    }
    mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [PROBED] });
    expect(await submit.send(again(1, 'moved-3'))).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', attempt: 3 });
  });

  test.each([{ videoId: 'x', attempt: 1 }, { videoId: VIDEO_ID }, { videoId: VIDEO_ID, attempt: '1' }, { videoId: VIDEO_ID, attempt: 1.5 }])('rejects %j', async (body) => {
    await submit.table.put({});
    expect(await submit.send(message(JSON.stringify(body), 'bad'))).toEqual(['bad']);
    expect(calls()).toEqual([]);
  });
});

describe('never creates a second job', () => {
  test('creates one job if the message is delivered twice', async () => {
    await submit.table.put({ status: 'waiting' });
    await submit.send(message());
    expect(await submit.send(message(), message(created(), 'message-2'))).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
  });

  test('creates one job for twelve concurrent messages', async () => {
    await submit.table.put({ status: 'waiting' });
    await Promise.all(Array.from({ length: 12 }, (_, i) => submit.send(message(created(), `message-${i}`))));
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });

  test('returns a failure if another message has claimed the attempt', async () => {
    await submit.table.put({ claim: claim('other', 10) });
    expect(await submit.send(message())).toEqual(['message-1']);
    expect(calls()).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'uploaded', claim: { token: 'other' } });
  });

  test('searches for a job, then creates one, if an earlier invocation stopped after its claim', async () => {
    await submit.table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 2, 'another-attempt'), jobOf(VIDEO_ID.replace('b', 'c'), 1, 'another-video')] });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand', 'ProbeCommand', 'CreateJobCommand']);
    expect(mediaConvert.commandCalls(SearchJobsCommand)[0].args[0].input).toMatchObject({ InputFile: SOURCE_URL, Queue: QUEUE_ARN });
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1', claim: { token: 'message-1' } });
  });

  test('finds the job on any page of the search if an earlier invocation stopped after CreateJob', async () => {
    await submit.table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 2, 'x')], NextToken: 'more' })
      .on(SearchJobsCommand, { NextToken: 'more' }).resolves({ Jobs: [jobOf(VIDEO_ID, 1, 'job-0')] });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand', 'SearchJobsCommand']);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-0' });
  });

  test('searches before it creates a job if the message is redelivered after CreateJob', async () => {
    await submit.table.put({ claim: claim('message-1', 60) });
    mediaConvert.on(SearchJobsCommand).resolves({ Jobs: [jobOf(VIDEO_ID, 1, 'job-0')] });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toEqual(['SearchJobsCommand']);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-0' });
  });

  test.each(['processing', 'ready', 'errored', 'deleting'] as const)('creates no job for a video that is %s', async (status) => {
    await submit.table.put({ status, ...(status !== 'deleting' && { jobId: 'job-0' }) });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toEqual([]);
    expect((await submit.table.get()).status).toBe(status);
  });

  test('keeps the status of a video that ended while its job was created', async () => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).callsFake(async () => {
      await submit.table.put({ status: 'deleting' });
      return { Job: { Id: 'job-1' } };
    });
    expect(await submit.send(message())).toEqual([]);
    expect((await submit.table.get()).status).toBe('deleting');
  });
});

describe('a source that cannot be transcoded', () => {
  test.each<[string, object, string]>([
    ['no media', {}, 'not_a_video'],
    ['sound only', { ...PROBED.Container, Tracks: [{ TrackType: 'audio', Codec: 'AAC' }] }, 'not_a_video'],
    ['unknown codec', { ...PROBED.Container, Tracks: [{ TrackType: 'video', Codec: 'UNKNOWN' }] }, 'unsupported_codec'],
    ['too long', { ...PROBED.Container, Duration: 3601 }, 'too_long'],
    ['too small', { ...PROBED.Container, Tracks: [{ TrackType: 'video', Codec: 'AVC', VideoProperties: { Width: 16, Height: 16 } }] }, 'transcode_failed'],
  ])('%s', async (_, Container, code) => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [{ Container }] });
    expect(await submit.send(message())).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(0);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', error: { code } });
  });

  test.each([
    ['UnprocessableEntityException', 'The input file was recognized but appears to be malformed or corrupt.'],
    ['BadRequestException', 'Unable to open input file: [No parser found for container]'],
  ])('a video ends with the error corrupt if the probe rejects its file: %s', async (name, text) => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).rejects(refusal(name, text));
    expect(await submit.send(message())).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', error: { code: 'corrupt' } });
  });

  test('a video ends with an error if MediaConvert rejects its job, and the log contains the reason', async () => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).rejects(refusal('BadRequestException', '/outputGroups/0: no'));
    expect(await submit.send(message())).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', error: { code: 'transcode_failed', message: 'MediaConvert rejected the job' } });
    expect(submit.logged.join()).toContain('/outputGroups/0: no');
  });
});

describe('ignored', () => {
  test.each(['source/elsewhere.mp4', `v/${VIDEO_ID}/original`])('ignores a key that is not the key of a source: %s', async (key) => {
    expect(await submit.send(message(created(key)))).toEqual([]);
    expect(calls()).toEqual([]);
  });

  test('ignores a video that is not in the catalog', async () => {
    expect(await submit.send(message(created(`source/${VIDEO_ID.replace('b', 'd')}/original`)))).toEqual([]);
    expect(calls()).toEqual([]);
  });
});
