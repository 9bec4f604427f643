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
