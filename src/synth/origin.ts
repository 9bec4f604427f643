import { Token } from 'aws-cdk-lib';

/** Why a value is no origin (RFC 6454) that can be trusted: https, or http on the same machine. */
export function originProblem(name: string, value: string): string | undefined {
  if (Token.isUnresolved(value)) return undefined;
  const expected = `${name}: expected an origin such as "https://app.example.com" (scheme and host, no path, no slash at its end), got "${value}"`;
  if (!URL.canParse(value)) return expected;
  const { origin, protocol, hostname } = new URL(value);
  if (origin !== value) return expected;
  const local = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || local ? undefined : `${name}: expected https (http is for localhost only), got "${value}"`;
}
