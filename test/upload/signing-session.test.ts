import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { signingSession } from '../../src/upload/signing-session.runtime';

const START = Date.parse('2026-11-30T10:00:00.000Z');
const SECOND = 1000;
const roleArn = 'arn:aws:iam::123456789012:role/sign';

describe('the session of the signing role', () => {
  const sts = mockClient(STSClient);
  let now = START;
  const newSession = () => signingSession({ roleArn, remainingSeconds: 900, clock: () => new Date(now) });
  const started = () => sts.commandCalls(AssumeRoleCommand).length;
  /** Makes STS return sessions of this duration. Session 1 has the access key `KEY1`, session 2 has `KEY2`, and so on. */
  function sessionsOf(seconds: number): void {
    let made = 0;
    sts.on(AssumeRoleCommand).callsFake(async () => ({
      Credentials: { AccessKeyId: `KEY${++made}`, SecretAccessKey: 'secret', SessionToken: 'token', Expiration: new Date(now + seconds * SECOND) },
    }));
  }
  beforeEach(() => {
    sts.reset();
    now = START;
    sessionsOf(3600);
  });

  test('is a session of one hour', async () => {
    expect(await newSession()()).toEqual({
      credentials: { accessKeyId: 'KEY1', secretAccessKey: 'secret', sessionToken: 'token' }, expiration: new Date('2026-11-30T11:00:00.000Z'),
    });
    expect(sts.commandCalls(AssumeRoleCommand)[0].args[0].input).toEqual({ RoleArn: roleArn, RoleSessionName: 'sign-uploads', DurationSeconds: 3600 });
  });

  test.each([
    ['an hour', 3600, 2700],
    ['16 minutes, less than twice the validity of a URL', 960, 480],
    ['10 minutes, less than the validity of a URL', 600, 300],
    ['4 seconds', 4, 2],
  ])('of %s is renewed before it expires', async (_, duration, renewed) => {
    sessionsOf(duration);
    const session = newSession();
    await session();
    now = START + renewed * SECOND - 1;
    expect((await session()).credentials.accessKeyId).toBe('KEY1');
    now = START + renewed * SECOND;
    const { credentials, expiration } = await session();
    expect(credentials.accessKeyId).toBe('KEY2');
    expect(expiration.getTime()).toBe(now + duration * SECOND);
    expect(started()).toBe(2);
  });

  test('is shared by concurrent calls, at its start and at its renewal', async () => {
    const session = newSession();
    const keysOf = async () => (await Promise.all(Array.from({ length: 100 }, session))).map(({ credentials }) => credentials.accessKeyId);
    expect(new Set(await keysOf())).toEqual(new Set(['KEY1']));
    now = START + 3000 * SECOND;
    expect(new Set(await keysOf())).toEqual(new Set(['KEY2']));
    expect(started()).toBe(2);
  });

  test('is started again after a request that failed', async () => {
    const session = newSession();
    sts.on(AssumeRoleCommand).rejectsOnce(new Error('AccessDenied'));
    const results = await Promise.allSettled([session(), session()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(started()).toBe(1);
    sessionsOf(3600);
    expect((await session()).credentials.accessKeyId).toBe('KEY1');
  });

  test('is not used without complete credentials', async () => {
    sts.on(AssumeRoleCommand).resolves({ Credentials: { AccessKeyId: 'KEY', SecretAccessKey: 'secret', SessionToken: 'token', Expiration: undefined } });
    await expect(newSession()()).rejects.toThrow('contains no credentials');
  });

  test.each([
    ['AbortError', {}], ['TimeoutError', {}], ['Throttling', { $metadata: { httpStatusCode: 400 } }], ['ServiceUnavailable', { $metadata: { httpStatusCode: 503 } }],
  ])('returns the code unavailable if STS fails with %s', async (name, fields) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    sts.on(AssumeRoleCommand).rejects(Object.assign(new Error('no'), { name, ...fields }));
    await expect(newSession()()).rejects.toMatchObject({ code: 'unavailable' });
    expect(warn).toHaveBeenCalledWith({ message: 'service not available', service: 'STS', error: `${name}: no` });
  });
});
