import { createHash } from 'crypto';
import { cloudFrontBase64, policyOf } from './cloudfront-policy';
import { deterministicSigner, Sign } from './deterministic-signature';
import type { ChooseSigningKey, KnownSigningKey } from './signing-keys';

/** Returns a signed URL of the poster image with this object key. The URL expires at `end` (rounded up to a second) if `end` is before the usual expiry. */
export type PosterUrl = (key: string, end?: Date) => string;

export interface PosterUrlPorts {
  readonly chooseKey: ChooseSigningKey;
  /** `https://` and a host name, without a slash at the end. */
  readonly serviceUrl: string;
  readonly now: () => Date;
}

/**
 * The URL of a poster stays equal during a window of 6 hours, in all execution environments, so that browsers and proxies can cache the image. A URL expires at
 * the end of the next window: 6 to 12 hours after the response that contains the URL.
 */
export const POSTER_WINDOW_SECONDS = 6 * 3600;
/** A URL has about 300 bytes. */
const CACHED_URLS = 2000;
/**
 * The maximum time that a response waits for a signing key. The wait is longer than the timeout of one read. If the read of the newest key times out, an older
 * key can therefore still be read.
 */
const WAIT_MS = 4_000;
/** Minimum time before the next response waits again for a signing key. */
const RETRY_MS = 60_000;

/** The returned function fails if no signing key can be read. */
export function posterUrls({ chooseKey, serviceUrl, now }: PosterUrlPorts): () => Promise<PosterUrl> {
  const signers = new WeakMap<KnownSigningKey, Sign>();
  const cached = new Map<string, { readonly url: string; readonly expires: number; readonly by: KnownSigningKey }>();

  return async () => {
    const by = await chooseKey();
    const sign = signers.get(by) ?? deterministicSigner(by.privateKey);
    signers.set(by, sign);
    const seconds = now().getTime() / 1000;
    return (key, end) => {
      const expires = Math.min(expiryOf(key, seconds), end ? Math.ceil(end.getTime() / 1000) : Infinity);
      const found = cached.get(key);
      if (found?.expires === expires && found.by === by) return found.url;
      const url = `${serviceUrl}/${key}`;
      const signature = cloudFrontBase64(sign(policyOf(url, expires)));
      const signed = `${url}?Expires=${expires}&Signature=${signature}&Key-Pair-Id=${by.keyPairId}&Hash-Algorithm=SHA256`;
      if (cached.size >= CACHED_URLS) cached.clear();
      cached.set(key, { url: signed, expires, by });
      return signed;
    };
  };
}

/** Each poster has different windows, so that the URLs of a page do not all change at the same time. */
function expiryOf(key: string, seconds: number): number {
  const offset = createHash('sha256').update(key).digest().readUInt32BE() % POSTER_WINDOW_SECONDS;
  return (Math.floor((seconds - offset) / POSTER_WINDOW_SECONDS) + 2) * POSTER_WINDOW_SECONDS + offset;
}

/**
 * If no signing key can be read in time, the returned function returns undefined, because a response without poster URLs is better than an error. During the
 * next minute, the returned function does not wait again.
 */
export function optionalPosterUrls(posters: () => Promise<PosterUrl>, now: () => Date): () => Promise<PosterUrl | undefined> {
  let failedAt = -Infinity;
  return async () => {
    if (now().getTime() - failedAt < RETRY_MS) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const reading = posters();
    // If the key arrives after the timeout, this response has no poster URL, but the next response can use the key.
    reading.then(() => { failedAt = -Infinity; }, () => undefined);
    try {
      return await Promise.race([reading, new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no signing key after ${WAIT_MS / 1000} seconds`)), WAIT_MS);
      })]);
    } catch (error) {
      failedAt = now().getTime();
      console.error({ message: 'no signing key can be read; responses contain no poster URLs for one minute', error: String(error) });
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };
}
