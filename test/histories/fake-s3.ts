import { createHash } from 'crypto';
import { S3Client } from '@aws-sdk/client-s3';
import type { InitializeMiddleware } from '@smithy/types';

/** Sent bytes. `contents` has a short name for the content of each part, so that large files need no memory. */
export interface Body { readonly size: number; readonly contents: readonly string[] }
export interface StoredObject { readonly size: number; readonly checksum: string; readonly etag: string; readonly tags: Readonly<Record<string, string>> }
interface Part extends Body { readonly etag: string; readonly storedAt: number }
interface Upload { readonly key: string; readonly parts: Map<number, Part>; isAborted: boolean }

/** The number of parts on a page of ListParts. */
const PAGE = 2;

/** A stand-in for the CRC32 of the bytes, in base64. */
export function checksumOf(contents: readonly string[]): string {
  return createHash('sha256').update(contents.join()).digest().subarray(0, 4).toString('base64');
}

export function s3Error(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

/** One bucket at a simulated time. It stores checksums instead of bytes. */
export class FakeS3 {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  /** The time of the last stored part, by upload id. */
  readonly lastStored = new Map<string, number>();
  readonly events: { readonly key: string; readonly size: number; readonly etag: string }[] = [];
  private ids = 0;

  constructor(private readonly now: () => number) {}

  client(): S3Client {
    const service: InitializeMiddleware<any, any> = (_, { commandName }) => async ({ input }) => (
      { output: { $metadata: {}, ...this.answer(commandName!.replace('Command', ''), input) }, response: {} } as never);
    const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 });
    client.middlewareStack.add(service, { step: 'initialize', priority: 'low' });
    return client;
  }

  /** Returns the upload that S3 can still complete. */
  open(id: string | undefined): Upload | undefined {
    const upload = this.uploads.get(id!);
    return upload?.isAborted ? undefined : upload;
  }

  /** Starts a PUT request with a signed URL. Returns the function that ends the request. */
  startPut(url: string, headers: Readonly<Record<string, string>>, body: Body): () => void {
    const { pathname, searchParams: query } = new URL(url);
    const signedAt = Date.parse(query.get('X-Amz-Date')!.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z'));
    if (signedAt + Number(query.get('X-Amz-Expires')) * 1000 <= this.now()) throw s3Error('AccessDenied', 403);
    // The token of a session contains the time at which the session expires.
    if (Number(query.get('X-Amz-Security-Token')) <= this.now()) throw s3Error('ExpiredToken', 400);
    const checksum = headers['x-amz-checksum-crc32'];
    if (checksum !== undefined && checksum !== checksumOf(body.contents)) throw s3Error('BadDigest', 400);
    const key = pathname.slice(1);
    const id = query.get('uploadId');
    if (id === null) {
      const refuse = () => { if (this.objects.has(key)) throw s3Error('PreconditionFailed', 412); };
      refuse();
      return () => {
        refuse();
        this.store(key, body);
      };
    }
    if (!this.open(id)) throw s3Error('NoSuchUpload', 404);
    return () => {
      // A part that is in progress during an abort can still be stored (see "AbortMultipartUpload" in the Amazon S3 API Reference).
      const upload = this.uploads.get(id);
      if (!upload) throw s3Error('NoSuchUpload', 404);
      upload.parts.set(Number(query.get('partNumber')), { ...body, etag: `"${this.ids++}"`, storedAt: this.now() });
      if (!upload.isAborted) this.lastStored.set(id, this.now());
    };
  }

  store(key: string, { size, contents }: Body, tags: StoredObject['tags'] = {}): string {
    const etag = String(this.ids++);
    this.objects.set(key, { size, checksum: checksumOf(contents), etag, tags });
    this.events.push({ key, size, etag });
    return etag;
  }

  private answer(operation: string, input: any): object {
    const { Key: key, UploadId: id } = input;
    const upload = this.uploads.get(id);
    const object = this.objects.get(key);
    switch (operation) {
      case 'CreateMultipartUpload': {
        const UploadId = `upload-${this.ids++}`;
        this.uploads.set(UploadId, { key, parts: new Map(), isAborted: false });
        return { UploadId };
      }
      case 'ListParts': {
        if (!upload || upload.isAborted && upload.parts.size === 0) throw s3Error('NoSuchUpload', 404);
        const parts = [...upload.parts].filter(([number]) => number > Number(input.PartNumberMarker ?? 0)).sort(([a], [b]) => a - b);
        const page = parts.slice(0, PAGE);
        return {
          Parts: page.map(([PartNumber, { size, etag, storedAt, contents }]) => (
            { PartNumber, Size: size, ETag: etag, ChecksumCRC32: checksumOf(contents), LastModified: new Date(storedAt) })),
          IsTruncated: parts.length > PAGE, NextPartNumberMarker: String(page.at(-1)?.[0] ?? 0),
        };
      }
      case 'CompleteMultipartUpload': return this.complete(id, input);
      case 'AbortMultipartUpload':
        if (!upload || upload.isAborted && upload.parts.size === 0) throw s3Error('NoSuchUpload', 404);
        upload.isAborted = true;
        upload.parts.clear();
        return {};
      case 'HeadObject':
        // The caller does not have the permission s3:ListBucket, so S3 returns 403 instead of 404.
        if (!object) throw s3Error('Forbidden', 403);
        if (input.IfMatch !== undefined && input.IfMatch !== `"${object.etag}"`) throw s3Error('PreconditionFailed', 412);
        return { ContentLength: object.size, ChecksumCRC32: object.checksum };
      case 'GetObjectTagging': return { TagSet: Object.entries(object!.tags).map(([Key, Value]) => ({ Key, Value })) };
      case 'DeleteObject':
        this.objects.delete(key);
        return {};
      default: throw new Error(`the fake S3 does not support ${operation}`);
    }
  }

  private complete(id: string, { Key: key, IfNoneMatch, ChecksumCRC32, MpuObjectSize, MultipartUpload: { Parts } }: any): object {
    const upload = this.open(id);
    if (!upload) throw s3Error('NoSuchUpload', 404);
    const parts = Parts.map(({ PartNumber, ETag }: any) => {
      const part = upload.parts.get(PartNumber);
      if (part?.etag !== ETag) throw s3Error('InvalidPart', 400);
      return part;
    }) as Part[];
    const body = { size: parts.reduce((sum, { size }) => sum + size, 0), contents: parts.flatMap(({ contents }) => contents) };
    if (IfNoneMatch && this.objects.has(key)) throw s3Error('PreconditionFailed', 412);
    if (MpuObjectSize !== undefined && MpuObjectSize !== body.size) throw s3Error('InvalidRequest', 400);
    if (ChecksumCRC32 !== undefined && ChecksumCRC32 !== checksumOf(body.contents)) throw s3Error('BadDigest', 400);
    this.uploads.delete(id);
    this.store(key, body);
    return {};
  }
}
