import { apiEvent } from './api-event';
import { serveRoutes } from '../../src/runtime/http';
import { HttpProblem } from '../../src/runtime/http-problem';

const LISTED = ['https://app.example.com', 'https://other.example.net'];
const READABLE = { 'vary': 'Origin', 'access-control-expose-headers': 'etag, www-authenticate, x-amzn-requestid' };

const broken = async () => { throw new Error('broken'); };

/** Returns handlers whose environment contains these allowed origins. */
function handlers(appOrigins?: string[]) {
  process.env.APP_ORIGINS = JSON.stringify(appOrigins);
  if (!appOrigins) delete process.env.APP_ORIGINS;
  return {
    describe: serveRoutes('api/describe-api', { describeApi: async () => ({ body: {}, headers: { 'cache-control': 'public, max-age=300' } }) }),
    plan: serveRoutes('upload/manage-uploads', { planUpload: broken, getUpload: broken, signParts: broken, completeUpload: broken, abortUpload: broken }),
    signIn: serveRoutes('auth/sign-in', {
      login: async () => ({ headers: { location: '/' }, cookies: [] }),
      authorize: async () => { throw new HttpProblem('sign_in_failed', 'no'); },
      refreshTokens: async () => { throw new HttpProblem('cross_site', 'no'); },
      revokeTokens: async () => ({ body: { logoutUrl: 'https://videos.example.com' } }),
    }),
  };
}

const corsOf = ({ headers = {} }: { headers?: Record<string, unknown> }) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name === 'vary' || name.startsWith('access-control-')));

afterAll(() => { delete process.env.APP_ORIGINS; });

test.each([
  ['the first of the list', { origin: LISTED[0] }, { ...READABLE, 'access-control-allow-origin': LISTED[0] }],
  ['another of the list, its header in another case', { Origin: LISTED[1] }, { ...READABLE, 'access-control-allow-origin': LISTED[1] }],
  ['none of the list', { origin: 'https://evil.example' }, { vary: 'Origin' }],
  ['what ends like one of the list', { origin: 'https://evil-app.example.com' }, { vary: 'Origin' }],
  ['a sandboxed page', { origin: 'null' }, { vary: 'Origin' }],
  ['no page', {}, { vary: 'Origin' }],
])('the CORS headers of a response to %s', async (_, headers, expected) => {
  const { describe } = handlers(LISTED);
  const { statusCode, headers: sent } = await describe(apiEvent('GET', '/openapi.json', { headers }));
  expect([statusCode, corsOf({ headers: sent })]).toEqual([200, expected]);
});

test('errors have CORS headers too, whether the request or the handler caused them', async () => {
  const log = jest.spyOn(console, 'error').mockImplementation();
  const { plan } = handlers(LISTED);
  const headers = { origin: LISTED[0] };
  const body = { fileName: 'a.mp4', contentType: 'video/mp4', size: 1 };
  for (const [status, given] of [[401, { headers, body }], [400, { headers, userId: 'u', body: {} }], [500, { headers, userId: 'u', body }]] as const) {
    const answer = await plan(apiEvent('POST', '/upload', given));
    expect([answer.statusCode, corsOf(answer)]).toEqual([status, { ...READABLE, 'access-control-allow-origin': LISTED[0] }]);
  }
  log.mockRestore();
});

test('sign-in routes have no CORS headers, even if their function has APP_ORIGINS', async () => {
  const { signIn } = handlers(LISTED);
  for (const [method, path] of [['GET', '/login'], ['GET', '/authorize'], ['POST', '/token'], ['POST', '/token/revoke'], ['GET', '/nowhere']]) {
    expect(corsOf(await signIn(apiEvent(method, path, { headers: { origin: LISTED[0] } })))).toEqual({});
  }
});

test.each([[undefined], [[]]])('without origins (%j) responses have no CORS headers', async (appOrigins) => {
  const { describe } = handlers(appOrigins);
  expect(corsOf(await describe(apiEvent('GET', '/openapi.json', { headers: { origin: LISTED[0] } })))).toEqual({});
});
