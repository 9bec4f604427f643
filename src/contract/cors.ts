import type { Route } from './routes';

/** Response headers that a page of another origin may read, besides those that CORS lets it read anyway. */
export const EXPOSED_HEADERS = ['etag', 'www-authenticate', 'x-amzn-requestid'];

/** Request headers that only a browser sets: CORS does not ask about them. */
const BROWSERS_OWN = /^(cookie|origin|sec-.*)$/;

/**
 * Whether pages of other origins may call a route: those of signed-in users, which take a bearer token and no cookie, and the OpenAPI document. Not
 * the sign-in routes: they are opened by navigation, or take the refresh cookie of the service's own pages.
 */
export function allowsOtherOrigins({ access, otherOrigins }: Route): boolean {
  return access === 'signed-in' || otherOrigins === true;
}

/** The headers of requests to these routes that a preflight has to allow. A client may send its token with every request. */
export function allowedHeaders(routes: readonly Route[]): string[] {
  const read = routes.flatMap(({ headers = {}, body }) => [...body ? ['content-type'] : [], ...Object.keys(headers).filter((name) => !BROWSERS_OWN.test(name))]);
  return [...new Set(['authorization', ...read])].sort();
}

/** CORS headers of an answer to a page of this origin: it may read the answer if the list has its origin. Without a list there is no CORS. */
export function corsHeaders(appOrigins: readonly string[], origin?: string): Record<string, string> {
  if (appOrigins.length === 0) return {};
  const isListed = origin !== undefined && appOrigins.includes(origin);
  return { vary: 'Origin', ...(isListed && { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS.join(', ') }) };
}
