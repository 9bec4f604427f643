import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SignInService } from './sign-in-service';

let service: SignInService;
beforeEach(() => { service = new SignInService(); });
afterEach(() => service.end());

describe('the client\'s secret', () => {
  test('is read once a container', async () => {
    await service.browser().session();
    await service.browser().session();
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(1);
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)[0].args[0].input).toEqual({ SecretId: 'arn:secret' });
  });

  test('is read again when the server does not take it any more', async () => {
    await service.browser().session();
    service.server.clientSecret = 'the-secret-of-the-next-client';
    await service.browser().session();
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test('is read again once only', async () => {
    service.secretsManager.on(GetSecretValueCommand).resolves({ SecretString: 'stale' });
    const browser = service.browser();
    const response = await browser.authorize(await browser.start('/'));
    expect([response.status, response.body.code]).toEqual([502, 'upstream_failed']);
    expect(service.server.calls).toHaveLength(2);
    expect(service.secretsManager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
  });

  test.each([[{ SecretString: undefined }], [new Error('denied')]])('that can\'t be had is a 502', async (answer) => {
    const browser = service.browser();
    if (answer instanceof Error) service.secretsManager.on(GetSecretValueCommand).rejects(answer);
    else service.secretsManager.on(GetSecretValueCommand).resolves(answer);
    const { status, body, set } = await browser.call('GET', '/login');
    expect([status, body.code, set]).toEqual([502, 'upstream_failed', []]);
  });

  test('never follows a redirect', async () => {
    await service.browser().session();
    for (const { init } of service.server.calls) expect(init).toMatchObject({ redirect: 'error', signal: expect.any(AbortSignal) });
  });
});
