import { formatUrl } from '@aws-sdk/core/util';
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { MAX_UPLOAD_EXPIRY_SECONDS } from '../domain/upload-limits';
import { readFromLambda } from '../runtime/read-environment';

export interface PutDeclaration {
  readonly key: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
}

/** A signed URL for the upload of one object. */
export interface SignedPut {
  readonly url: string;
  /** The signed headers that the client must send. `content-length` is also signed, but not listed here, because HTTP clients set it automatically. */
  readonly headers: Record<string, string>;
  readonly expiresAt: string;
}

export interface PutSignerOptions {
  /** URL of the bucket. A path in the URL of the bucket becomes part of the signed URL. */
  readonly address: string;
  readonly region: string;
  /** A value above MAX_UPLOAD_EXPIRY_SECONDS is reduced, because the construct cannot check a value that is known only at deploy time. */
  readonly expirySeconds: number;
  readonly clock: () => Date;
  /**
   * The environment variables with the credentials of the role. The signer reads the credentials again for each URL, because a signed URL expires together
   * with the credentials that signed it.
   * @default - the environment of the process
   */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Returns a function that signs a PUT request for one object.
 *
 * The signature includes the content type and the length. S3 rejects the request if an object with the key already exists.
 */
export function putSigner({ address, region, clock, environment, ...options }: PutSignerOptions): (object: PutDeclaration) => Promise<SignedPut> {
  const expirySeconds = Math.min(options.expirySeconds, MAX_UPLOAD_EXPIRY_SECONDS);
  const { protocol, hostname, port, pathname } = new URL(address);
  const presigner = new S3RequestPresigner({
    region,
    sha256: Sha256,
    credentials: async () => ({
      accessKeyId: readFromLambda('AWS_ACCESS_KEY_ID', environment),
      secretAccessKey: readFromLambda('AWS_SECRET_ACCESS_KEY', environment),
      sessionToken: readFromLambda('AWS_SESSION_TOKEN', environment),
    }),
  });
  return async ({ key, contentType, size }) => {
    const headers = { 'content-type': contentType, 'if-none-match': '*' };
    const request = new HttpRequest({
      method: 'PUT',
      protocol,
      hostname,
      port: port === '' ? undefined : Number(port),
      path: `${pathname.replace(/\/$/, '')}/${key}`,
      headers: { ...headers, 'content-length': String(size) },
    });
    // The date in a signature has no milliseconds. Without rounding, `expiresAt` could be later than the real expiry.
    const signingDate = new Date(Math.floor(clock().getTime() / 1000) * 1000);
    const signed = await presigner.presign(request, {
      signingDate,
      expiresIn: expirySeconds,
      // By default the presigner does not sign the content type.
      signableHeaders: new Set(['content-type']),
    });
    return {
      url: formatUrl(signed),
      headers,
      expiresAt: new Date(signingDate.getTime() + expirySeconds * 1000).toISOString(),
    };
  };
}
