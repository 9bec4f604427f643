import type { Route } from './routes';

/** Response headers that pages of other origins can read, in addition to the CORS-safelisted headers. */
export const EXPOSED_HEADERS = ['etag', 'www-authenticate', 'x-amzn-requestid'];

/** Request headers that only browsers can set, so preflight requests do not list them. */
const SET_BY_BROWSERS = /^(cookie|origin|sec-.*)$/;

/**
 * Whether pages of other origins can call a route.
 *
 * Pages of other origins can call the routes for signed-in users, because these routes accept a bearer token and no cookie. These pages cannot call the routes
 * for sign-in, because these routes are opened by navigation or accept the refresh cookie.
 */
export function allowsOtherOrigins({ access, otherOrigins }: Route): boolean {
  return access === 'signed-in' || otherOrigins === true;
}

/** Returns the request headers that a preflight response allows. Clients may send the token (`authorization`) to every route. */
export function allowedHeaders(routes: readonly Route[]): string[] {
  const read = routes.flatMap(({ headers = {}, body }) => [...body ? ['content-type'] : [], ...Object.keys(headers).filter((name) => !SET_BY_BROWSERS.test(name))]);
  return [...new Set(['authorization', ...read])].sort();
}

/** Returns CORS headers for a response. If `origin` is in `appOrigins`, these headers allow a web page of this origin to read the response. */
export function corsHeaders(appOrigins: readonly string[], origin?: string): Record<string, string> {
  if (appOrigins.length === 0) return {};
  const isListed = origin !== undefined && appOrigins.includes(origin);
  return { vary: 'Origin', ...(isListed && { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS.join(', ') }) };
}
