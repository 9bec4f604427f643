import { createHash, randomBytes, randomUUID } from 'crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'fs';
import { join } from 'path';
import { Body, verifyChecksum, writeContent } from './content';
import type { ObjectMeta, PutOptions, Store } from './store';
import { readJson, writeJson } from '../services/json';
import { AwsError } from '../types';

export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A multipart upload. Without `checksumType`, its parts have no checksums. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: string;
  readonly checksumType?: ChecksumType;
  readonly options: Pick<PutOptions, 'contentType' | 'headers'>;
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

export interface ChosenPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly crc32?: string;
}

/** The expectations of a client that completes an upload. `checksum` is base64. */
export interface Expected {
  readonly ifAbsent: boolean;
  readonly checksum?: string;
  readonly checksumType?: string;
  readonly size?: number;
}

const MIN_PART_BYTES = 5 * 1024 ** 2;
const UPLOAD_ID = /^[\w-]{43}$/;

/**
 * Creates the store of multipart uploads. Each upload is a folder with two files for each part: the content, and the facts, which name the file of the content.
 * Renaming the file with the facts commits the part, so a killed process leaves no incomplete part.
 *
 * @param folder - the folder of all uploads
 */
export function createUploads(folder: string, store: Pick<Store, 'put' | 'get'>) {
  mkdirSync(folder, { recursive: true });
  const place = (uploadId: string, ...names: string[]) => join(folder, uploadId, ...names);
  const open = new Map<string, Upload & { readonly stored: Map<number, StoredPart> }>();
  /** The uploads whose parts are being joined. */
  const joining = new Map<string, Promise<unknown>>();
  for (const uploadId of readdirSync(folder)) {
    const upload = readJson(place(uploadId, 'upload.json')) as Upload | undefined;
    // A process that was killed can leave the folder of a completed upload.
    if (!upload || store.get(upload.bucket, upload.key)?.uploadId === uploadId) rmSync(place(uploadId), { recursive: true });
    else open.set(uploadId, { ...upload, stored: new Map(readParts(uploadId).map((part) => [part.partNumber, part])) });
  }

  function readParts(uploadId: string): StoredPart[] {
    return readdirSync(place(uploadId)).filter((name) => /^\d+\.json$/.test(name)).map((name) => readJson(place(uploadId, name)));
  }

  function find(bucket: string, key: string, uploadId: string): Upload {
    const upload = UPLOAD_ID.test(uploadId) ? open.get(uploadId) : undefined;
    if (upload?.bucket === bucket && upload.key === key) return upload;
    throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.', 404);
  }

  /** Waits until the parts are joined, and then fails if the upload has ended. */
  async function stillOpen({ bucket, key, uploadId }: Upload): Promise<Upload> {
    await joining.get(uploadId)?.catch(() => undefined);
    return find(bucket, key, uploadId);
  }

  function partsOf({ uploadId }: Upload): StoredPart[] {
    return [...open.get(uploadId)!.stored.values()].sort((one, other) => one.partNumber - other.partNumber);
  }

  function end(uploadId: string): void {
    open.delete(uploadId);
    rmSync(place(uploadId), { recursive: true, force: true });
  }

  /** Returns the stored parts that a client lists. Throws S3's error if the list is wrong. */
  function chosenParts(upload: Upload, chosen: readonly ChosenPart[]): StoredPart[] {
    if (chosen.some(({ partNumber }, index) => index > 0 && partNumber <= chosen[index - 1].partNumber)) {
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order. Parts must be ordered by part number.');
    }
    const stored = new Map(partsOf(upload).map((part) => [part.partNumber, part]));
    const parts = chosen.map(({ partNumber, etag, crc32 }) => {
      const part = stored.get(partNumber);
      if (part && bare(part.etag) === bare(etag) && (crc32 === undefined || crc32 === part.crc32)) return part;
      throw new AwsError('InvalidPart', "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.");
    });
    if (upload.checksumType === 'COMPOSITE' && chosen.some(({ crc32 }) => crc32 === undefined)) {
      throw new AwsError('InvalidRequest', 'The upload was created using a crc32 checksum. The complete request must include the checksum for each part.');
    }
    if (parts.slice(0, -1).some(({ size }) => size < MIN_PART_BYTES)) throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    return parts;
  }

  return {
    find,
    partsOf,

    start(bucket: string, key: string, options: Upload['options'], checksumType?: ChecksumType): Upload {
      store.get(bucket, key); // throws for an unknown bucket
      const uploadId = randomBytes(32).toString('base64url');
      const upload: Upload = { bucket, key, uploadId, startedAt: new Date().toISOString(), checksumType, options };
      mkdirSync(place(uploadId));
      writeJson(place(uploadId, 'upload.json'), upload);
      open.set(uploadId, { ...upload, stored: new Map() });
      return upload;
    },

    /** @param checksum - returns the declared CRC32 after the body was read, because a trailer can contain it */
    async putPart(upload: Upload, partNumber: number, body: Body, checksum: () => string | undefined): Promise<Part> {
      const file = randomUUID();
      let isStored = false;
      try {
        const { size, md5, crc32 } = await writeContent(place(upload.uploadId, file), body);
        const declared = checksum();
        if ((declared === undefined) !== (upload.checksumType === undefined)) {
          const name = (isUsed: boolean) => (isUsed ? 'crc32' : 'null');
          throw new AwsError('InvalidRequest', `Checksum Type mismatch occurred, expected checksum Type: ${name(upload.checksumType !== undefined)}, actual checksum Type: ${name(declared !== undefined)}`);
        }
        verifyChecksum(declared, crc32);
        await stillOpen(upload);
        const { stored } = open.get(upload.uploadId)!;
        const old = stored.get(partNumber);
        const part: StoredPart = { partNumber, size, etag: `"${md5.toString('hex')}"`, crc32, storedAt: new Date().toISOString(), file };
        writeJson(place(upload.uploadId, `${partNumber}.json`), part);
        stored.set(partNumber, part);
        isStored = true;
        if (old) rmSync(place(upload.uploadId, old.file), { force: true });
        return part;
      } finally {
        if (!isStored) rmSync(place(upload.uploadId, file), { force: true });
      }
    },

    async complete(upload: Upload, chosen: readonly ChosenPart[], expected: Expected): Promise<ObjectMeta> {
      const joined = joinParts(await stillOpen(upload), chosen, expected).finally(() => joining.delete(upload.uploadId));
      joining.set(upload.uploadId, joined);
      return joined;
    },

    async abort(upload: Upload): Promise<void> {
      end((await stillOpen(upload)).uploadId);
    },

    list: (bucket: string): Upload[] => [...open.values()].filter((upload) => upload.bucket === bucket),
  };

  async function joinParts(upload: Upload, chosen: readonly ChosenPart[], { ifAbsent, checksum, checksumType, size }: Expected): Promise<ObjectMeta> {
    const { bucket, key, uploadId, options } = upload;
    if (checksumType !== undefined && checksumType !== upload.checksumType) {
      throw new AwsError('InvalidRequest', `The upload was created using the ${upload.checksumType ?? 'no'} checksum mode. The complete request must use the same checksum mode.`);
    }
    const parts = chosenParts(upload, chosen);
    if (size !== undefined && size !== parts.reduce((sum, part) => sum + part.size, 0)) {
      throw new AwsError('InvalidRequest', "The provided 'x-amz-mp-object-size' header value does not match what was computed.");
    }
    const isComposite = upload.checksumType === 'COMPOSITE';
    const md5 = createHash('md5').update(Buffer.concat(parts.map(({ etag }) => Buffer.from(bare(etag), 'hex')))).digest('hex');
    const meta = await store.put(bucket, key, contentOf(parts.map(({ file }) => place(uploadId, file))), {
      ...options,
      ifAbsent,
      checksum: isComposite ? undefined : () => checksum,
      multipart: { uploadId, etag: `"${md5}-${parts.length}"`, keepsChecksum: upload.checksumType === 'FULL_OBJECT' },
    });
    end(uploadId);
    return meta;
  }
}

async function* contentOf(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file, { highWaterMark: 1024 ** 2 }) as AsyncIterable<Buffer>;
}

function bare(etag: string): string {
  return etag.replace(/"/g, '');
}
