import { createHash } from 'crypto';
import { mkdtempSync } from 'fs';
import { get } from 'http';
import { tmpdir } from 'os';
import { join } from 'path';
import { decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import { startOtherIssuer } from '../../../../local/issuers/other/other';
import { sampleUsers } from '../../../../local/issuers/users';
import { freePorts } from '../../../../local/listen';
import { Browser, keep, stopAll } from '../cognito/fixture';

afterEach(async () => {
  jest.restoreAllMocks();
  await stopAll();
});

const api = 'https://videos.example.com/api';
const callback = 'http://localhost/callback';
const proof = 'a-verifier-of-the-least-length-that-is-allowed-43';

async function started({ dataFolder = mkdtempSync(join(tmpdir(), 'vod-local-')), divideLifetimes, here }: { dataFolder?: string; divideLifetimes?: number; here?: (audience: string) => string } = {}) {
  const [port] = await freePorts([0]);
  const identity = keep(await startOtherIssuer({ dataFolder, port, divideLifetimes, here }));
  return { ...identity, dataFolder, browser: new Browser(identity.issuer) };
}
type Issuer = Pick<Awaited<ReturnType<typeof started>>, 'issuer' | 'browser'>;

const authorize = (changes: Record<string, string | undefined> = {}) => {
  const parameters = {
    client_id: 'web', response_type: 'code', redirect_uri: callback, scope: 'openid email', state: 's1', nonce: 'n1',
    code_challenge: createHash('sha256').update(proof).digest('base64url'), code_challenge_method: 'S256', ...changes,
  };
  return `/auth?${new URLSearchParams(JSON.parse(JSON.stringify(parameters)))}`;
};

async function signIn({ browser }: Issuer, username = 'ada', changes = {}): Promise<string> {
  const { password } = sampleUsers.find((user) => user.username === username)!;
  const done = await browser.submit(await browser.follow(await browser.fetch(authorize(changes))), username, password);
  return done.headers.get('location')!;
}

async function exchange({ issuer }: Issuer, location: string, changes = {}) {
  const fields = { grant_type: 'authorization_code', client_id: 'web', redirect_uri: callback, code_verifier: proof, code: new URL(location).searchParams.get('code') };
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ ...fields, ...changes } as Record<string, string>) });
  return { status: response.status, body: await response.json() as Record<string, any> };
}

async function verified(issuer: string, token: string, audience: string) {
  const { createRemoteJWKSet, jwtVerify } = await import('jose');
  const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json() as Record<string, string>;
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(discovery.jwks_uri)), { issuer: discovery.issuer, audience });
  return { ...payload, typ: protectedHeader.typ } as Record<string, any>;
}

const keyOf = (token: string) => decomposeUnverifiedJwt(token).header.kid;

describe('the other issuer', () => {
  test('uses the template\'s audience, which can contain the service\'s domain name', async () => {
    const there = 'http://videos.example.com.localhost:8001/api';
    const identity = await started({ here: (audience) => audience.replace(api, there) });
    const { body } = await exchange(identity, await signIn(identity, 'ada', { resource: api }));
    expect((await verified(identity.issuer, body.access_token, there)).aud).toBe(there);
  });

  test('publishes its metadata and only the public key', async () => {
    const { issuer } = await started();
    const discovery = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json() as Record<string, any>;
    expect(discovery).toMatchObject({
      issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`, code_challenge_methods_supported: ['S256'],
    });
    const { keys } = await (await fetch(discovery.jwks_uri)).json() as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
  });

  test('signs users in with PKCE, and returns an id token and an access token', async () => {
    const identity = await started();
    const location = await signIn(identity, 'katherine');
    expect(location).toMatch(/^http:\/\/localhost\/callback\?code=/);
    const { status, body } = await exchange(identity, location);
    expect([status, Object.keys(body).sort()]).toEqual([200, ['access_token', 'expires_in', 'id_token', 'scope', 'token_type']]);
    const id = await verified(identity.issuer, body.id_token, 'web');
    expect(id).toMatchObject({ aud: 'web', groups: ['uploaders', 'viewers'], email: 'katherine@example.com', nonce: 'n1', sub: expect.stringMatching(/^sample\|[0-9a-f]{24}$/) });
    const access = await verified(identity.issuer, body.access_token, api);
    expect(access).toMatchObject({ typ: 'at+jwt', aud: api, client_id: 'web', scope: 'openid email', groups: ['uploaders', 'viewers'], sub: id.sub });
    for (const { exp, iat, nbf } of [id, access]) expect([exp - iat, nbf]).toEqual([3600, undefined]);
    expect(id).not.toHaveProperty('preferred_username');
  });

  test('has an empty groups list for a user without a group', async () => {
    const identity = await started();
    const { body } = await exchange(identity, await signIn(identity, 'linus', { scope: 'openid profile' }));
    expect(await verified(identity.issuer, body.id_token, 'web')).toMatchObject({ groups: [], preferred_username: 'linus' });
    expect(await verified(identity.issuer, body.access_token, api)).toMatchObject({ groups: [] });
  });

  test('rejects other redirect URIs, other resources, a missing PKCE challenge and a wrong verifier', async () => {
    const identity = await started();
    const refused = async (changes: object) => {
      const response = await identity.browser.fetch(authorize({ ...changes }));
      return [response.status, response.headers.get('location')];
    };
    for (const redirect_uri of ['http://localhost:8080/callback', 'http://localhost/callback/', 'https://evil.example/callback']) {
      expect(await refused({ redirect_uri })).toEqual([400, null]);
    }
    expect(await refused({ client_id: 'other' })).toEqual([400, null]);
    expect(await refused({ resource: 'https://evil.example/api' })).toEqual([303, expect.stringContaining(`${callback}?error=invalid_target`)]);
    expect(await refused({ code_challenge: undefined, code_challenge_method: undefined })).toEqual([303, expect.stringContaining(`${callback}?error=invalid_request`)]);
    expect(await exchange(identity, await signIn(identity), { code_verifier: `${proof}x` })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('signs with a new key after rotation and removes the old key; a sign-in in progress continues', async () => {
    const identity = await started();
    const { body: before } = await exchange(identity, await signIn(identity));
    const other = new Browser(identity.issuer);
    const form = await other.follow(await other.fetch(authorize()));
    expect((await fetch(`${identity.issuer}/rotate-keys`)).status).toBe(404);
    expect((await fetch(`${identity.issuer}/rotate-keys`, { method: 'POST' })).status).toBe(204);
    await expect(verified(identity.issuer, before.id_token, 'web')).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    const done = await other.submit(form, 'ada', sampleUsers[0].password);
    const { body: after } = await exchange(identity, done.headers.get('location')!);
    expect(keyOf(after.id_token)).not.toBe(keyOf(before.id_token));
    const { sub } = await verified(identity.issuer, after.id_token, 'web');
    expect((await verified(identity.issuer, after.access_token, api)).sub).toBe(sub);

    await stopAll();
    const again = await started({ dataFolder: identity.dataFolder });
    const { body: later } = await exchange(again, await signIn(again));
    expect(keyOf(later.id_token)).toBe(keyOf(after.id_token));
    expect((await verified(again.issuer, later.id_token, 'web')).sub).toBe(sub);
  });

  test('divides its lifetimes', async () => {
    const identity = await started({ divideLifetimes: 600 });
    const { body } = await exchange(identity, await signIn(identity));
    const [id, access] = [await verified(identity.issuer, body.id_token, 'web'), await verified(identity.issuer, body.access_token, api)];
    expect([body.expires_in, id.exp - id.iat, access.exp - access.iat]).toEqual([6, 6, 6]);
  });

  test('sets cookies with distinct names, and writes nothing to the console', async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level).mockImplementation());
    const identity = await started();
    await exchange(identity, await signIn(identity));
    expect([...identity.browser.cookies.keys()].filter((name) => !name.startsWith('identity'))).toEqual([]);
    expect(identity.browser.cookies.size).toBeGreaterThan(0);
    spies.forEach((spy) => expect(spy).not.toHaveBeenCalled());
  });
});

test.each(['evil.example', 'localhost:1', '127.0.0.1', '127.0.0.1:80@evil.example', ''])('the host %p is rejected and not echoed', async (host) => {
  const { issuer } = await started();
  const text = await new Promise<string>((resolve, reject) => {
    get(`${issuer}/.well-known/openid-configuration`, { setHost: false, headers: { host, 'x-forwarded-host': 'evil.example' } }, (response) => {
      let body = `${response.statusCode} `;
      response.on('data', (chunk) => body += chunk).on('end', () => resolve(body));
    }).on('error', reject);
  });
  expect(text).toMatch(/^400 /);
  expect(text).not.toContain('evil.example');
});
