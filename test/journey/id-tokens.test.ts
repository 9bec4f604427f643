import { request } from 'http';
import * as path from 'path';
import { BAD_TOKENS, Forge, handlersReached } from './bad-tokens';
import { Client, problemOf } from './client';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';

jest.setTimeout(PATIENCE_MS);

const VIDEO = '01890a5d-ac96-7aaa-8bbb-0123456789ab';
const DECLARATION = { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 };
const ROUTES: [method: string, route: string, body: object | undefined, status: number, name: string][] = [
  ['POST', '/upload', DECLARATION, 201, 'POST/upload'],
  ['GET', '/streams', undefined, 200, 'GET/streams'],
  ['GET', `/streams/${VIDEO}`, undefined, 404, 'GET/streams/{videoId}'],
  ['POST', `/streams/${VIDEO}/playback`, undefined, 404, 'POST/streams/{videoId}/playback'],
];
const NOT_SIGNED_IN = [401, 'application/problem+json', 'not_signed_in'];

// The access log records only the first call of each route. Therefore, the tests of bad tokens run before the first call of a handler. A later test
// sends a good token, and proves that the log records calls of these routes.
describe('the API with a user pool\'s ID tokens', () => {
  let stack: StackProcess;
  let client: Client;
  let forge: Forge;

  beforeAll(async () => {
    stack = await StackProcess.start();
    client = await Client.signIn(stack.facts);
    forge = new Forge(path.join(stack.data, 'cognito'), client.tokens.id_token);
  });
  afterAll(stopAll);

  const kinds: typeof BAD_TOKENS = {
    ...BAD_TOKENS,
    'an access token': () => client.tokens.access_token,
    'marked as an access token': () => forge.token({ claims: { token_use: 'access' } }),
    'of no kind': () => forge.token({ claims: { token_use: undefined } }),
    'a refresh token': () => client.tokens.refresh_token,
  };

  /** Sends repeated headers, which `fetch` cannot send. */
  function send(method: string, route: string, headers: Record<string, string | string[]>, body?: object): Promise<Response> {
    return new Promise((resolve, reject) => {
      const sent = request(`${stack.facts.api}${route}`, { method, headers: { 'content-type': 'application/json', ...headers } }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        const shown = ['content-type', 'www-authenticate'].map((name) => [name, String(response.headers[name] ?? '')]);
        resolve(new Response(text, { status: response.statusCode, headers: Object.fromEntries(shown) }));
      });
      sent.once('error', reject).end(body && JSON.stringify(body));
    });
  }

  function protectedReached(): string[] {
    return handlersReached(stack.data).filter((name) => ROUTES.some((route) => route.includes(name)));
  }

  async function expectRefused(headers: Record<string, string>): Promise<void> {
    const before = protectedReached();
    for (const [method, route, body] of ROUTES) {
      const response = await send(method, route, headers, body);
      expect([...await problemOf(response), response.headers.get('www-authenticate')]).toEqual([...NOT_SIGNED_IN, 'Bearer']);
    }
    expect(protectedReached()).toEqual(before);
  }

  /** Returns the caller's videos, and the fields of a token response. An accepted request would change this result. */
  async function state(): Promise<object> {
    const { items } = await client.call('GET', '/streams?owner=me');
    return { items, renewed: Object.keys(await client.call('POST', '/token', { refresh_token: client.tokens.refresh_token })) };
  }

  it('rejects a request without a token before any handler runs', async () => {
    await expectRefused({});
  });

  it.each(Object.entries(kinds))('rejects a bad token before any handler runs: %s', async (_, make) => {
    for (const prefix of ['', 'Bearer ']) await expectRefused({ authorization: `${prefix}${make(forge)}` });
  });

  it('rejects 20 KB of headers, even with a good token', async () => {
    const long = 'x'.repeat(20_480);
    const { id_token: token, refresh_token } = client.tokens;
    const before = handlersReached(stack.data);
    const answers = [
      await send('POST', '/upload', { authorization: `${token}${long}` }, DECLARATION),
      await send('POST', '/upload', { 'authorization': token, 'x-more': long }, DECLARATION),
      await send('GET', '/streams', { authorization: token, cookie: `more=${long}` }),
      await send('POST', '/token/revoke', { 'x-more': long }, { refresh_token }),
      await send('GET', '/openapi.json', { 'x-more': long }),
    ];
    for (const answer of answers) {
      expect(Math.floor(answer.status / 100)).toBe(4);
      expect(await answer.text()).not.toContain('xxx');
    }
    expect(handlersReached(stack.data)).toEqual(before);
  });

  it('accepts a good token, and the access log shows each handler that ran', async () => {
    expect(protectedReached()).toEqual([]);
    for (const prefix of ['', 'Bearer ']) {
      for (const [method, route, body, status] of ROUTES) {
        expect((await send(method, route, { authorization: `${prefix}${forge.token()}` }, body)).status).toBe(status);
        // An invalid token is rejected, even directly after a valid token was accepted.
        await expectRefused({ authorization: `${prefix}${BAD_TOKENS.expired(forge)}` });
      }
    }
    expect(protectedReached()).toEqual(ROUTES.map(([, , , , name]) => name));
  });

  it('rejects a request with two tokens', async () => {
    const before = await state();
    const { tokens: { id_token: other } } = await Client.signIn(stack.facts, stack.facts.users[1]);
    const good = forge.token();
    for (const authorization of [[good, good], [good, other], [other, good], [good, 'garbage'], ['garbage', good], [good, ''], ['', good]]) {
      for (const [method, route, body] of ROUTES) {
        const [status, contentType, code] = await problemOf(await send(method, route, { authorization }, body));
        expect([`${status} ${code}`, contentType]).toEqual([expect.stringMatching(/^(400 invalid_request|401 not_signed_in)$/), 'application/problem+json']);
      }
    }
    expect(await state()).toEqual(before);
  });
});
