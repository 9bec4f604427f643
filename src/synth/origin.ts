import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkTokens } from './check-tokens';
import { listProblems, repetitionProblem, show } from './prop-checks';

/** Hosts that browsers treat as secure without HTTPS. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Host names and IP addresses. Other characters are rejected. A quote in a host, for example, would break mapping templates of API Gateway. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])$/;

/** The host is in lower case and in Punycode, without a trailing dot. Returns undefined if the URL has no host. */
export function normalHost(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.+$/, '') || undefined : undefined;
}

/** Returns the origin (RFC 6454) with the normalized host. The origin contains a port only if this port is not the default port of the scheme. */
export function normalOrigin(url: string): string | undefined {
  const host = normalHost(url);
  if (host === undefined || new URL(url).origin === 'null') return undefined;
  const { protocol, port } = new URL(url);
  return `${protocol}//${host}${port && `:${port}`}`;
}

/**
 * The value must have the form that browsers use in the `Origin` header (RFC 6454). Wildcards are rejected, because a wildcard may match hosts of other owners.
 */
export function originProblem(name: string, value: unknown): string | undefined {
  const expected = `${name}: expected an origin such as "https://app.example.com" (scheme and host, no path, no trailing slash), got ${show(value)}`;
  if (typeof value !== 'string') return expected;
  if (Token.isUnresolved(value)) return value.endsWith('/') ? `${name}: expected an origin without a trailing slash, got an origin with a trailing slash` : undefined;
  const [origin, host] = [normalOrigin(value), normalHost(value)];
  if (origin === undefined || host === undefined || !/^https?:/.test(origin) || !HOST.test(host)) return expected;
  if (origin.startsWith('http:') && !LOCAL_HOSTS.includes(host)) return `${name}: expected https (http is for localhost only), got ${show(value)}`;
  return origin === value ? undefined : `${expected}; did you mean "${origin}"?`;
}

/** The origins are checked again at the end of synth, when lazy values are known. */
export function checkAppOrigins(scope: IConstruct, appOrigins: readonly string[] | undefined): void {
  checkTokens(scope, { appOrigins }, (props) => appOriginsProblems(props.appOrigins));
}

export function appOriginsProblems(appOrigins: unknown): (string | undefined)[] {
  return [...listProblems('appOrigins', appOrigins, originProblem, { min: 0 }), repetitionProblem('appOrigins', appOrigins, 'origin')];
}
