import { createHash, timingSafeEqual } from 'crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { ALGORITHM_IDENTIFIER, SignatureV4, UNSIGNED_PAYLOAD } from '@smithy/signature-v4';
import { Access, AwsError, Principal } from '../types';

/** What a request says of itself, before any of it is believed. */
export interface Claim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** `20261122/us-east-1/s3/aws4_request` */
  readonly scope: string;
  /** `20261122T230000Z` */
  readonly longDate: string;
  readonly signedHeaders: string[];
  readonly signature: string;
  readonly token?: string;
  /** Seconds; only a presigned address has it. */
  readonly expires?: number;
}

/** The parts of a request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  /** Absent for S3: its bodies stream, and its service checks them. */
  readonly body?: Buffer;
}

const MINUTES_15 = 15 * 60_000;
const A_WEEK = 7 * 24 * 3600;
/** Bodies whose own bytes S3 lets go unsigned. Chunk signatures (`STREAMING-AWS4-...`) are not among them: no SDK sends them by default. */
const S3_PAYLOADS = /^([0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/;

/** Reads the header or the presigned form; undefined when the request has neither. */
export function readClaim({ headers, query }: SignedRequest): Claim | undefined {
  const header = headers.authorization;
  if (!header && !query.has('X-Amz-Signature')) return undefined;
  const fields = new Map([...(header ?? '').matchAll(/(\w+)=([^,\s]+)/g)].map(([, name, value]) => [name, value]));
  const field = (name: string) => (header ? fields.get(name) : query.get(`X-Amz-${name}`)) ?? '';
  const algorithm = header ? header.split(' ', 1)[0] : query.get('X-Amz-Algorithm');
  const longDate = (header ? headers['x-amz-date'] : query.get('X-Amz-Date')) ?? '';
  const [accessKeyId, shortDate, region, service, end, ...more] = field('Credential').split('/');
  const wellFormed = algorithm === ALGORITHM_IDENTIFIER && /^\d{8}T\d{6}Z$/.test(longDate) && end === 'aws4_request'
    && more.length === 0 && longDate.startsWith(shortDate) && field('Signature') && field('SignedHeaders');
  if (!wellFormed) throw new AwsError('AuthorizationHeaderMalformed', 'the authorization of the request is incomplete or of an unknown form');
  return {
    accessKeyId,
    region,
    service,
    scope: `${shortDate}/${region}/${service}/aws4_request`,
    longDate,
    signedHeaders: field('SignedHeaders').split(';'),
    signature: field('Signature'),
    token: (header ? headers['x-amz-security-token'] : query.get('X-Amz-Security-Token')) ?? undefined,
    expires: header ? undefined : Number(query.get('X-Amz-Expires') ?? NaN),
  };
}

/** Resolves with the caller when the claim holds, else throws what the claimed service answers. */
export async function verify(claim: Claim, request: SignedRequest, access: Access, now = Date.now()): Promise<Principal> {
  const s3 = claim.service === 's3';
  const refuse = (s3Code: string, code: string, message: string) => new AwsError(s3 ? s3Code : code, message, s3 ? 403 : 400);
  const known = access.principalOf(claim.accessKeyId);
  if (!known) throw refuse('InvalidAccessKeyId', 'UnrecognizedClientException', 'the access key id is not one of this stack');
  if (claim.token !== known.sessionToken) throw refuse('InvalidToken', 'UnrecognizedClientException', 'the session token is not that of the access key');
  checkTime(claim, now, refuse);
  checkHeaders(claim, request, s3);

  const signer = new Signer({
    service: claim.service,
    region: claim.region,
    sha256: Sha256,
    uriEscapePath: !s3,
    credentials: { accessKeyId: claim.accessKeyId, secretAccessKey: known.secretAccessKey },
  });
  const expected = Buffer.from(await signer.signatureOf(claim, request, payloadHash(claim, request, s3)));
  const got = Buffer.from(claim.signature);
  if (expected.length !== got.length || !timingSafeEqual(expected, got)) {
    throw refuse('SignatureDoesNotMatch', 'InvalidSignatureException', 'the signature does not match the request');
  }
  return known.principal;
}

function checkTime(claim: Claim, now: number, refuse: (s3Code: string, code: string, message: string) => AwsError) {
  const age = now - signingDate(claim).getTime();
  if (claim.expires === undefined) {
    if (Math.abs(age) > MINUTES_15) throw refuse('RequestTimeTooSkewed', 'InvalidSignatureException', 'the time of the request is too far from now');
    return;
  }
  if (!Number.isInteger(claim.expires) || claim.expires < 1 || claim.expires > A_WEEK) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Expires must be a number of seconds from 1 to 604800');
  }
  if (age < -MINUTES_15) throw new AwsError('AccessDenied', 'Request is not valid yet', 403);
  if (age > claim.expires * 1000) throw new AwsError('AccessDenied', 'Request has expired', 403);
}

function checkHeaders(claim: Claim, { headers }: SignedRequest, s3: boolean) {
  const signed = new Set(claim.signedHeaders);
  const loose = Object.keys(headers).filter((name) => (name === 'host' || (s3 && name.startsWith('x-amz-'))) && !signed.has(name));
  if (loose.length > 0) throw new AwsError('AccessDenied', `There were headers present in the request which were not signed: ${loose.join(', ')}`, 403);
}

function payloadHash(claim: Claim, { headers, body }: SignedRequest, s3: boolean): string {
  if (!s3) return createHash('sha256').update(body ?? '').digest('hex');
  const hash = headers['x-amz-content-sha256'] ?? (claim.expires === undefined ? '' : UNSIGNED_PAYLOAD);
  if (!S3_PAYLOADS.test(hash)) throw new AwsError('NotImplemented', `x-amz-content-sha256 '${hash}' is not a form that is checked here`, 501);
  return hash;
}

function signingDate({ longDate }: Claim): Date {
  return new Date(longDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** The SDK's own signer, fed with the headers that the request says it signed instead of those a client would choose. */
class Signer extends SignatureV4 {
  public async signatureOf(claim: Claim, { method, path, query, headers }: SignedRequest, hash: string): Promise<string> {
    const canonical = Object.fromEntries(claim.signedHeaders.map((name) => [name, (headers[name] ?? '').trim().replace(/\s+/g, ' ')]));
    const bag = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
    const request = this.createCanonicalRequest({ method, path, query: bag, headers, protocol: 'http:', hostname: headers.host }, canonical, hash);
    return this.sign(await this.createStringToSign(claim.longDate, claim.scope, request, ALGORITHM_IDENTIFIER), { signingDate: signingDate(claim) });
  }
}
