import { readFileSync } from 'fs';
import * as path from 'path';
import { handlersReached } from './bad-tokens';
import { problemOf, type Plan, type Video } from './client';
import { expectNoSignIn } from './sign-in-routes';
import { PATIENCE_MS, StackProcess, stopAll, until } from './stack';

jest.setTimeout(PATIENCE_MS);

const app = path.join(__dirname, 'own-authorizer.fixture.ts');
const PROBLEM = 'application/problem+json';
const WRONG_ROLE = [403, PROBLEM, 'wrong_role'];
const NOT_SIGNED_IN = [401, PROBLEM, 'not_signed_in'];

describe.each([
  { type: 'TOKEN', header: 'authorization' },
  { type: 'REQUEST', header: 'x-caller' },
])('the service with a custom authorizer of type $type', ({ type, header }) => {
  let stack: StackProcess;
  beforeAll(async () => { stack = await StackProcess.start({ app, environment: { FIXTURE_TYPE: type } }); });
  afterAll(stopAll);

  /** A header of the request tells the authorizer which result to return or which error to throw. */
  function call(told: string | object | undefined, method: string, route: string): Promise<Response> {
    const said = typeof told === 'object' ? JSON.stringify(told) : told;
    const body = method === 'POST' ? JSON.stringify({ fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 }) : undefined;
    return fetch(`${stack.facts.api}${route}`, { method, headers: { 'content-type': 'application/json', ...said !== undefined && { [header]: said } }, body });
  }
  const upload = (told: object) => call(told, 'POST', '/upload');
  const own = (told: object) => call(told, 'GET', '/streams?owner=me');

  function asked(): string[] {
    return [...readFileSync(path.join(stack.data, 'functions.log'), 'utf8').matchAll(/asked for (.+)$/gm)].map(([, what]) => what);
  }

  // These tests check that the access log contains no call of a route. The log records only the first call of each route, so these tests must run before the
  // tests with accepted requests.
  it.each<[string, string | object | undefined, unknown[]]>([
    ['returns 401 without a token, and does not invoke the authorizer', undefined, NOT_SIGNED_IN],
    ['returns 401 if the authorizer throws Unauthorized', 'Unauthorized', NOT_SIGNED_IN],
    ['returns 403 if the policy denies', { principalId: 'grace', groups: '["admins"]', effect: 'Deny' }, WRONG_ROLE],
    ['returns 403 if the policy allows another resource', { principalId: 'grace', groups: '["admins"]', resource: 'arn:aws:execute-api:us-east-1:111122223333:other/*' }, WRONG_ROLE],
    ['returns 502 if the authorizer fails', 'the password of the database is wrong', [502, PROBLEM, 'upstream_failed']],
    ['returns 502 if the authorizer crashes', 'exit', [502, PROBLEM, 'upstream_failed']],
    ['returns 502 if the context is invalid', { principalId: 'grace', groups: ['admins'] }, [502, PROBLEM, 'upstream_failed']],
    ['returns 502 if the result has an unknown field', { principalId: 'grace', isAuthorized: true }, [502, PROBLEM, 'upstream_failed']],
  ])('%s', async (_, told, expected) => {
    for (const [method, route] of [['GET', '/streams'], ['POST', '/upload']]) {
      const response = await call(told, method, route);
      expect(await response.clone().text()).not.toMatch(/password|grace/);
      expect(await problemOf(response)).toEqual(expected);
    }
    expect(handlersReached(stack.data)).toEqual([]);
  });

  it('identifies the caller by principalId', async () => {
    const [grace, ada] = ['grace', 'ada|1 of "them"'].map((principalId) => ({ principalId, groups: '["uploaders"]' }));
    const { video: { videoId } } = await (await upload(grace)).json() as Plan;
    const { items } = await (await own(grace)).json() as { items: Video[] };
    expect(items.map((video) => video.videoId)).toEqual([videoId]);
    expect(await (await own(ada)).json()).toMatchObject({ items: [] });
    expect([(await upload(ada)).status, (await own(ada)).status]).toEqual([201, 200]);
    expect((await (await own(ada)).json() as { items: Video[] }).items).toHaveLength(1);
    expect(await problemOf(await own({ principalId: '' }))).toEqual(NOT_SIGNED_IN);
  });

  it.each([
    ['"uploaders" in the list', '["viewers","uploaders"]', 201], ['"admins", which no role names', '["admins"]', 403], ['others', '["viewers"]', 403], ['none', undefined, 403], ['an empty list', '[]', 403],
    ['a bare name', 'uploaders', 403], ['names with commas', 'uploaders,admins', 403], ['a broken list', '["uploaders"', 403], ['a text', '"uploaders"', 403],
    ['an object', '{"0":"uploaders","length":1}', 403], ['a list with something else', '["uploaders",1]', 403], ['null', 'null', 403], ['a number', 7, 403],
  ])('passes the caller\'s groups: %s', async (_, groups, status) => {
    const told = { principalId: 'katherine', groups };
    const answer = await upload(told);
    if (status === 201) expect(answer.status).toBe(201);
    else expect(await problemOf(answer)).toEqual(WRONG_ROLE);
    expect((await own(told)).status).toBe(200);
  });

  it('caches the policy for all routes, so a policy for one route rejects the other routes', async () => {
    const before = asked().length;
    const everywhere = { principalId: 'linus', groups: '["uploaders"]' };
    const here = { ...everywhere, resource: 'asked' };
    expect([(await own(everywhere)).status, (await upload(everywhere)).status]).toEqual([200, 201]);
    expect((await own(here)).status).toBe(200);
    expect(await problemOf(await upload(here))).toEqual(WRONG_ROLE);
    await call('Unauthorized', 'POST', '/upload');
    await until('the log contains the last invocation', () => asked().at(-1) === 'POST/upload');
    expect(asked().slice(before)).toEqual(['GET/streams', 'GET/streams', 'POST/upload']);
  });

  it('has no sign-in routes', () => expectNoSignIn(stack.facts));
});
