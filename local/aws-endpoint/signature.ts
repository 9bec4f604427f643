import { createHash, timingSafeEqual } from 'crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { ALGORITHM_IDENTIFIER, SignatureV4, UNSIGNED_PAYLOAD } from '@smithy/signature-v4';
import type { Access } from '../access/access';
import { AwsError, type AwsRequest, type Principal } from '../types';

/** The unverified authentication data of a request. */
export type Claim = NonNullable<ReturnType<typeof readClaim>>;

/** The signed parts of a request. `body` is undefined if `Claim.streams` is true. */
export type SignedRequest = Pick<AwsRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>;

const MINUTES_15 = 15 * 60_000;
const A_WEEK = 7 * 24 * 3600;
/** The values of x-amz-content-sha256 for an unsigned body. Chunk signatures (`STREAMING-AWS4-...`) are not supported: no SDK sends them by default. */
const UNSIGNED = [UNSIGNED_PAYLOAD, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'];

/** Reads the authorization header or the presigned URL. Returns undefined for an unsigned request. */
export function readClaim({ headers, query }: SignedRequest) {
  const { authorization } = headers;
  if (!authorization && !query.has('X-Amz-Signature')) return undefined;
  const fields = new Map([...(authorization ?? '').matchAll(/(\w+)=([^,\s]+)/g)].map(([, name, value]) => [name, value]));
  const either = (inHeaders: string | undefined, parameter: string) => (authorization ? inHeaders : query.get(`X-Amz-${parameter}`)) ?? '';
  const field = (name: string) => either(fields.get(name), name);

  const algorithm = either(authorization?.split(' ', 1)[0], 'Algorithm');
  const longDate = either(headers['x-amz-date'], 'Date');
  const [accessKeyId, shortDate, region, service, ...end] = field('Credential').split('/');
  if (algorithm !== ALGORITHM_IDENTIFIER || !/^\d{8}T\d{6}Z$/.test(longDate) || shortDate !== longDate.slice(0, 8) || end.join() !== 'aws4_request') {
    throw new AwsError('AuthorizationHeaderMalformed', 'the authorization header or query is incomplete or malformed');
  }
  return {
    accessKeyId, region, service, longDate,
    signedHeaders: field('SignedHeaders').split(';'),
    signature: field('Signature'),
    token: either(headers['x-amz-security-token'], 'Security-Token'),
    /** Whether the service reads the body as a stream. Only S3 accepts unsigned bodies. */
    streams: service === 's3' && UNSIGNED.includes(headers['x-amz-content-sha256'] ?? (authorization ? '' : UNSIGNED_PAYLOAD)),
    // Only presigned URLs have X-Amz-Expires. A request with an authorization header has no such value.
    expires: authorization ? undefined : Number(query.get('X-Amz-Expires')),
  };
}

/** Verifies a request's signature and returns the caller. Throws an `AwsError` with an error code of S3. Services other than S3 translate this code. */
export async function verify(claim: Claim, request: SignedRequest, access: Access): Promise<Principal> {
  const { accessKeyId, service, region, longDate, signedHeaders, expires } = claim;
  const { headers, body } = request;
  const declared = headers['x-amz-content-sha256'];
  const s3 = service === 's3';
  const known = access.principalOf(accessKeyId);
  if (!known) throw new AwsError('InvalidAccessKeyId', 'the access key id was not issued by this stack', 403);

  const signingDate = new Date(longDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const age = Date.now() - signingDate.getTime();
  const loose = Object.keys(headers).filter((name) => (name === 'host' || (s3 && name.startsWith('x-amz-'))) && !signedHeaders.includes(name));
  const hash = body ? createHash('sha256').update(body).digest('hex') : declared ?? UNSIGNED_PAYLOAD;
  const credentials = { accessKeyId, secretAccessKey: known.secretAccessKey };
  const signer = new Signer({ service, region, credentials, sha256: Sha256, uriEscapePath: !s3 });
  const signature = await signer.sign(await signer.textToSign(claim, request, hash), { signingDate });
  const [expected, got] = [signature, claim.signature].map((text) => Buffer.from(text));

  // S3 returns 400 for an expired session, even if the URL has not expired (see "Billing for Amazon S3 error responses" and "Download and upload objects with
  // presigned URLs" in the Amazon S3 User Guide). Other services return 403 for an expired session, as for other invalid credentials.
  const expired: [message: string, status: number] = s3 ? ['The provided token has expired.', 400] : ['The security token included in the request is expired', 403];
  const refusals: [refused: boolean, code: string, message: string, status?: number][] = [
    [claim.token !== known.sessionToken, 'InvalidToken', 'the session token does not belong to the access key'],
    [known.expiration !== undefined && known.expiration.getTime() <= Date.now(), 'ExpiredToken', ...expired],
    [expires === undefined && !(Math.abs(age) <= MINUTES_15), 'RequestTimeTooSkewed', 'the time of the request differs from the current time by more than 15 minutes'],
    [expires !== undefined && !(expires >= 1 && expires <= A_WEEK), 'AuthorizationQueryParametersError', 'X-Amz-Expires must be from 1 to 604800 seconds'],
    [age < -MINUTES_15, 'AccessDenied', 'Request is not valid yet'],
    [expires !== undefined && !(age <= expires * 1000), 'AccessDenied', 'Request has expired'],
    [loose.length > 0, 'AccessDenied', `There were headers present in the request which were not signed: ${loose.join(', ')}`],
    [s3 && body !== undefined && declared !== hash, 'XAmzContentSHA256Mismatch', "x-amz-content-sha256 is not the hash of the request's body"],
    [expected.length !== got.length || !timingSafeEqual(expected, got), 'SignatureDoesNotMatch', 'the signature does not match the request'],
  ];
  for (const [refused, code, message, status = 403] of refusals) if (refused) throw new AwsError(code, message, status);
  return known.principal;
}

/** A variant of the SDK's signer that signs exactly the headers in the request's `SignedHeaders`. */
class Signer extends SignatureV4 {
  public async textToSign(claim: Claim, signed: SignedRequest, hash: string): Promise<string> {
    const { method, path, headers } = signed;
    const canonical = Object.fromEntries(claim.signedHeaders.map((name) => [name, (headers[name] ?? '').trim().replace(/\s+/g, ' ')]));
    const query = Object.fromEntries([...new Set(signed.query.keys())].map((name) => [name, signed.query.getAll(name)]));
    const request = this.createCanonicalRequest({ method, path, query, headers, protocol: 'http:', hostname: '' }, canonical, hash);
    const scope = `${claim.longDate.slice(0, 8)}/${claim.region}/${claim.service}/aws4_request`;
    return this.createStringToSign(claim.longDate, scope, request, ALGORITHM_IDENTIFIER);
  }
}
