import { Token } from 'aws-cdk-lib';
import { normalHost } from './origin';
import { show } from './prop-checks';

export function domainNameProblem(name: string, value: unknown): string | undefined {
  if ((typeof value === 'string' && Token.isUnresolved(value)) || isDomainName(value)) return undefined;
  if (String(value).includes('*')) return `${name}: expected a domain name without a wildcard, got ${show(value)}. The service has only one URL`;
  const meant = normalHost(String(value).includes('://') ? String(value) : `https://${value}`);
  return `${name}: expected a domain name in lower case, such as "videos.example.com", got ${show(value)}${isDomainName(meant) ? `; did you mean "${meant}"?` : ''}`;
}

/** IP addresses and names whose last label is a number are rejected. */
function isDomainName(value: unknown): value is string {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return typeof value === 'string' && value.length <= 253 && new RegExp(`^(?:${label}\\.)+(?![0-9]+$)${label}$`).test(value);
}
