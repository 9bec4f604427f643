import { Token } from 'aws-cdk-lib';
import { normalHost } from './origin';
import { show } from './prop-checks';

/** Checks that a value is a domain name of at least two labels, in lower case, without a wildcard. */
export function domainNameProblem(name: string, value: unknown): string | undefined {
  if ((typeof value === 'string' && Token.isUnresolved(value)) || isDomainName(value)) return undefined;
  if (String(value).includes('*')) return `${name}: expected a domain name without a wildcard, got ${show(value)}. The service has only one URL`;
  const meant = normalHost(String(value).includes('://') ? String(value) : `https://${value}`);
  return `${name}: expected a domain name in lower case, such as "videos.example.com", got ${show(value)}${isDomainName(meant) ? `; did you mean "${meant}"?` : ''}`;
}

/** Whether a value is a domain name. IP addresses are rejected. A name whose last label is a number is also rejected. */
function isDomainName(value: unknown): value is string {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return typeof value === 'string' && value.length <= 253 && new RegExp(`^(?:${label}\\.)+(?![0-9]+$)${label}$`).test(value);
}
