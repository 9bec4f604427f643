import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

describe('the client\'s secret', () => {
  test('is read once per container and five minutes', async () => {
    for (let time = 0; time < 5; time++) {
      await service.browser().session();
      service.pass(59_000);
    }
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(1);
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)[0].args[0].input).toEqual({ SecretId: 'arn:secret' });
  });

  test('is read again when the server rejects it', async () => {
    await service.browser().session();
    service.server.clientSecret = 'the-secret-of-the-next-client';
    await service.browser().session();
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test('is the same for all containers five minutes after its replacement, even if the old secret is still valid', async () => {
    const [older, newer] = [service.browser(), service.browser(service.startContainer())];
    await older.session();
    service.server.clientSecret = 'the-next-secret-of-the-client';
    service.pass(300_001);
    for (const [first, second] of [[older, newer], [newer, older]]) {
      const callback = await first.start('/');
      first.cookies.forEach((value, name) => second.cookies.set(name, value));
      expect((await second.authorize(callback)).status).toBe(302);
    }
    expect(service.server.calls.filter(({ path }) => path === '/hosted/oauth2/token')).toHaveLength(3);
  });

  test('stays in use if it cannot be read again', async () => {
    await service.browser().session();
    service.secretsManager.on(GetSecretValueCommand).rejects(new Error('throttled'));
    service.pass(300_001);
    await service.browser().session();
    service.pass(60_000);
    await service.browser().session();
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test('stays in use if Secrets Manager does not respond', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    await service.browser().session();
    service.secretsManager.on(GetSecretValueCommand).callsFake(() => new Promise((_, reject) => {
      const [, options] = service.secretsManager.calls().at(-1)!.args as [unknown, { abortSignal?: AbortSignal }?];
      options?.abortSignal?.addEventListener('abort', () => reject(new Error('aborted')));
    }));
    service.pass(300_001);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => timeout(milliseconds / 20));
    await service.browser().session();
    jest.restoreAllMocks();
  });

  test('is read again only once per request', async () => {
    service.secretsManager.on(GetSecretValueCommand).resolves({ SecretString: 'stale' });
    const browser = service.browser();
    const response = await browser.authorize(await browser.start('/'));
    expect([response.status, response.body.code]).toEqual([502, 'upstream_failed']);
    expect(service.server.calls).toHaveLength(2);
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test.each([[{ SecretString: undefined }], [new Error('denied')]])('causes a 502 response if it cannot be read', async (answer) => {
    const browser = service.browser();
    if (answer instanceof Error) service.secretsManager.on(GetSecretValueCommand).rejects(answer);
    else service.secretsManager.on(GetSecretValueCommand).resolves(answer);
    const { status, body, set } = await browser.call('GET', '/login');
    expect([status, body.code, set]).toEqual([502, 'upstream_failed', []]);
  });

  test('is never sent to the target of a redirect', async () => {
    await service.browser().session();
    for (const { init } of service.server.calls) expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
  });
});
