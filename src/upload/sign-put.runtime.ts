import { formatUrl } from '@aws-sdk/core/util';
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { MAX_UPLOAD_EXPIRY_SECONDS } from '../domain/upload-limits';
import { readFromLambda } from '../runtime/read-environment';

/** One object, as it was declared. */
export interface PutDeclaration {
  readonly key: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
}

/** An address that takes this one object once. */
export interface SignedPut {
  readonly url: string;
  /** Headers that are part of the signature, content-length apart: clients set that one themselves. */
  readonly headers: Record<string, string>;
  readonly expiresAt: string;
}

export interface PutSignerOptions {
  /** Where the bucket answers; what stands in its path is kept. */
  readonly address: string;
  readonly region: string;
  /** Capped at MAX_UPLOAD_EXPIRY_SECONDS: a value known only at deploy time passes the construct's check. */
  readonly expirySeconds: number;
  readonly clock: () => Date;
  /**
   * Where the role's credentials are, at each signature: an address dies with the session that signed it, so the newest one signs.
   * @default - that of the process
   */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Signs PUTs of single objects: bound to type and length, and refused where the key exists. */
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
    // Signatures know whole seconds: an expiry counted from the fraction would promise more than there is.
    const signingDate = new Date(Math.floor(clock().getTime() / 1000) * 1000);
    const signed = await presigner.presign(request, {
      signingDate,
      expiresIn: expirySeconds,
      // The presigner leaves the type out unless told.
      signableHeaders: new Set(['content-type']),
    });
    return {
      url: formatUrl(signed),
      headers,
      expiresAt: new Date(signingDate.getTime() + expirySeconds * 1000).toISOString(),
    };
  };
}
