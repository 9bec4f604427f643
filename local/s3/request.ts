import type { ServerResponse } from 'http';
import { buffer } from 'stream/consumers';
import { unchunked, type Trailers } from './aws-chunked';
import { isCrc32, type Body } from './content';
import { copySourceOf } from './copy-source';
import { AwsError, type AwsRequest, type Need } from '../types';

export type Handler = (request: AwsRequest, response: ServerResponse, bucket: string, key: string) => Promise<void>;

/** An operation of S3: its name, its IAM action, and the query parameters and headers that the local S3 supports. */
interface Operation {
  readonly name: string;
  readonly action: string;
  readonly knows?: RegExp;
}

const BODY = 'if-none-match|x-amz-(sdk-checksum-algorithm|checksum-crc32|trailer|decoded-content-length)';
const DESCRIBED = 'x-amz-tagging|x-amz-meta-.+';
const COPIED = 'x-amz-copy-source(-if-match)?';
const LISTED = 'list-type|max-keys|prefix|start-after';

/** The supported operations, by method, target and the query parameters that select an operation. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'GET key': { name: 'GetObject', action: 's3:GetObject', knows: /^if-match$/ },
  'HEAD key': { name: 'GetObject', action: 's3:GetObject', knows: /^if-match$/ },
  'PUT key': { name: 'PutObject', action: 's3:PutObject', knows: new RegExp(`^(${BODY}|${DESCRIBED})$`) },
  'PUT key x-amz-copy-source': { name: 'CopyObject', action: 's3:PutObject', knows: new RegExp(`^(${COPIED}|x-amz-(metadata|tagging)-directive|${DESCRIBED})$`) },
  'DELETE key': { name: 'DeleteObject', action: 's3:DeleteObject', knows: /^if-match$/ },
  'GET key tagging': { name: 'GetObjectTagging', action: 's3:GetObjectTagging', knows: /^tagging$/ },
  'PUT key tagging': { name: 'PutObjectTagging', action: 's3:PutObjectTagging', knows: /^(tagging|x-amz-(sdk-checksum-algorithm|checksum-crc32))$/ },
  'DELETE key tagging': { name: 'DeleteObjectTagging', action: 's3:DeleteObjectTagging', knows: /^tagging$/ },
  'GET bucket': { name: 'ListObjects', action: 's3:ListBucket' },
  'HEAD bucket': { name: 'HeadBucket', action: 's3:ListBucket' },
  'GET bucket list-type': { name: 'ListObjectsV2', action: 's3:ListBucket', knows: new RegExp(`^(${LISTED})$`) },
  'POST key uploads': { name: 'CreateMultipartUpload', action: 's3:PutObject', knows: new RegExp(`^(uploads|x-amz-checksum-(algorithm|type)|${DESCRIBED})$`) },
  'PUT key partNumber uploadId': { name: 'UploadPart', action: 's3:PutObject', knows: new RegExp(`^(partNumber|uploadId|${BODY.replace('if-none-match|', '')})$`) },
  'PUT key partNumber uploadId x-amz-copy-source': {
    name: 'UploadPartCopy', action: 's3:PutObject', knows: new RegExp(`^(partNumber|uploadId|${COPIED}|x-amz-copy-source-range)$`),
  },
  'GET key uploadId': { name: 'ListParts', action: 's3:ListMultipartUploadParts', knows: /^(uploadId|max-parts|part-number-marker)$/ },
  'POST key uploadId': { name: 'CompleteMultipartUpload', action: 's3:PutObject', knows: /^(uploadId|if-none-match|x-amz-(checksum-(crc32|type)|mp-object-size))$/ },
  'DELETE key uploadId': { name: 'AbortMultipartUpload', action: 's3:AbortMultipartUpload', knows: /^uploadId$/ },
  'GET bucket uploads': { name: 'ListMultipartUploads', action: 's3:ListBucketMultipartUploads', knows: /^(uploads|prefix|max-uploads|key-marker|upload-id-marker)$/ },
};
/** The query parameters that select an operation. The header `x-amz-copy-source` also selects an operation. */
const SELECTS = ['list-type', 'partNumber', 'tagging', 'uploadId', 'uploads'];

/** Headers and query parameters that change the meaning of a request. */
const MEANT = /^(x-amz-.*|if-.*|content-md5)$/;
/** The headers and query parameters that every operation supports. Checksum mode has an effect only on objects that were stored with a CRC32. */
const KNOWN = /^(x-id|x-amz-(algorithm|credential|date|expires|signature|signedheaders|security-token|content-sha256|user-agent|checksum-mode))$/i;

/** The maximum size of a request body with XML. The list of 10,000 parts with checksums has about 2 MB. */
const XML_BYTES = 4 * 1024 ** 2;
const MAX_PUT_BYTES = 5 * 1024 ** 3;
const LAST_PART = 10_000;
const MAX_INTEGER = 2 ** 31 - 1;
const CHECKSUM = 'x-amz-checksum-crc32';

export interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly operation: string;
  readonly needs: readonly Need[];
}

/** Returns the operation of a request, its object and the required permissions. Throws for an unsupported operation, header or parameter. */
export function targetOf({ method, path, query, headers }: AwsRequest): Target {
  const [bucket, ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const selected = [...SELECTS.filter((name) => query.has(name)), ...headers['x-amz-copy-source'] === undefined ? [] : ['x-amz-copy-source']];
  const operation = OPERATIONS[[method, key ? 'key' : 'bucket', ...selected].join(' ')];
  const names = [...query.keys(), ...Object.keys(headers).filter((name) => MEANT.test(name))];
  const unknown = operation && (names.find((name) => !KNOWN.test(name) && !operation.knows?.test(name))
    // SDKs can move these headers into the query of a presigned URL. Reports disagree whether S3 reads tags from the query (floci issue 3608, aws-sdk issue
    // 782).
    || [...query.keys()].find((name) => /^x-amz-(tagging|meta-.*)$/i.test(name))
    || headers['if-none-match'] && headers['if-none-match'] !== '*' && 'if-none-match');
  if (!operation || unknown) {
    throw new AwsError('NotImplemented', `${method} ${unknown || selected.join(' ') || (key ? 'of an object' : 'of a bucket')} is not implemented in the local stack`, 501);
  }
  if (Buffer.byteLength(key) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long');
  return { bucket, key, operation: operation.name, needs: needsOf(operation, headers, key ? `${bucket}/${key}` : bucket) };
}

function needsOf({ name, action }: Operation, headers: AwsRequest['headers'], target: string): Need[] {
  const { 'x-amz-tagging': tagging, 'if-match': condition } = headers;
  const resource = `arn:aws:s3:::${target}`;
  const needs: Need[] = [{ action, resource, ...(/Multipart|Part/.test(name) && action === 's3:PutObject' && { parts: true }) }];
  if (tagging) needs.push({ action: 's3:PutObjectTagging', resource });
  // A condition with an ETag also requires s3:GetObject (see "How to perform conditional deletes" in the Amazon S3 User Guide).
  if (name === 'DeleteObject' && condition !== undefined && condition !== '*') needs.push({ action: 's3:GetObject', resource, readsContent: false });
  if (/Copy/.test(name)) needs.push({ action: 's3:GetObject', resource: copySourceOf(headers).arn });
  return needs;
}

export function partNumberOf({ query }: AwsRequest): number {
  const partNumber = query.get('partNumber')!;
  if (!/^\d{1,5}$/.test(partNumber) || Number(partNumber) < 1 || Number(partNumber) > LAST_PART) {
    throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  }
  return Number(partNumber);
}

/** The body of an upload, and the CRC32 that the client declares in a header or in a trailer. Call `checksum` after the body was read. */
export interface Content {
  readonly body: Body;
  readonly checksum: () => string | undefined;
}

/**
 * Returns the bytes of an upload. Decodes the content coding `aws-chunked`. Ignores a checksum in the query of a presigned URL, as S3 does (see
 * issue 480 of aws-sdk).
 */
export function contentOf({ headers, body, raw }: AwsRequest): Content {
  const isChunked = headers['x-amz-content-sha256']?.startsWith('STREAMING-');
  const length = headers[isChunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (length === undefined || !/^\d+$/.test(length)) throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  if (Number(length) > MAX_PUT_BYTES) throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  const { [CHECKSUM]: declared, 'x-amz-sdk-checksum-algorithm': algorithm, 'x-amz-trailer': trailer } = headers;
  if ((algorithm ?? 'CRC32') !== 'CRC32' || (trailer ?? CHECKSUM) !== CHECKSUM) {
    throw new AwsError('NotImplemented', `the checksum ${algorithm} ${trailer} is not implemented in the local stack`, 501);
  }
  if (declared !== undefined && trailer !== undefined) {
    throw new AwsError('InvalidRequest', 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  if (algorithm !== undefined && declared === undefined && trailer === undefined) {
    throw new AwsError('InvalidRequest', 'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.');
  }
  requireCrc32(declared);
  const trailers: Trailers = {};
  return {
    body: isChunked ? unchunked(raw, Number(length), trailer, trailers) : body ?? raw,
    checksum() {
      if (declared !== undefined || trailers[CHECKSUM] === undefined) return declared;
      if (!isCrc32(trailers[CHECKSUM])) throw new AwsError('InvalidRequest', `Value for ${CHECKSUM} trailing header is invalid.`);
      return trailers[CHECKSUM];
    },
  };
}

/** Throws if a header is not a CRC32 in base64. */
export function requireCrc32(declared: string | undefined): void {
  if (declared !== undefined && !isCrc32(declared)) throw new AwsError('InvalidRequest', `Value for ${CHECKSUM} header is invalid.`);
}

/** Returns the number in a query parameter of a list request, or `standard` if the parameter is missing or empty. */
export function countOf(query: URLSearchParams, name: string, standard: number): number {
  const text = query.get(name);
  if (text === null || text === '') return standard;
  if (!/^-?\d+$/.test(text) || Number(text) > MAX_INTEGER) throw new AwsError('InvalidArgument', `Provided ${name} not an integer or within integer range`);
  if (Number(text) < 0) throw new AwsError('InvalidArgument', `Argument ${name} must be an integer between 0 and ${MAX_INTEGER}`);
  return Number(text);
}

export async function textOf({ headers, body, raw }: AwsRequest): Promise<string> {
  if (!(Number(headers['content-length']) <= XML_BYTES)) throw new AwsError('MalformedXML', 'The XML you provided is too long');
  return (body ?? await buffer(raw)).toString();
}
