import { Token } from 'aws-cdk-lib';
import { show } from './prop-checks';

/** Hosts that a browser trusts without https. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Names and addresses. URLs may hold more, such as quotes, which templates of API Gateway can't. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])$/;

/**
 * The one check of origins (RFC 6454): https, or http on the same machine, as a browser's `Origin` header has it. So lower case, Punycode, no
 * default port, and nothing after the port. No wildcard, since others may own hosts that it covers.
 */
export function originProblem(name: string, value: unknown): string | undefined {
  const expected = `${name}: expected an origin such as "https://app.example.com" (scheme and host, no path, no slash at its end), got ${show(value)}`;
  if (typeof value !== 'string') return expected;
  if (Token.isUnresolved(value)) return value.endsWith('/') ? `${name}: expected an origin, got one with a slash at its end` : undefined;
  if (!URL.canParse(value)) return expected;
  const { origin, protocol, hostname } = new URL(value);
  if (!['https:', 'http:'].includes(protocol) || !HOST.test(hostname)) return expected;
  if (protocol === 'http:' && !LOCAL_HOSTS.includes(hostname)) return `${name}: expected https (http is for localhost only), got ${show(value)}`;
  return origin === value ? undefined : `${expected}; did you mean "${origin}"?`;
}
