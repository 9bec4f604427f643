import { CreateJobCommand, ProbeCommand, SearchJobsCommand } from '@aws-sdk/client-mediaconvert';
import { calls, created, mediaConvert, message, PROBED, refusal, startSubmit, Submit } from './submit-service';
import { claim, VIDEO_ID } from './videos';

let submit: Submit;
beforeAll(async () => { submit = await startSubmit(); });
afterAll(() => submit.table.stop());
beforeEach(() => submit.reset());

describe('retries', () => {
  test.each([ProbeCommand, CreateJobCommand])('a throttled message keeps its claim and succeeds at the next receive', async (command) => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(command as typeof ProbeCommand).rejectsOnce(refusal('TooManyRequestsException')).resolves({ ProbeResults: [PROBED], Job: { Id: 'job-1' } } as object);
    expect(await submit.send(message())).toEqual(['message-1']);
    expect(await submit.table.get()).toMatchObject({ status: 'uploaded', claim: { token: 'message-1' } });
    expect(await submit.send(message())).toEqual([]);
    expect(calls()).toContain('SearchJobsCommand');
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
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
  ])('a probe or a job is retried after an error that the file did not cause: %s: %s', async (name, text) => {
    for (const command of [ProbeCommand, CreateJobCommand]) {
      await submit.table.put({ status: 'waiting' });
      mediaConvert.reset();
      mediaConvert.on(ProbeCommand).resolves({ ProbeResults: [PROBED] }).on(command as typeof ProbeCommand).rejects(refusal(name, text));
      expect(await submit.send(message())).toEqual(['message-1']);
      const { status, error } = await submit.table.get();
      expect([status, error]).toEqual(['uploaded', undefined]);
    }
  });

  test('does not create a job if the search for jobs fails', async () => {
    await submit.table.put({ claim: claim('dead', 301) });
    mediaConvert.on(SearchJobsCommand).rejects(refusal('TooManyRequestsException'));
    expect(await submit.send(message())).toEqual(['message-1']);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(0);
  });

  test.each(['no JSON', '{}', '{"detail":{"object":{"key":5}}}'])('only the invalid message of a batch is returned as a failure: %s', async (body) => {
    await submit.table.put({ status: 'waiting' });
    expect(await submit.send(message(body, 'bad'), message())).toEqual(['bad']);
    expect((await submit.table.get()).status).toBe('processing');
  });
});

describe('the last receive', () => {
  const last = (messageId?: string) => message(created(), messageId, 5);

  test.each([SearchJobsCommand, ProbeCommand, CreateJobCommand])('the last receive ends the video with an error, and the message goes to the dead-letter queue', async (command) => {
    await submit.table.put({ claim: claim('message-1', 360) });
    mediaConvert.on(command as typeof ProbeCommand).rejects(refusal('AccessDeniedException', 'arn:aws:kms:eu-west-1:111122223333:key/secret'));
    expect(await submit.send(message(created(), 'message-1', 4))).toEqual(['message-1']);
    expect((await submit.table.get()).status).toBe('uploaded');
    expect(await submit.send(last())).toEqual(['message-1']);
    const { status, error } = await submit.table.get();
    expect([status, error?.code]).toEqual(['errored', 'internal']);
    expect(error?.message).not.toContain('arn:');
  });

  test('the last receive does not end an attempt that another message has claimed', async () => {
    await submit.table.put({ claim: claim('other', 10) });
    expect(await submit.send(last())).toEqual(['message-1']);
    expect((await submit.table.get()).status).toBe('uploaded');
  });

  test('the last receive does not end an attempt whose job event was already recorded', async () => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(CreateJobCommand).callsFake(async () => {
      await submit.table.put({ status: 'processing', jobId: 'job-1', claim: claim('message-1', 1) });
      throw refusal('TimeoutError');
    });
    expect(await submit.send(last())).toEqual(['message-1']);
    expect(await submit.table.get()).toMatchObject({ status: 'processing', jobId: 'job-1' });
  });

  test('a message from the dead-letter queue starts the next attempt, only once', async () => {
    await submit.table.put({ status: 'waiting' });
    mediaConvert.on(ProbeCommand).rejectsOnce(refusal('AccessDeniedException')).resolves({ ProbeResults: [PROBED] });
    await submit.send(last());
    const moved = Date.now() + 1000;
    expect(await submit.send(message(created(), 'moved-1', 1, moved), message(created(), 'moved-2', 1, moved))).toEqual([]);
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
    const { error, ...row } = await submit.table.get();
    expect(row).toMatchObject({ status: 'processing', attempt: 2, jobId: 'job-1', claim: { attempt: 2, token: 'moved-1' } });
    expect(error).toBeUndefined();
  });

  test('messages that were sent before the attempt was abandoned do not start the next attempt', async () => {
    await submit.table.put({ status: 'uploaded' });
    mediaConvert.on(CreateJobCommand).rejects(refusal('TooManyRequestsException'));
    const sentAt = Date.now() - 1000;
    await submit.send(message(created(), 'message-1', 5, sentAt));
    for (const body of [created(), JSON.stringify({ videoId: VIDEO_ID, attempt: 1 })]) expect(await submit.send(message(body, 'behind', 4, sentAt))).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', attempt: 1, claim: { token: 'message-1', abandoned: true } });
    expect(mediaConvert.commandCalls(CreateJobCommand)).toHaveLength(1);
  });

  test('a redelivered message does not create a second job after an internal error', async () => {
    await submit.table.put({ status: 'errored', error: { code: 'internal', message: 'x' }, jobId: 'job-0', claim: claim('message-1', 900) });
    expect(await submit.send(message(created(), 'duplicate'))).toEqual([]);
    expect(calls()).toEqual([]);
    expect(await submit.table.get()).toMatchObject({ status: 'errored', attempt: 1 });
  });
});
