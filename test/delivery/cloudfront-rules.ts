import { verify } from 'crypto';

/** CloudFront's variant of base64 replaces `+=/` with `-_~`. */
export function decode(text: string): Buffer {
  expect(text).toMatch(/^[A-Za-z0-9\-_~]+$/);
  return Buffer.from(text.replace(/-/g, '+').replace(/_/g, '=').replace(/~/g, '/'), 'base64');
}

export function opens(url: string, cookies: Record<string, string>, publicKeys: Record<string, string>, now: Date): boolean {
  const publicKey = publicKeys[cookies['CloudFront-Key-Pair-Id']];
  if (!publicKey || cookies['CloudFront-Hash-Algorithm'] !== 'SHA256') return false;
  const policy = decode(cookies['CloudFront-Policy']);
  if (!verify('sha256', policy, publicKey, decode(cookies['CloudFront-Signature']))) return false;
  const { Statement: [{ Resource, Condition }] } = JSON.parse(policy.toString());
  const pattern = new RegExp(`^${Resource.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*/g, '.*')}$`);
  return pattern.test(url) && now.getTime() / 1000 < Condition.DateLessThan['AWS:EpochTime'];
}

/** Returns whether CloudFront accepts a request without cookies for this URL. The URL must be signed with a canned policy. */
export function opensByItself(signed: string, publicKeys: Record<string, string>, now: Date): boolean {
  const { origin, pathname, searchParams } = new URL(signed);
  expect([...searchParams.keys()]).toEqual(['Expires', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm']);
  const [expires, signature, id, hash] = searchParams.values();
  const policy = `{"Statement":[{"Resource":"${origin}${pathname}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  return hash === 'SHA256' && verify('sha256', Buffer.from(policy), publicKeys[id], decode(signature)) && now.getTime() / 1000 < Number(expires);
}
