import { appendFileSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { BAD_TOKENS, Forge } from './bad-tokens';
import { CALLBACK_FAULTS } from './callbacks';
import { Client } from './client';
import { FRAGMENT, Secrets } from './observed';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import { SignIn } from '../../local/client';
import { makeClip } from '../../local/clip';
import type { LocalUser } from '../../local/issuers/users';
import type { StackFacts } from '../../local/stack';

jest.setTimeout(PATIENCE_MS);

describe('a whole journey', () => {
  const secrets = new Secrets();
  let stack: StackProcess;
  let users: readonly LocalUser[];
  /** The stack deletes `stack.json` when it stops. */
  let stackJson: string;

  beforeAll(async () => {
    stack = await StackProcess.start();
    users = stack.facts.users;
    const { fetch } = globalThis;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
      const response = await fetch(input, init);
      await secrets.addExchange(String(input), init, response);
      return response;
    });
    await script(stack.facts, stack.data);
    await browser(stack.facts);
    spy.mockRestore();
    stackJson = readFileSync(stack.factsFile, 'utf8');
    await stack.stop();
    addVaults();
  });
  afterAll(stopAll);

  function addVaults(): void {
    secrets.addJson(readFileSync(path.join(stack.data, 'cognito', 'state.json'), 'utf8'));
    const values: [arn: string, version: { SecretString: string }][] = JSON.parse(readFileSync(path.join(stack.data, 'secrets.json'), 'utf8'));
    for (const [, { SecretString: text }] of values) {
      secrets.addJson(text);
      if (text.startsWith('{')) continue;
      secrets.add('client secret', text);
      secrets.addSignInVerifiers(text);
      // The service sends `id:secret` in base64 to the token endpoint. The base64 of the secret depends on the length of the id, and has three possible forms.
      // All three forms are searched.
      for (const before of ['', 'x', 'xx']) secrets.add('client credentials', Buffer.from(`${before}${text}`).toString('base64').slice(4));
    }
  }

  async function script(facts: StackFacts, data: string): Promise<void> {
    const client = await Client.signIn(facts);
    const { id_token, refresh_token } = client.tokens;
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 8, '320x180'));
    const [ready, errored] = await Promise.all([client.upload(clip, 'ready'), client.upload(Buffer.from('no video'), 'errored')]);
    await Promise.all([client.settled(ready), client.settled(errored)]);
    await client.play(ready);
    await client.call('GET', '/streams?owner=me');
    await client.call('POST', '/token', { refresh_token });

    // The values in rejected requests must also not be logged.
    const { upload: { method, url, headers } } = await client.declareSmall(1, 'never sent');
    const forged = url.replace(/(?<=X-Amz-Signature=)\w+/, (signature) => [...signature].reverse().join(''));
    await fetch(forged, { method, headers, body: 'x' });
    await fetch(url, { method, headers, body: 'more than was declared' });
    await client.fetch('POST', '/token', { refresh_token, unknown: refresh_token });
    await client.fetch('POST', '/token', { refresh_token: id_token });
    await client.fetch('GET', `/streams?cursor=${id_token}`);
    await client.fetch('GET', `/streams/${id_token}`);
    await fetch(`${facts.api}/login?return_to=${id_token}`);
    const forge = new Forge(path.join(data, 'cognito'), id_token);
    for (const make of Object.values(BAD_TOKENS)) await fetch(`${facts.api}/streams`, { headers: { authorization: make(forge) } });
    await client.call('POST', '/token/revoke', { refresh_token: id_token });
    await client.call('POST', '/token/revoke', { refresh_token });
    await client.fetch('POST', '/token', { refresh_token });
  }

  async function browser(facts: StackFacts): Promise<void> {
    const ask = (jar: SignIn['jar'], route: string, origin: string) => jar.fetch(`${facts.api}${route}`, { method: 'POST', headers: { origin } });
    const signIn = await SignIn.begin(facts, '/');
    await signIn.callback({ ...users[1], password: 'Not-The-Password-1' }).catch(() => undefined);
    const address = await signIn.callback(users[1]);
    for (const _ of ['once', 'again']) await signIn.finish(address);
    await ask(signIn.jar, '/token', facts.origin);
    await ask(signIn.jar, '/token', 'https://evil.example');
    for (const make of Object.values(CALLBACK_FAULTS)) {
      const [own, other] = [await SignIn.begin(facts, '/'), await SignIn.begin(facts)];
      const [callback, others] = [await own.callback(users[1]), await other.callback(users[2])];
      const bad = make({ callback, cookie: own.cookie }, { callback: others, cookie: other.cookie });
      await fetch(bad.callback, { redirect: 'manual', headers: { cookie: bad.cookie } });
    }
    await ask(signIn.jar, '/token/revoke', facts.origin);
    await ask(signIn.jar, '/token', facts.origin);
  }

  /**
   * Omits the files that store secrets. Also omits the assets: they were built before the secrets were created, so they cannot contain secrets.
   */
  function texts(): [name: string, text: string][] {
    const entries = readdirSync(stack.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = entries.map(({ parentPath, name }) => path.relative(stack.data, path.join(parentPath, name)));
    const others = names.filter((name) => !/^(secrets\.json$|cognito\/|cdk\.out\/asset\.)/.test(name));
    // The passwords of the sample users are public. The console output and stack.json contain them.
    const withoutPasswords = (text: string) => users.reduce((left, { password }) => left.replaceAll(password, ''), text);
    return [
      ...others.map((name): [string, string] => [name, readFileSync(path.join(stack.data, name), 'latin1')]),
      ['stack.json', withoutPasswords(stackJson)], ['console', withoutPasswords(stack.output)],
    ];
  }

  function leaks(): Record<string, string[]> {
    const find = secrets.finder();
    return Object.fromEntries(texts().map(([name, text]): [string, string[]] => [name, find(text)]).filter(([, found]) => found.length > 0));
  }

  it('uses secrets of every kind', () => {
    expect([...new Set(secrets.values.values())]).toEqual(expect.arrayContaining([
      'form password', 'form _csrf', 'cookie cognito', 'query code', 'query state', 'query nonce', 'cookie __Host-vod-sign-in', 'sign-in key', 'sign-in verifier',
      'cookie __Secure-vod-refresh', 'json id_token', 'json access_token', 'json refresh_token', 'authorization', 'query X-Amz-Signature',
      'query X-Amz-Security-Token', 'cookie CloudFront-Policy', 'cookie CloudFront-Signature', 'client secret', 'client credentials', 'json privateKey', 'json seed',
    ]));
  });

  it('produces a template, responses and logs of each part', () => {
    const written = Object.fromEntries(texts());
    expect(written['cdk.out/Videos.template.json']).toContain('Custom::VodClientSecret');
    expect(written['custom-resources.json']).toContain('BEGIN PUBLIC KEY');
    expect(written['access.jsonl']).toContain('secretsmanager:GetSecretValue');
    expect(written['stack.json']).toContain('UserPoolId');
    expect(written.console).toContain('sign in as');
    for (const line of ['no refresh token to revoke', 'source rejected', 'job ended']) expect(written['functions.log']).toContain(line);
  });

  it('writes no secret and no part of a secret', () => {
    expect(leaks()).toEqual({});
  });

  test('this test detects a written part of a secret', () => {
    const find = secrets.finder();
    const [signature] = [...secrets.values].filter(([, name]) => name === 'json id_token').map(([token]) => token.split('.')[2]);
    appendFileSync(path.join(stack.data, 'functions.log'), `token: '…${signature.slice(40, 40 + FRAGMENT - 1)}…'\n`);
    expect(leaks()).toEqual({});
    appendFileSync(path.join(stack.data, 'functions.log'), `token: '…${signature.slice(40, 40 + FRAGMENT)}…'\n`);
    expect(leaks()).toEqual({ 'functions.log': ['json id_token'] });
    for (const [value, name] of secrets.values) expect([name, find(`{"a":"${value.slice(-FRAGMENT)}"}`)]).toEqual([name, [expect.any(String)]]);
  });
});
