import { createPublicKey, verify } from 'crypto';
import { wildcard } from './distribution';
import { onlyKnown } from '../lookup';
import { AwsError } from '../types';

/** Undoes CloudFront's own replacement of `+`, `=` and `/`; Node reads a hyphen as a plus by itself. */
const decoded = (text: string): Buffer => Buffer.from(text.replace(/_/g, '=').replace(/~/g, '/'), 'base64');

/**
 * Verifies cookies signed with a custom policy as CloudFront does; signed addresses and canned policies nobody makes here.
 * @param url the address asked for, with its query string
 * @param publicKeys those that the behaviour trusts, by id
 * @throws AwsError in CloudFront's words when the request may not pass
 */
export function checkCookies(url: string, cookies: URLSearchParams, publicKeys: Map<string, string>): void {
  const denied = new AwsError('AccessDenied', 'Access denied', 403);
  const [id, encoded, signature, expires] = ['Key-Pair-Id', 'Policy', 'Signature', 'Expires'].map((name) => cookies.get(`CloudFront-${name}`));
  const hash = cookies.get('CloudFront-Hash-Algorithm') ?? 'SHA1';
  if (expires || /[?&]Signature=/.test(url)) throw new Error('this machine does not know signed addresses and canned policies');
  if (!id) throw new AwsError('MissingKey', 'Missing Key-Pair-Id query parameter or cookie value', 403);
  const pem = publicKeys.get(id);
  if (!pem) throw new AwsError('InvalidKey', 'Unknown Key', 403);
  if (!signature || !encoded) throw denied;
  const key = createPublicKey(pem);
  // Elliptic keys sign with SHA-256 only, and nobody signs with anything but these two.
  if (hash !== 'SHA256' && (hash !== 'SHA1' || key.asymmetricKeyType !== 'rsa')) throw denied;
  const policy = decoded(encoded);
  if (!verify(hash, policy, key, decoded(signature))) throw denied;

  const { Statement: [{ Resource: resource, Condition: condition }, ...more] } = JSON.parse(policy.toString());
  onlyKnown('signed policy', condition, 'DateLessThan');
  const before = condition.DateLessThan?.['AWS:EpochTime'];
  if (more.length || typeof before !== 'number') throw new AwsError('MalformedPolicy', 'Malformed Policy', 403);
  if (!wildcard(resource)(url) || Date.now() / 1000 >= before) throw denied;
}
