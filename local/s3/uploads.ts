import { createHash, randomBytes, randomUUID } from 'crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'fs';
import { join } from 'path';
import { type Body, compositeOf, contentOfFiles, verifyChecksum, writeContent } from './content';
import type { ObjectMeta, PutOptions, Store } from './store';
import { readJson, writeJson } from '../services/json';
import { AwsError } from '../types';

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A multipart upload. If the client chose no checksum algorithm, `checksumType` is undefined, and lists of parts contain no checksums. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: string;
  readonly checksumType?: ChecksumType;
  readonly options: Pick<PutOptions, 'contentType' | 'headers' | 'tags'>;
}

/** `etag` includes its quotes; `crc32` is base64. */
export interface Part {
  readonly partNumber: number;
  readonly size: number;
  readonly etag: string;
  readonly crc32: string;
  readonly storedAt: string;
}

/** A part with the name of the file that contains its bytes. */
interface StoredPart extends Part {
  readonly file: string;
}

/** An upload that has not ended. While its parts are joined, `joining` is set. */
interface OpenUpload extends Upload {
  readonly stored: Map<number, StoredPart>;
  joining?: Promise<ObjectMeta>;
}

export interface ChosenPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly crc32?: string;
}

/** The conditions that a client sends when it completes an upload. `checksum` is base64. */
export interface Expected {
  readonly ifAbsent: boolean;
  readonly checksum?: string;
  readonly checksumType?: string;
  readonly size?: number;
}

const MIN_PART_BYTES = 5 * 1024 ** 2;
const UPLOAD_ID = /^[\w-]{43}$/;

/**
 * Creates the store of multipart uploads. Each upload is a folder with two files for each part: a content file, and a JSON file that contains the name of the
 * content file. A part is stored when the JSON file gets its final name, so a killed process leaves no incomplete part.
 *
 * @param folder - the folder of all uploads
 * @param incoming - the folder of parts that have not arrived completely
 */
export function createUploads(folder: string, incoming: string, store: Pick<Store, 'put' | 'get'>) {
  mkdirSync(folder, { recursive: true });
  const place = (uploadId: string, ...names: string[]) => join(folder, uploadId, ...names);
  const open = new Map<string, OpenUpload>();
  for (const uploadId of readdirSync(folder)) {
    const upload = readJson(place(uploadId, 'upload.json')) as Upload | undefined;
    // A process that was killed can leave the folder of a completed upload.
    if (!upload || store.get(upload.bucket, upload.key)?.uploadId === uploadId) rmSync(place(uploadId), { recursive: true });
    else open.set(uploadId, { ...upload, stored: readParts(uploadId) });
  }

  /** Reads the parts of an earlier run, and deletes the files that belong to no part. */
  function readParts(uploadId: string): OpenUpload['stored'] {
    const names = readdirSync(place(uploadId));
    const parts: StoredPart[] = names.filter((name) => /^\d+\.json$/.test(name)).map((name) => readJson(place(uploadId, name)));
    const known = new Set(['upload.json', ...parts.flatMap(({ partNumber, file }) => [`${partNumber}.json`, file])]);
    for (const name of names) if (!known.has(name)) rmSync(place(uploadId, name));
    return new Map(parts.map((part) => [part.partNumber, part]));
  }

  function find(bucket: string, key: string, uploadId: string): OpenUpload {
    const upload = UPLOAD_ID.test(uploadId) ? open.get(uploadId) : undefined;
    if (upload?.bucket === bucket && upload.key === key) return upload;
    throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.', 404);
  }

  /**
   * Waits until the parts are no longer being joined, then calls `work`. Fails if the upload has ended. Nothing is awaited between the check of `joining` and
   * the call of `work`, so no other request can start to join the parts in between.
   */
  async function whenIdle<T>({ bucket, key, uploadId }: Upload, work: (upload: OpenUpload) => T): Promise<Awaited<T>> {
    for (;;) {
      const upload = find(bucket, key, uploadId);
      if (!upload.joining) return await work(upload);
      await upload.joining.catch(() => undefined);
    }
  }

  function end({ uploadId }: Upload): void {
    open.delete(uploadId);
    rmSync(place(uploadId), { recursive: true, force: true });
  }

  return {
    find: find as (bucket: string, key: string, uploadId: string) => Upload,

    partsOf: ({ bucket, key, uploadId }: Upload): Part[] => sortedParts(find(bucket, key, uploadId)),

    start(bucket: string, key: string, options: Upload['options'], checksumType?: ChecksumType): Upload {
      store.get(bucket, key); // throws for an unknown bucket
      const uploadId = randomBytes(32).toString('base64url');
      const upload: Upload = { bucket, key, uploadId, startedAt: new Date().toISOString(), checksumType, options };
      mkdirSync(place(uploadId));
      writeJson(place(uploadId, 'upload.json'), upload);
      open.set(uploadId, { ...upload, stored: new Map() });
      return upload;
    },

    /** @param checksum - returns the declared CRC32 after the body was read, because a trailer can contain it. A copied part has no declared CRC32 */
    async putPart(upload: Upload, partNumber: number, body: Body, checksum?: () => string | undefined): Promise<Part> {
      const file = randomUUID();
      try {
        const { size, md5, crc32 } = await writeContent(join(incoming, file), body);
        const declared = checksum?.();
        // If the upload has the checksum type FULL_OBJECT, the client can omit the checksum of a part, and S3 computes this checksum. AWS does not document
        // this behavior. The S3 server versitygw behaves in the same way.
        if (checksum && declared === undefined && upload.checksumType === 'COMPOSITE') {
          throw new AwsError('InvalidRequest', 'Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: null');
        }
        verifyChecksum(declared, crc32);
        const part: StoredPart = { partNumber, size, etag: `"${md5.toString('hex')}"`, crc32, storedAt: new Date().toISOString(), file };
        return await whenIdle(upload, ({ uploadId, stored }) => {
          const old = stored.get(partNumber);
          renameSync(join(incoming, file), place(uploadId, file));
          writeJson(place(uploadId, `${partNumber}.json`), part);
          stored.set(partNumber, part);
          if (old) rmSync(place(uploadId, old.file), { force: true });
          return part;
        });
      } finally {
        rmSync(join(incoming, file), { force: true });
      }
    },

    complete: (upload: Upload, chosen: readonly ChosenPart[], expected: Expected): Promise<ObjectMeta> => whenIdle(upload, (found) => {
      found.joining = joinParts(found, chosen, expected).finally(() => { found.joining = undefined; });
      return found.joining;
    }),

    abort: (upload: Upload): Promise<void> => whenIdle(upload, end),

    /** Returns the uploads of a bucket in the order of S3: by key, then by time. */
    list(bucket: string): Upload[] {
      store.get(bucket, ''); // throws for an unknown bucket
      return [...open.values()].filter((upload) => upload.bucket === bucket)
        .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) || one.startedAt.localeCompare(other.startedAt));
    },
  };

  async function joinParts(upload: OpenUpload, chosen: readonly ChosenPart[], { ifAbsent, checksum, checksumType, size }: Expected): Promise<ObjectMeta> {
    const { bucket, key, uploadId, options } = upload;
    if (checksumType !== undefined && checksumType !== upload.checksumType) {
      // S3 returns BadDigest for a different checksum type (see "CompleteMultipartUpload" in the Amazon S3 API Reference).
      throw new AwsError('BadDigest', `The upload was created using the ${upload.checksumType ?? 'null'} checksum mode. The complete request must use the same checksum mode.`);
    }
    const parts = chosenParts(upload, chosen);
    if (size !== undefined && size !== parts.reduce((sum, part) => sum + part.size, 0)) {
      throw new AwsError('InvalidRequest', "The provided 'x-amz-mp-object-size' header does not match what was computed");
    }
    const composite = upload.checksumType === 'COMPOSITE' ? compositeOf(parts) : undefined;
    // In the checksum header, the number of parts is optional.
    if (composite !== undefined && checksum !== undefined) verifyChecksum(checksum.includes('-') ? checksum : `${checksum}-${parts.length}`, composite, 'crc32');
    const md5 = createHash('md5').update(Buffer.concat(parts.map(({ etag }) => Buffer.from(bare(etag), 'hex')))).digest('hex');
    const meta = await store.put(bucket, key, contentOfFiles(parts.map(({ file }) => place(uploadId, file))), {
      ...options,
      ifAbsent,
      multipart: {
        uploadId,
        etag: `"${md5}-${parts.length}"`,
        checksumOf(crc32) {
          if (upload.checksumType === 'FULL_OBJECT') verifyChecksum(checksum, crc32, 'crc32');
          return upload.checksumType && (composite ?? crc32);
        },
      },
    });
    end(upload);
    return meta;
  }
}

function sortedParts({ stored }: OpenUpload): StoredPart[] {
  return [...stored.values()].sort((one, other) => one.partNumber - other.partNumber);
}

/** Returns the stored parts that a client chooses to complete an upload. Throws S3's error if the client's list is wrong. */
function chosenParts({ stored, checksumType }: OpenUpload, chosen: readonly ChosenPart[]): StoredPart[] {
  // With checksums, part numbers must start at 1 and be consecutive (see "CompletedPart" in the Amazon S3 API Reference).
  if (chosen.some(({ partNumber }, index) => checksumType ? partNumber !== index + 1 : index > 0 && partNumber <= chosen[index - 1].partNumber)) {
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order. Parts must be ordered by part number.');
  }
  return chosen.map(({ partNumber, etag, crc32 }, index) => {
    const part = stored.get(partNumber);
    if (!part || bare(part.etag) !== bare(etag) || crc32 !== undefined && (crc32 !== part.crc32 || !checksumType)) {
      throw new AwsError('InvalidPart', "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.");
    }
    if (checksumType && crc32 === undefined) {
      throw new AwsError('InvalidRequest', `The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`);
    }
    if (index < chosen.length - 1 && part.size < MIN_PART_BYTES) throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    return part;
  });
}

function bare(etag: string): string {
  return etag.replace(/"/g, '');
}
