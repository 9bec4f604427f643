import { formatUrl } from '@aws-sdk/core/util';
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import type { SigningSession } from './signing-session.runtime';
import { MAX_UPLOAD_EXPIRY_SECONDS } from '../domain/upload-limits';

/** A PUT request of a client: a whole object, or one part of a multipart upload. */
export interface PutRequest {
  readonly key: string;
  /** The length of the body in bytes. */
  readonly size: number;
  /** Headers that the client must send unchanged, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

export interface SignedRequest {
  readonly url: string;
  /** The signed headers that the client must send. `content-length` is also signed, but not listed here, because HTTP clients set it automatically. */
  readonly headers: Record<string, string>;
  readonly expiresAt: string;
}

export type SignUrl = (request: PutRequest) => Promise<SignedRequest>;

export interface UrlSignerOptions {
  /** URL of the bucket. If this URL has a path, the path of the signed URL begins with the same path. */
  readonly address: string;
  readonly region: string;
  /**
   * If this value is above MAX_UPLOAD_EXPIRY_SECONDS, URLs expire after MAX_UPLOAD_EXPIRY_SECONDS. The construct cannot reject a value that is known only at
   * deploy time.
   */
  readonly expirySeconds: number;
  readonly clock: () => Date;
  /** Returns the session that signs the URL. The URL expires no later than the session. */
  readonly session: () => Promise<SigningSession>;
}

/** Returns a function that signs a PUT request. The signature covers all headers of the request, including the length of the body. */
export function urlSigner({ address, region, clock, session, ...options }: UrlSignerOptions): SignUrl {
  const { protocol, hostname, port, pathname } = new URL(address);
  return async ({ key, size, headers, query = {} }) => {
    const { credentials, expiration } = await session();
    // Signatures have a resolution of one second. Without rounding, `expiresAt` could be later than the real expiry.
    const signingDate = new Date(Math.floor(clock().getTime() / 1000) * 1000);
    const sessionSeconds = Math.floor((expiration.getTime() - signingDate.getTime()) / 1000);
    const expiresIn = Math.min(options.expirySeconds, MAX_UPLOAD_EXPIRY_SECONDS, sessionSeconds);
    const request = new HttpRequest({
      method: 'PUT',
      protocol,
      hostname,
      port: port === '' ? undefined : Number(port),
      path: `${pathname.replace(/\/$/, '')}/${key}`,
      query: { ...query },
      headers: { ...headers, 'content-length': String(size) },
    });
    const names = new Set(Object.keys(headers));
    // Without these options, the presigner does not sign the content type, and moves headers with the prefix `x-amz-` to the query.
    const signed = await new S3RequestPresigner({ region, sha256: Sha256, credentials }).presign(request, {
      signingDate, expiresIn, signableHeaders: names, unhoistableHeaders: names,
    });
    return { url: formatUrl(signed), headers: { ...headers }, expiresAt: new Date(signingDate.getTime() + expiresIn * 1000).toISOString() };
  };
}
