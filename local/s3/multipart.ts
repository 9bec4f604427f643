import { isCrc32 } from './content';
import { metadataOf } from './metadata';
import { contentOf, countOf, type Handler, partNumberOf, requireCrc32, textOf } from './request';
import type { ChosenPart, createUploads } from './uploads';
import { AwsError, type AwsRequest } from '../types';
import { parseXml, xml } from '../xml';

const PAGE = 1000;

/** Creates the handlers of the operations on multipart uploads. */
export function createMultipart(uploads: ReturnType<typeof createUploads>) {
  const uploadOf = ({ query }: AwsRequest, bucket: string, key: string) => uploads.find(bucket, key, query.get('uploadId')!);

  return {
    async CreateMultipartUpload(request, response, bucket, key) {
      const { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } = request.headers;
      if (algorithm !== undefined && algorithm !== 'CRC32') throw new AwsError('NotImplemented', `the checksum ${algorithm} is not implemented in the local stack`, 501);
      if (type !== undefined && algorithm === undefined) {
        throw new AwsError('InvalidRequest', 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.');
      }
      if (type !== undefined && type !== 'FULL_OBJECT' && type !== 'COMPOSITE') throw new AwsError('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
      const upload = uploads.start(bucket, key, metadataOf(request), algorithm && (type ?? 'COMPOSITE'));
      response.setHeader('content-type', 'application/xml');
      if (algorithm) response.setHeader('x-amz-checksum-algorithm', algorithm).setHeader('x-amz-checksum-type', upload.checksumType!);
      response.end(xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: upload.uploadId }));
    },

    async UploadPart(request, response, bucket, key) {
      const partNumber = partNumberOf(request);
      const upload = uploadOf(request, bucket, key);
      const { body, checksum } = contentOf(request);
      const { etag, crc32 } = await uploads.putPart(upload, partNumber, body, checksum);
      response.writeHead(200, { etag, ...(upload.checksumType ?? checksum()) && { 'x-amz-checksum-crc32': crc32 } }).end();
    },

    async ListParts(request, response, bucket, key) {
      const { query } = request;
      const upload = uploadOf(request, bucket, key);
      const { checksumType } = upload;
      const limit = Math.min(countOf(query, 'max-parts', PAGE), PAGE);
      const after = countOf(query, 'part-number-marker', 0);
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
      const { 'x-amz-checksum-crc32': checksum, 'x-amz-mp-object-size': size, ...headers } = request.headers;
      const upload = uploadOf(request, bucket, key);
      // The checksum of a composite upload can end with the number of its parts.
      requireCrc32(upload.checksumType === 'COMPOSITE' ? checksum?.replace(/-\d+$/, '') : checksum);
      if (size !== undefined && !/^\d+$/.test(size)) throw new AwsError('InvalidRequest', 'Value for x-amz-mp-object-size header is invalid.');
      const { etag, checksum: stored } = await uploads.complete(upload, partsIn(await textOf(request)), {
        ifAbsent: headers['if-none-match'] === '*', checksum, checksumType: headers['x-amz-checksum-type'], ...size !== undefined && { size: Number(size) },
      });
      response.setHeader('content-type', 'application/xml').end(xml('CompleteMultipartUploadResult', {
        Location: `http://${headers.host}${request.path}`, Bucket: bucket, Key: key, ETag: etag, ChecksumCRC32: stored, ChecksumType: upload.checksumType,
      }));
    },

    async AbortMultipartUpload(request, response, bucket, key) {
      await uploads.abort(uploadOf(request, bucket, key));
      response.writeHead(204).end();
    },

    async ListMultipartUploads({ query }, response, bucket) {
      const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
      const all = uploads.list(bucket).filter(({ key }) => key.startsWith(query.get('prefix') ?? ''));
      // If the upload that the marker names has ended, `all` does not contain it. In this case, the list continues after the marker's key.
      const marked = all.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker);
      const rest = marked < 0 ? all.filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(keyMarker)) > 0) : all.slice(marked + 1);
      const limit = Math.min(countOf(query, 'max-uploads', PAGE), PAGE);
      const page = rest.slice(0, limit);
      const isTruncated = rest.length > page.length;
      response.setHeader('content-type', 'application/xml').end(xml('ListMultipartUploadsResult', {
        Bucket: bucket,
        KeyMarker: keyMarker,
        UploadIdMarker: idMarker,
        ...isTruncated && { NextKeyMarker: page.at(-1)?.key, NextUploadIdMarker: page.at(-1)?.uploadId },
        MaxUploads: limit,
        IsTruncated: isTruncated,
        Upload: page.map(({ key, uploadId, startedAt, checksumType }) => ({
          UploadId: uploadId, Key: key, Initiated: startedAt, ...checksumType && { ChecksumAlgorithm: 'CRC32', ChecksumType: checksumType },
        })),
      }));
    },
  } satisfies Record<string, Handler>;
}

/** Parses the list of parts in a request that completes an upload. */
function partsIn(text: string): ChosenPart[] {
  const { Part: parts = [] } = parseXml(text, 'CompleteMultipartUpload');
  const chosen = (parts as Partial<Record<string, unknown>>[]).map(({ PartNumber: number, ETag: etag, ChecksumCRC32: crc32 }) => {
    if (typeof number !== 'string' || !/^-?\d+$/.test(number) || typeof etag !== 'string') throw malformed();
    if (Number(number) < 1) throw new AwsError('InvalidArgument', 'PartNumber must be >= 1');
    if (crc32 !== undefined && !isCrc32(String(crc32))) throw new AwsError('InvalidArgument', 'Invalid Base64 or multiple checksums present in request');
    return { partNumber: Number(number), etag, ...crc32 !== undefined && { crc32: String(crc32) } };
  });
  if (chosen.length === 0) throw malformed();
  return chosen;
}

function malformed(): AwsError {
  return new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
}
