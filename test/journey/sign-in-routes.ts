import { problemOf } from './client';
import type { StackFacts } from '../../local/stack';

const SIGN_IN_ROUTES = [['GET', '/login'], ['GET', '/authorize'], ['POST', '/token'], ['POST', '/token/revoke']];

export async function expectNoSignIn({ api }: StackFacts): Promise<void> {
  for (const [method, route] of SIGN_IN_ROUTES) {
    const answer = await fetch(`${api}${route}`, { method, redirect: 'manual' });
    expect([route, ...await problemOf(answer)]).toEqual([route, 404, 'application/problem+json', 'not_found']);
  }
  const { paths } = await (await fetch(`${api}/openapi.json`)).json() as { paths: object };
  expect(Object.keys(paths).sort()).toEqual([
    '/openapi.json', '/streams', '/streams/{videoId}', '/streams/{videoId}/playback', '/streams/{videoId}/retry',
    '/upload', '/upload/{videoId}', '/upload/{videoId}/complete', '/upload/{videoId}/parts',
  ]);
}
