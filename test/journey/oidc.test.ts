import { readFileSync } from 'fs';
import * as path from 'path';
import { BAD_TOKENS, Forge, handlersReached, readToken } from './bad-tokens';
import { Caller, problemOf } from './client';
import { signInAt } from './issuer-client';
import { expectNoSignIn } from './sign-in-routes';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

const app = path.join(__dirname, 'oidc.fixture.ts');
const NOT_SIGNED_IN = [401, 'application/problem+json', 'not_signed_in'];
const WRONG_ROLE = [403, 'application/problem+json', 'wrong_role'];
const DECLARATION = { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 };

/**
 * The reason that the authorizer logs for each bad token. Bad tokens that are missing here do not have the form of a JWT. API Gateway rejects them before it
 * calls the authorizer.
 */
const REASONS: Readonly<Record<string, string>> = {
  'expired': 'expired',
  'not yet valid': 'not yet valid',
  'without an expiry': 'no expiry',
  'of another issuer': 'issuer',
  'of an issuer with the right prefix': 'issuer',
  'without an issuer': 'issuer',
  'for another audience': 'audience',
  'for an audience with the right prefix': 'audience',
  'without an audience': 'audience',
  'of another pool': 'issuer',
  'signed with another key': 'signature',
  'with an unknown key id': 'unknown key',
  'signed with a key in its header': 'signature',
  'with the signature of other claims': 'signature',
  'with alg None and a signature': 'algorithm',
  'signed by HMAC with the public key': 'algorithm',
  'garbage in three parts': 'issuer',
  'of the wrong kind': 'use',
};

function reasonsOf({ data }: StackProcess): string[] {
  const log = readFileSync(path.join(data, 'functions.log'), 'utf8');
  return [...log.matchAll(/^\S*AuthorizeToken\S* .*'token refused', reason: '(.+)'/gm)].map(([, reason]) => reason);
}

describe('the service with an OIDC issuer', () => {
  /** A stack whose tokens expire after 1 second and whose authorizer results are cached for 2 seconds. */
  let brief: StackProcess;
  let ending: Caller;
  let taken: number;
  let clip: Buffer<ArrayBuffer>;

  beforeAll(async () => {
    brief = await StackProcess.start({ app, divideLifetimes: 3600, environment: { FIXTURE_TTL: '2' } });
    ending = new Caller(brief.facts.api, await briefToken());
    taken = (await ending.fetch('GET', '/streams')).status;
    clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 2, '320x180'));
  });
  afterAll(stopAll);

  async function briefToken(): Promise<string> {
    return (await signInAt(brief.facts.issuer!, brief.facts.users[0])).id_token;
  }

  describe.each([
    { kind: 'access_token', other: 'id_token', FIXTURE_TOKEN: 'ACCESS_TOKEN' },
    { kind: 'id_token', other: 'access_token', FIXTURE_TOKEN: 'ID_TOKEN' },
  ] as const)('with an $kind', ({ kind, other, FIXTURE_TOKEN }) => {
    let stack: StackProcess;
    beforeAll(async () => { stack = await StackProcess.start({ app, environment: { FIXTURE_TOKEN } }); });
    afterAll(() => stack.stop());

    async function tokenOf(username = 'ada', which: typeof kind | typeof other = kind): Promise<string> {
      const { issuer, users } = stack.facts;
      return (await signInAt(issuer!, users.find((user) => user.username === username)!))[which];
    }
    const caller = (token: string) => new Caller(stack.facts.api, token);
    const callerOf = async (username?: string) => caller(await tokenOf(username));

    // The tests of bad tokens check that the access log contains no call of a route. The log records only the first call of each route, so these tests must run
    // before the tests of good tokens.
    it.each([...Object.keys(BAD_TOKENS), 'of the wrong kind'])('rejects a bad token with the right reason: %s', async (name) => {
      const forge = new Forge(path.join(stack.data, 'identity'), await tokenOf());
      const bad = name in BAD_TOKENS ? BAD_TOKENS[name](forge) : await tokenOf('ada', other);
      const before = reasonsOf(stack).length;
      for (const token of [bad, `Bearer ${bad}`]) {
        expect(await problemOf(await caller(token).fetch('GET', '/streams'))).toEqual(NOT_SIGNED_IN);
        expect(await problemOf(await caller(token).fetch('POST', '/upload', DECLARATION))).toEqual(NOT_SIGNED_IN);
      }
      await caller(BAD_TOKENS.expired(forge)).fetch('GET', '/streams');
      const expected = [...name in REASONS ? Array(4).fill(REASONS[name]) : [], 'expired'];
      await until('the log contains the last reason', () => reasonsOf(stack).length >= before + expected.length);
      expect(reasonsOf(stack).slice(before)).toEqual(expected);
      expect(handlersReached(stack.data)).toEqual([]);
    });

    it('accepts a good token, and the groups in the token decide on permissions', async () => {
      const [grace, katherine, linus, ada] = await Promise.all(['grace', 'katherine', 'linus', 'ada'].map(callerOf));
      expect(await problemOf(await linus.fetch('POST', '/upload', DECLARATION))).toEqual(WRONG_ROLE);
      const videoId = await grace.upload(clip, 'from elsewhere');
      expect(await grace.settled(videoId)).toMatchObject({ status: 'ready', title: 'from elsewhere' });
      const listed = async (who: Caller, route: string) => (await who.call('GET', route)).items.map((video: { videoId: string }) => video.videoId);
      expect(await listed(grace, '/streams?owner=me')).toEqual([videoId]);
      expect(await listed(katherine, '/streams')).toEqual([videoId]);
      expect(await listed(katherine, '/streams?owner=me')).toEqual([]);
      for (const who of [grace, katherine, ada]) expect(await who.play(videoId)).toBeGreaterThan(0);
      for (const who of [grace, linus]) expect(await problemOf(await who.fetch('GET', '/streams'))).toEqual(WRONG_ROLE);
      expect(await problemOf(await linus.fetch('POST', `/streams/${videoId}/playback`))).toEqual(WRONG_ROLE);
    });

    it('writes no token to a log', () => {
      const logs = ['functions.log', 'access.jsonl'].map((name) => readFileSync(path.join(stack.data, name), 'utf8'));
      expect([...logs, stack.output].join('\n').match(/eyJ[\w-]*\.?/g)).toBeNull();
      expect(stack.output).toContain(`accepts tokens from ${stack.facts.issuer}`);
    });

    it('has no sign-in routes', () => expectNoSignIn(stack.facts));

    it('accepts a token on every route while API Gateway caches the result, and rejects it afterwards if its key was removed', async () => {
      const [known, unknown] = [await callerOf(), await callerOf()];
      expect((await known.fetch('GET', '/streams')).status).toBe(200);
      expect((await fetch(`${stack.facts.issuer}/rotate-keys`, { method: 'POST' })).status).toBe(204);
      const next = await callerOf();
      // The authorizer searches for an unknown key at most once in 10 seconds, so the new key can be rejected at first.
      await until('the new key is accepted', async () => (await next.fetch('GET', '/streams')).status === 200);

      // A new process of the authorizer fetches the keys, as a new container on Lambda does. A running process fetches them again only after one hour.
      const handlers = () => stack.processes().filter(({ command }) => command.includes('run-loop'));
      const ended = handlers().map(({ pid }) => pid);
      for (const pid of ended) process.kill(pid, 'SIGKILL');
      await until('the processes have ended', () => !handlers().some(({ pid }) => ended.includes(pid)));
      await until('a token of the removed key is rejected', async () => (await unknown.fetch('GET', '/streams')).status === 401);
      const { video: { videoId } } = await known.declare(1, 'by the cached result');
      expect(await known.find(videoId)).toMatchObject({ status: 'waiting' });
      expect((await known.fetch('POST', `/streams/${videoId}/playback`)).status).toBe(409);
      expect((await known.fetch('GET', '/streams?owner=me')).status).toBe(200);
      expect((await next.fetch('GET', `/streams/${videoId}`)).status).toBe(200);
      expect(await problemOf(await unknown.fetch('GET', `/streams/${videoId}`))).toEqual(NOT_SIGNED_IN);
    });
  });

  it('returns 502 while the issuer is unreachable', async () => {
    const stack = await StackProcess.start({ app, environment: { FIXTURE_ISSUER: 'http://127.0.0.1:1025' } });
    const other = await briefToken();
    const token = new Forge(path.join(brief.data, 'identity'), other).token({ claims: { iss: 'http://127.0.0.1:1025' } });
    const caller = new Caller(stack.facts.api, token);
    for (const route of ['/streams', '/streams?owner=me']) {
      expect(await problemOf(await caller.fetch('GET', route))).toEqual([502, 'application/problem+json', 'upstream_failed']);
    }
    // The authorizer rejects a token of an untrusted issuer without a key, so the failure of the trusted issuer does not matter.
    expect(await problemOf(await new Caller(stack.facts.api, other).fetch('GET', '/streams'))).toEqual(NOT_SIGNED_IN);
    expect(handlersReached(stack.data)).toEqual([]);
    await until('the log contains a reason', () => reasonsOf(stack).length > 0);
    const log = readFileSync(path.join(stack.data, 'functions.log'), 'utf8');
    expect([log.match(/'issuer failed', reason: '.+'/g), log.includes(token.split('.')[1])]).toEqual([Array(2).fill("'issuer failed', reason: 'discovery: TypeError'"), false]);
  });

  it('rejects a token after its lifetime, the allowed clock skew and the cache time of API Gateway', async () => {
    const [, { iat, exp }] = readToken(await briefToken()) as [object, Record<string, number>];
    expect([taken, exp - iat]).toEqual([200, 1]);
    await until('the token is rejected', async () => (await ending.fetch('GET', '/streams')).status === 401);
    expect(await problemOf(await ending.fetch('GET', '/streams'))).toEqual(NOT_SIGNED_IN);
    expect((await new Caller(brief.facts.api, await briefToken()).fetch('GET', '/streams')).status).toBe(200);
  });
});
