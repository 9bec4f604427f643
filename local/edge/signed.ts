import { createPublicKey, createVerify } from 'crypto';
import { BlockList, isIPv6 } from 'net';
import { wildcard } from './distribution';

/** A refusal in CloudFront's words. */
export type Refusal = readonly [code: string, message: string];
const denied: Refusal = ['AccessDenied', 'Access denied'];
const parameters = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

/** Takes the signature's own parameters out of a query string, the rest as it came. */
export function withoutSignature(query: string): string {
  return query.split('&').filter((pair) => !parameters.includes(pair.split('=')[0])).join('&');
}

const unescapeBase64 = (text: string): Buffer =>
  Buffer.from(text.replace(/-/g, '+').replace(/_/g, '=').replace(/~/g, '/'), 'base64');

function allows(policy: string, url: string, ip: string): boolean {
  const { Statement: [statement, ...more] } = JSON.parse(policy);
  const { DateLessThan: before, DateGreaterThan: after, IpAddress: from } = statement.Condition;
  const now = Date.now() / 1000;
  if (more.length || !wildcard(statement.Resource ?? '*')(url)) return false;
  if (!(now < before['AWS:EpochTime']) || (after && !(now > after['AWS:EpochTime']))) return false;
  if (!from) return true;
  const [network, bits = '32'] = from['AWS:SourceIp'].split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/**
 * Verifies a signed address or signed cookies as CloudFront does.
 * @param url the address asked for, with its query string
 * @param pemOf the public key behind a key pair id, if the behaviour trusts it
 * @returns nothing when the request may pass
 */
export function checkSignature(url: string, cookies: Record<string, string>, ip: string, pemOf: (id: string) => string | undefined): Refusal | undefined {
  const [base, query = ''] = url.split('?', 2);
  const search = new URLSearchParams(query);
  // A signed address decides alone, even beside cookies.
  const signedUrl = parameters.slice(0, 4).some((name) => search.has(name));
  const given = (name: string) => signedUrl ? search.get(name) : cookies[`CloudFront-${name}`];
  const keyPairId = given('Key-Pair-Id');
  if (!keyPairId) return ['MissingKey', 'Missing Key-Pair-Id query parameter or cookie value'];
  const pem = pemOf(keyPairId);
  if (!pem) return ['InvalidKey', 'Unknown Key'];
  const signature = given('Signature');
  const expires = given('Expires');
  const encoded = given('Policy');
  if (!signature || !(encoded || expires)) return denied;

  const rest = withoutSignature(query);
  const resource = rest ? `${base}?${rest}` : base;
  const canned = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  const policy = encoded ? unescapeBase64(encoded).toString() : canned;
  const key = createPublicKey(pem);
  const hash = given('Hash-Algorithm') ?? 'SHA1';
  // Elliptic keys sign with SHA-256 only, and nobody signs with anything but these two.
  if (hash !== 'SHA256' && (hash !== 'SHA1' || key.asymmetricKeyType !== 'rsa')) return denied;
  try {
    if (!createVerify(hash).update(policy).verify(key, unescapeBase64(signature))) return denied;
    // A canned policy names its address exactly: a star in it is no wildcard.
    if (!encoded) return Date.now() / 1000 < Number(expires) ? undefined : denied;
    return allows(policy, resource, ip) ? undefined : denied;
  } catch {
    return ['MalformedPolicy', 'Malformed Policy'];
  }
}
