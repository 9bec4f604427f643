import type { ServerResponse } from 'http';
import { contentOf, textOf } from './request';
import type { createUploads } from './uploads';
import { parseXml, xml } from './xml';
import { AwsError, type AwsRequest } from '../types';

type HeadersOf = (request: AwsRequest) => { contentType?: string; headers: Record<string, string> };
type Handler = (request: AwsRequest, response: ServerResponse, bucket: string, key: string) => Promise<void>;

const PAGE = 1000;
const LAST_PART = 10_000;

/** Creates the handlers of the operations on multipart uploads. */
export function createMultipart(uploads: ReturnType<typeof createUploads>, headersOf: HeadersOf) {
  const uploadOf = ({ query }: AwsRequest, bucket: string, key: string) => uploads.find(bucket, key, query.get('uploadId')!);

  return {
    async CreateMultipartUpload(request, response, bucket, key) {
      const { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } = request.headers;
      if (algorithm !== undefined && algorithm !== 'CRC32') throw new AwsError('NotImplemented', `the checksum ${algorithm} is not implemented in the local stack`, 501);
      if (type !== undefined && (algorithm === undefined || type !== 'FULL_OBJECT' && type !== 'COMPOSITE')) {
        throw new AwsError('InvalidRequest', 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
      }
      const upload = uploads.start(bucket, key, headersOf(request), algorithm && (type ?? 'COMPOSITE'));
      response.setHeader('content-type', 'application/xml');
      if (algorithm) response.setHeader('x-amz-checksum-algorithm', algorithm).setHeader('x-amz-checksum-type', upload.checksumType!);
      response.end(xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: upload.uploadId }));
    },

    async UploadPart(request, response, bucket, key) {
      const partNumber = Number(request.query.get('partNumber'));
      if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > LAST_PART) {
        throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      }
      const { body, checksum } = contentOf(request);
      const part = await uploads.putPart(uploadOf(request, bucket, key), partNumber, body, checksum);
      response.writeHead(200, { etag: part.etag, ...checksum() !== undefined && { 'x-amz-checksum-crc32': part.crc32 } }).end();
    },

    async ListParts(request, response, bucket, key) {
      const { query } = request;
      const upload = uploadOf(request, bucket, key);
      const { checksumType } = upload;
      const limit = Math.min(Number(query.get('max-parts') ?? PAGE), PAGE);
      const after = Number(query.get('part-number-marker') ?? 0);
      const rest = uploads.partsOf(upload).filter(({ partNumber }) => partNumber > after);
      const page = rest.slice(0, limit);
      response.setHeader('content-type', 'application/xml').end(xml('ListPartsResult', {
        Bucket: bucket,
        Key: key,
        UploadId: upload.uploadId,
        PartNumberMarker: after,
        NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
        MaxParts: limit,
        IsTruncated: rest.length > page.length,
        ...checksumType && { ChecksumAlgorithm: 'CRC32', ChecksumType: checksumType },
        Part: page.map(({ partNumber, storedAt, etag, size, crc32 }) => ({
          PartNumber: partNumber, LastModified: storedAt, ETag: etag, Size: size, ...checksumType && { ChecksumCRC32: crc32 },
        })),
      }));
    },

    async CompleteMultipartUpload(request, response, bucket, key) {
      const { headers } = request;
      const upload = uploadOf(request, bucket, key);
      const { Part: parts = [] } = parseXml(await textOf(request), 'CompleteMultipartUpload');
      const chosen = (parts as Record<string, string | undefined>[]).map(({ PartNumber, ETag = '', ChecksumCRC32 }) => (
        { partNumber: Number(PartNumber), etag: ETag, crc32: ChecksumCRC32 }));
      if (chosen.length === 0 || chosen.some(({ partNumber }) => !Number.isInteger(partNumber))) {
        throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
      }
      const { etag, checksum } = await uploads.complete(upload, chosen, {
        ifAbsent: headers['if-none-match'] === '*',
        checksum: headers['x-amz-checksum-crc32'],
        checksumType: headers['x-amz-checksum-type'],
        ...headers['x-amz-mp-object-size'] !== undefined && { size: Number(headers['x-amz-mp-object-size']) },
      });
      response.setHeader('content-type', 'application/xml').end(xml('CompleteMultipartUploadResult', {
        Location: `http://${headers.host}${request.path}`, Bucket: bucket, Key: key, ETag: etag, ChecksumCRC32: checksum, ChecksumType: upload.checksumType,
      }));
    },

    async AbortMultipartUpload(request, response, bucket, key) {
      await uploads.abort(uploadOf(request, bucket, key));
      response.writeHead(204).end();
    },

    async ListMultipartUploads({ query }, response, bucket) {
      const all = uploads.list(bucket).filter(({ key }) => key.startsWith(query.get('prefix') ?? ''))
        .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) || one.startedAt.localeCompare(other.startedAt));
      const limit = Math.min(Number(query.get('max-uploads') ?? PAGE), PAGE);
      response.setHeader('content-type', 'application/xml').end(xml('ListMultipartUploadsResult', {
        Bucket: bucket,
        MaxUploads: limit,
        IsTruncated: all.length > limit,
        Upload: all.slice(0, limit).map(({ key, uploadId, startedAt, checksumType }) => ({
          UploadId: uploadId, Key: key, Initiated: startedAt, ...checksumType && { ChecksumAlgorithm: 'CRC32', ChecksumType: checksumType },
        })),
      }));
    },
  } satisfies Record<string, Handler>;
}
