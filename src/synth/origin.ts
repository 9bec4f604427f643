import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkTokens } from './check-tokens';
import { listProblems, repetitionProblem, show } from './prop-checks';

/** Hosts that a browser trusts without https. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Names and addresses. URLs may hold more, such as quotes, which templates of API Gateway can't. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])$/;

/** The host of an address as it is compared: lower case, Punycode, without the dot of a DNS root. Undefined for what is no address with a host. */
export function normalHost(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).hostname.replace(/\.+$/, '') || undefined : undefined;
}

/** The origin (RFC 6454) of an address as it is compared: with the normal host, and without a default port. */
export function normalOrigin(address: string): string | undefined {
  const host = normalHost(address);
  if (host === undefined || new URL(address).origin === 'null') return undefined;
  const { protocol, port } = new URL(address);
  return `${protocol}//${host}${port && `:${port}`}`;
}

/**
 * The one check of origins (RFC 6454): https, or http on the same machine, as a browser's `Origin` header has it. So lower case, Punycode, no
 * default port, and nothing after the port. No wildcard, since others may own hosts that it covers.
 */
export function originProblem(name: string, value: unknown): string | undefined {
  const expected = `${name}: expected an origin such as "https://app.example.com" (scheme and host, no path, no slash at its end), got ${show(value)}`;
  if (typeof value !== 'string') return expected;
  if (Token.isUnresolved(value)) return value.endsWith('/') ? `${name}: expected an origin, got one with a slash at its end` : undefined;
  const [origin, host] = [normalOrigin(value), normalHost(value)];
  if (origin === undefined || host === undefined || !/^https?:/.test(origin) || !HOST.test(host)) return expected;
  if (origin.startsWith('http:') && !LOCAL_HOSTS.includes(host)) return `${name}: expected https (http is for localhost only), got ${show(value)}`;
  return origin === value ? undefined : `${expected}; did you mean "${origin}"?`;
}

/** Checks `appOrigins` once more when the app is complete: lazy ones are known then. */
export function checkAppOrigins(scope: IConstruct, appOrigins: readonly string[] | undefined): void {
  checkTokens(scope, { appOrigins }, (props) => appOriginsProblems(props.appOrigins));
}

/** The one check of `appOrigins`. */
export function appOriginsProblems(appOrigins: unknown): (string | undefined)[] {
  return [...listProblems('appOrigins', appOrigins, originProblem, { min: 0 }), repetitionProblem('appOrigins', appOrigins, 'origin')];
}
