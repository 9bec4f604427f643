import * as path from 'path';
import { handlersReached } from './bad-tokens';
import { Caller, problemOf } from './client';
import { signInAt } from './issuer-client';
import { expectNoSignIn } from './sign-in-routes';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';

jest.setTimeout(PATIENCE_MS);

const DECLARATION = { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 };
const NOT_SIGNED_IN = [401, 'application/problem+json', 'not_signed_in'];

describe('the service with an existing user pool', () => {
  let stack: StackProcess;
  beforeAll(async () => { stack = await StackProcess.start({ app: path.join(__dirname, 'user-pool.fixture.ts') }); });
  afterAll(stopAll);

  /** Gets tokens directly from the sign-in pages of the user pool, without the routes of the service. */
  function tokensOf(client: 'Web' | 'App' | 'Foreign', username = 'ada') {
    const { users, outputs } = stack.facts;
    const user = users.find((each) => each.username === username)!;
    return signInAt(outputs.Issuer, user, { clientId: outputs[`${client}ClientId`], redirectUri: 'http://localhost/callback' });
  }
  const caller = (token: string) => new Caller(stack.facts.api, token);

  // This test checks that no handler is called. The access log records only the first call of each route, so this test must run before the tests that call the
  // handlers.
  it('rejects ID tokens of other clients and access tokens', async () => {
    const [{ id_token: foreign }, { access_token: access }] = [await tokensOf('Foreign'), await tokensOf('Web')];
    for (const token of [foreign, access]) {
      expect(await problemOf(await caller(token).fetch('GET', '/streams'))).toEqual(NOT_SIGNED_IN);
      expect(await problemOf(await caller(token).fetch('POST', '/upload', DECLARATION))).toEqual(NOT_SIGNED_IN);
    }
    expect(handlersReached(stack.data)).toEqual([]);
  });

  it('accepts ID tokens of both listed clients as the same user, and the groups decide on permissions', async () => {
    const [web, app, linus] = [await tokensOf('Web'), await tokensOf('App'), await tokensOf('App', 'linus')].map(({ id_token: token }) => caller(token));
    const { video: { videoId } } = await web.declare(1, 'by the web');
    expect((await app.call('GET', '/streams?owner=me')).items).toMatchObject([{ videoId, title: 'by the web' }]);
    expect(await problemOf(await linus.fetch('POST', '/upload', DECLARATION))).toEqual([403, 'application/problem+json', 'wrong_role']);
    expect(await linus.call('GET', '/streams?owner=me')).toMatchObject({ items: [] });
  });

  it('protects a custom route in the same way', async () => {
    const [foreign, web] = [await tokensOf('Foreign'), await tokensOf('Web')].map(({ id_token: token }) => token);
    expect(await problemOf(await caller(foreign).fetch('GET', '/mine'))).toEqual(NOT_SIGNED_IN);
    expect(await caller(web).call('GET', '/mine')).toEqual({ path: '/mine', sub: JSON.parse(Buffer.from(web.split('.')[1], 'base64url').toString()).sub });
  });

  it('has no sign-in routes', () => expectNoSignIn(stack.facts));
});
