import { createPublicKey, verify } from 'crypto';
import { wildcard } from './distribution';
import { onlyKnown } from '../lookup';
import { AwsError } from '../types';

/** The query parameters of a signed URL. The names of the cookies consist of the prefix `CloudFront-` and one of these names. */
const NAMES = ['Expires', 'Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'];

/** CloudFront's base64 uses `-`, `_` and `~` in place of `+`, `=` and `/` (CloudFront Developer Guide, "Set signed cookies"). */
const isEncoded = (text: string): boolean => /^[\w~-]+$/.test(text);
/** Node's base64 decoder already reads `-` as `+`. */
const decoded = (text: string): Buffer => Buffer.from(text.replace(/_/g, '=').replace(/~/g, '/'), 'base64');

/** Splits the query string without decoding it. A second `?` belongs to the query string. */
function split(url: string): { address: string; pairs: [name: string, value: string, pair: string][] } {
  const [, address, search = ''] = /^([^?]*)(?:\?([^]*))?$/.exec(url)!;
  return { address, pairs: search.split('&').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1), pair]) };
}

const cannedPolicy = (resource: string, expires: string) => Buffer.from(`{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`);

/**
 * Verifies a signed URL or signed cookies, with a custom or a canned policy, as CloudFront does.
 *
 * @param cookies - the request's cookies by name, not decoded
 * @throws AwsError with CloudFront's message if the signature is missing or invalid
 */
export function checkSignature(url: string, cookies: ReadonlyMap<string, string>, publicKeys: Map<string, string>): void {
  const denied = new AwsError('AccessDenied', 'Access denied', 403);
  const { address, pairs } = split(url);
  const signing = pairs.filter(([name]) => NAMES.includes(name));
  // A URL with one of these parameters is a signed URL, so CloudFront ignores the cookies ("Decide to use signed URLs or signed cookies").
  const inUrl = signing.length > 0;
  const query = new Map(signing.map(([name, value]) => [name, value]));
  // CloudFront's documentation does not say which of two parameters with the same name counts.
  if (query.size < signing.length) throw denied;
  const [expires, encoded, signature, id, hash = 'SHA1'] = NAMES.map((name) => inUrl ? query.get(name) : cookies.get(`CloudFront-${name}`));
  const kept = pairs.filter((pair) => !signing.includes(pair)).map(([,, pair]) => pair).join('&');
  const asked = !inUrl ? url : kept ? `${address}?${kept}` : address;
  if (!id) throw new AwsError('MissingKey', 'Missing Key-Pair-Id query parameter or cookie value', 403);
  const pem = publicKeys.get(id);
  if (!pem) throw new AwsError('InvalidKey', 'Unknown Key', 403);
  if (!signature || !encoded && !/^\d{1,12}$/.test(expires ?? '')) throw denied;
  if (![signature, encoded ?? signature].every(isEncoded)) throw denied;
  const key = createPublicKey(pem);
  // CloudFront accepts SHA-1 and SHA-256 for RSA keys, and only SHA-256 for elliptic-curve keys.
  if (hash !== 'SHA256' && (hash !== 'SHA1' || key.asymmetricKeyType !== 'rsa')) throw denied;
  const policy = encoded ? decoded(encoded) : cannedPolicy(asked, expires!);
  if (!verify(hash, policy, key, decoded(signature))) throw denied;

  const { Statement: [{ Resource: resource, Condition: condition }, ...more] } = JSON.parse(policy.toString());
  onlyKnown('signed policy', condition, 'DateLessThan');
  const before = condition.DateLessThan?.['AWS:EpochTime'];
  if (more.length || typeof before !== 'number') throw new AwsError('MalformedPolicy', 'Malformed Policy', 403);
  if (encoded && !wildcard(resource)(asked) || Date.now() / 1000 >= before) throw denied;
}
