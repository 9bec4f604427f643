import type { MultipartUploads, StoredObject, StoredPart, Upload } from './multipart-uploads.runtime';
import { parsePartCursor, partCursor } from './part-cursor.runtime';
import type { SignUrl } from './sign-url.runtime';
import { multipartUpload, singleUpload } from './upload-view.runtime';
import type { Roles } from '../contract/roles';
import type { VideoRow, WholeVideo } from '../contract/table';
import type { UploadSettings } from '../contract/upload';
import { partCountOf, partLengthOf } from '../domain/upload-parts';
import { Caller, decide } from '../roles/decide';
import { HttpProblem, invalid } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

export interface ContinueUploadPorts {
  readonly videos: Pick<VideoRepository, 'find' | 'findWhole' | 'abortUpload'>;
  readonly roles: Roles;
  readonly signUrl: SignUrl;
  readonly uploads: MultipartUploads;
  readonly clock: () => Date;
  readonly settings: UploadSettings;
}

type MultipartRow = VideoRow & Required<Pick<VideoRow, 'multipart'>>;

/** The maximum number of tries to list and join the parts. Another try follows if a client replaced a part after the list was read. */
const JOINS = 3;
/** The maximum number of missing parts that an error names. */
const NAMED_PARTS = 10;

/**
 * The routes with which the owner of a video reads, continues, completes and aborts the upload. The row does not contain the stored parts, so the routes
 * ask S3 for them.
 */
export function continueUpload(
  { videos, roles, signUrl, uploads, clock, settings }: ContinueUploadPorts,
): Omit<Operations<'upload/manage-uploads'>, 'planUpload'> {
  function requireOwn(caller: Caller, video: VideoRow | undefined): VideoRow {
    const decision = decide(caller, { type: 'continue upload', video }, roles);
    if (!video || decision !== 'allowed') throw refusal(decision);
    return video;
  }

  async function own(caller: Caller, videoId: string): Promise<VideoRow> {
    return requireOwn(caller, await videos.find(videoId));
  }

  async function wholeOwn(caller: Caller, videoId: string): Promise<WholeVideo> {
    const whole = await videos.findWhole(videoId);
    requireOwn(caller, whole?.row);
    return whole!;
  }

  const view = (caller: Caller, { row, details }: WholeVideo) => toVideo(row, { caller, roles }, details);

  return {
    async getUpload({ caller, path, query }): Promise<AnswerOf<'getUpload'>> {
      const after = query.cursor === undefined ? undefined : parsePartCursor(query.cursor);
      const whole = await wholeOwn(caller, path.videoId);
      if (query.cursor !== undefined && after === undefined) throw new HttpProblem('invalid_cursor', 'the cursor is not valid for this list. Omit the cursor to get the first page');
      const { row } = whole;
      const facts = { video: view(caller, whole), file: fileOf(row) };
      const ended: AnswerOf<'getUpload'> = { body: { ...facts, parts: [] } };
      if (row.status !== 'waiting') return ended;
      const page = isMultipart(row) ? await uploads.listParts(uploadOf(row), after) : undefined;
      // S3 deletes the list of parts when the file is complete. The video has the status `waiting` until S3's event arrives.
      if (!page && await uploads.findObject(row.source.key)) return ended;
      if (!isMultipart(row)) return { body: { ...facts, upload: await singleUpload(row.source, signUrl), parts: [] } };
      if (!page) throw gone();
      const parts = page.parts.map(({ partNumber, size, etag, checksum }) => ({ partNumber, size, etag, checksum }));
      const upload = multipartUpload(row, settings, page.parts.map(({ storedAt }) => storedAt));
      return { body: { ...facts, upload, parts, ...(page.next !== undefined && { cursor: partCursor(page.next) }) } };
    },

    async signParts({ caller, path, body }): Promise<AnswerOf<'signParts'>> {
      const row = await own(caller, path.videoId);
      if (row.status !== 'waiting') throw notWaiting(row);
      if (!isMultipart(row)) throw new HttpProblem('wrong_status', 'this upload has no parts: upload the file with one PUT request. GET /upload/{videoId} returns the URL of the request');
      const { source: { key, size }, multipart: { id, partSize } } = row;
      refuseNumbers(body.parts.map(({ partNumber }) => partNumber), partCountOf(size, partSize));
      const signed = await Promise.all(body.parts.map(async ({ partNumber, checksum }) => ({
        partNumber,
        ...await signUrl({
          key,
          size: partLengthOf(size, partSize, partNumber),
          headers: { 'x-amz-checksum-crc32': checksum },
          query: { partNumber: String(partNumber), uploadId: id },
        }),
      })));
      const [expiresAt] = signed.map((each) => each.expiresAt).sort();
      return { body: { parts: signed.map(({ partNumber, url, headers }) => ({ partNumber, url, headers })), expiresAt } };
    },

    async completeUpload({ caller, path, body }): Promise<AnswerOf<'completeUpload'>> {
      const whole = await wholeOwn(caller, path.videoId);
      const { row } = whole;
      if (row.error?.code === 'upload_expired') throw notWaiting(row);
      const { checksum = body.checksum, key } = row.source;
      const isWaiting = row.status === 'waiting';
      if (body.checksum !== undefined && body.checksum !== checksum) throw isWaiting ? mismatch() : otherFile();
      const object = isWaiting && isMultipart(row) ? await join(row, checksum, uploads) : await uploads.findObject(key);
      if (isWaiting && !object) throw isMultipart(row) ? gone() : notUploaded();
      // Another client may have completed this upload with a different file.
      if (checksum !== undefined && object?.checksum !== undefined && object.checksum !== checksum) throw otherFile();
      return { body: { video: view(caller, whole) } };
    },

    async abortUpload({ caller, path }): Promise<AnswerOf<'abortUpload'>> {
      const row = await own(caller, path.videoId);
      if (row.status !== 'waiting') throw notWaiting(row);
      if (await uploads.findObject(row.source.key)) throw new HttpProblem('wrong_status', 'the file is already uploaded, so the upload cannot be aborted');
      // A PUT request or a completion can still be running. The sweeper deletes the source file and the row when no request can arrive any more.
      const due = new Date(clock().getTime() + settings.incompleteExpirySeconds * 1000);
      // The row can change after it was read, for example during another abort.
      if (await videos.abortUpload(row, due) === 'unchanged') throw notWaiting(await own(caller, path.videoId));
      if (isMultipart(row)) {
        await uploads.abort(uploadOf(row)).catch((error: unknown) => console.warn({ message: 'parts not deleted yet', videoId: row.videoId, error: String(error) }));
      }
      return {};
    },
  };
}

/** Joins the parts of an upload. Returns the object, or undefined if S3 has neither the upload nor the object. */
async function join(row: MultipartRow, checksum: string | undefined, uploads: MultipartUploads): Promise<StoredObject | undefined> {
  for (let tries = 0; tries < JOINS; tries++) {
    const parts = await allParts(uploadOf(row), uploads);
    if (!parts) break;
    refuseMissing(row, parts);
    const completion = await uploads.complete(uploadOf(row), parts, { size: row.source.size, checksum });
    if (completion === 'completed') return { size: row.source.size, checksum };
    if (completion === 'checksum_mismatch') throw mismatch();
    if (completion === 'ended') break;
  }
  return uploads.findObject(row.source.key);
}

/** Returns all stored parts, or undefined if S3 no longer has the upload. */
async function allParts(upload: Upload, uploads: MultipartUploads): Promise<StoredPart[] | undefined> {
  const parts: StoredPart[] = [];
  for (let after: number | undefined; ;) {
    const page = await uploads.listParts(upload, after);
    if (!page) return undefined;
    parts.push(...page.parts);
    if (page.next === undefined) return parts;
    after = page.next;
  }
}

function isMultipart(row: VideoRow): row is MultipartRow {
  return row.multipart !== undefined;
}

function fileOf({ source: { fileName, contentType, size } }: VideoRow): AnswerOf<'getUpload'>['body']['file'] {
  return { fileName, contentType, size };
}

function uploadOf({ source: { key }, multipart }: MultipartRow): Upload {
  return { key, uploadId: multipart.id };
}

function refuseNumbers(numbers: readonly number[], count: number): void {
  numbers.forEach((number, index) => {
    if (number > count) throw invalid(`/parts/${index}/partNumber`, `is ${number}, but the upload has ${count} parts`);
    if (numbers.indexOf(number) !== index) throw invalid(`/parts/${index}/partNumber`, 'is given twice');
  });
}

/** Rejects a list of parts in which a part is missing or has another length. */
function refuseMissing({ source: { size }, multipart: { partSize } }: MultipartRow, parts: readonly StoredPart[]): void {
  const sizes = new Map(parts.map((part) => [part.partNumber, part.size]));
  const numbers = Array.from({ length: partCountOf(size, partSize) }, (_, index) => index + 1);
  const missing = numbers.filter((number) => sizes.get(number) !== partLengthOf(size, partSize, number));
  if (missing.length === 0) return;
  const named = `${missing.slice(0, NAMED_PARTS).join(', ')}${missing.length > NAMED_PARTS ? ', …' : ''}`;
  throw new HttpProblem('parts_missing', `${missing.length} of ${numbers.length} parts are missing or have a wrong length: ${named}`);
}

function mismatch(): HttpProblem {
  return new HttpProblem('checksum_mismatch', 'the uploaded file does not have this checksum. Repeat the upload of each part that differs from your file, or abort the upload');
}

function otherFile(): HttpProblem {
  return new HttpProblem('checksum_mismatch', 'the upload is complete, but the uploaded file does not have this checksum. To upload a different file, start a new upload');
}

function gone(): HttpProblem {
  return new HttpProblem('upload_gone', 'S3 no longer has the parts of this upload. Abort the upload, and start a new one');
}

function notUploaded(): HttpProblem {
  return new HttpProblem('parts_missing', 'the file is not uploaded yet: upload the file with one PUT request. GET /upload/{videoId} returns the URL of the request');
}

function notWaiting({ status }: VideoRow): HttpProblem {
  return new HttpProblem('wrong_status', `the video has the status ${status}, so its upload has ended`);
}
