import type { Route } from './routes';

/** Response headers that pages of other origins can read, in addition to the CORS-safelisted ones. */
export const EXPOSED_HEADERS = ['etag', 'www-authenticate', 'x-amzn-requestid'];

/** Request headers that only browsers set. They are not part of a preflight. */
const SET_BY_BROWSERS = /^(cookie|origin|sec-.*)$/;

/**
 * Whether pages of other origins can call a route. They can call the signed-in routes, which require a bearer token and accept no cookie, and the OpenAPI
 * document. They cannot call the sign-in routes, which are opened by navigation or accept the refresh cookie of the service's pages.
 */
export function allowsOtherOrigins({ access, otherOrigins }: Route): boolean {
  return access === 'signed-in' || otherOrigins === true;
}

/** Returns the request headers that a preflight response has to allow. Clients may send the token with every request. */
export function allowedHeaders(routes: readonly Route[]): string[] {
  const read = routes.flatMap(({ headers = {}, body }) => [...body ? ['content-type'] : [], ...Object.keys(headers).filter((name) => !SET_BY_BROWSERS.test(name))]);
  return [...new Set(['authorization', ...read])].sort();
}

/** Returns the CORS headers of a response to a page of an origin. Pages of listed origins can read the response. Without a list there are no CORS headers. */
export function corsHeaders(appOrigins: readonly string[], origin?: string): Record<string, string> {
  if (appOrigins.length === 0) return {};
  const isListed = origin !== undefined && appOrigins.includes(origin);
  return { vary: 'Origin', ...(isListed && { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS.join(', ') }) };
}
