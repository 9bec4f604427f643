import type { MultipartUploads, StoredPart, Upload } from './multipart-uploads.runtime';
import { parsePartCursor, partCursor } from './part-cursor.runtime';
import type { SignUrl } from './sign-url.runtime';
import { multipartUpload, singleUpload } from './upload-view.runtime';
import type { Roles } from '../contract/roles';
import type { VideoRow } from '../contract/table';
import type { UploadSettings } from '../contract/upload';
import { partCountOf, partLengthOf } from '../domain/upload-parts';
import { Caller, decide } from '../roles/decide';
import { HttpProblem, invalid } from '../runtime/http-problem';
import { refusal } from '../runtime/refusal';
import type { AnswerOf, Operations } from '../runtime/route-types';
import type { VideoRepository, WholeVideo } from '../runtime/rows/video-repository';
import { toVideo } from '../runtime/video-view';

export interface ContinueUploadPorts {
  readonly videos: Pick<VideoRepository, 'find' | 'findWhole' | 'abortUpload'>;
  readonly roles: Roles;
  readonly signUrl: SignUrl;
  readonly uploads: MultipartUploads;
  readonly clock: () => Date;
  readonly settings: UploadSettings;
  readonly serviceUrl: string;
}

type PartedRow = VideoRow & Required<Pick<VideoRow, 'upload'>>;

/** How many times the parts are listed and joined, if a part is stored again in between. */
const TRIES = 3;
const NUMBERS_NAMED = 10;

/** The routes with which the owner of a video reads, continues, completes and aborts the upload. S3, not the row, knows which parts are stored. */
export function continueUpload({ videos, roles, signUrl, uploads, settings, serviceUrl, clock }: ContinueUploadPorts): Omit<Operations<'upload/manage-uploads'>, 'planUpload'> {
  async function own(caller: Caller, videoId: string): Promise<VideoRow> {
    return permitted(caller, await videos.find(videoId));
  }

  function permitted(caller: Caller, video: VideoRow | undefined): VideoRow {
    const decision = decide(caller, { type: 'continue upload', video }, roles);
    if (!video || decision !== 'allowed') throw refusal(decision);
    return video;
  }

  async function wholeOwn(caller: Caller, videoId: string): Promise<WholeVideo> {
    const whole = await videos.findWhole(videoId);
    permitted(caller, whole?.row);
    return whole!;
  }

  const view = (caller: Caller, { row, details }: WholeVideo) => toVideo(row, { caller, roles, serviceUrl }, details);

  /** Returns all stored parts, or undefined if S3 no longer has the upload. */
  async function storedParts(upload: Upload): Promise<StoredPart[] | undefined> {
    const parts: StoredPart[] = [];
    for (let after: number | undefined; ;) {
      const page = await uploads.listParts(upload, after);
      if (!page) return undefined;
      parts.push(...page.parts);
      if (page.next === undefined) return parts;
      after = page.next;
    }
  }

  /** Joins the parts of an upload. Returns false if S3 has neither the upload nor the object. */
  async function join(row: PartedRow, checksum: string | undefined): Promise<boolean> {
    const { key, size } = row.source;
    for (let tries = 0; tries < TRIES; tries++) {
      const parts = await storedParts(uploadOf(row));
      if (!parts) break;
      refuseMissing(row, parts);
      const completion = await uploads.complete(uploadOf(row), parts, { size, checksum });
      if (completion === 'completed' || completion === 'exists') return true;
      if (completion === 'checksum_mismatch') throw mismatch();
      if (completion === 'gone') break;
    }
    return await uploads.storedSize(key) !== undefined;
  }

  return {
    async getUpload({ caller, path, query }): Promise<AnswerOf<'getUpload'>> {
      const whole = await wholeOwn(caller, path.videoId);
      const { row } = whole;
      const after = query.cursor === undefined ? undefined : parsePartCursor(query.cursor);
      if (query.cursor !== undefined && after === undefined) throw new HttpProblem('invalid_cursor', 'the cursor is not valid for this list. Omit the cursor to get the first page');
      const video = view(caller, whole);
      if (row.status !== 'waiting') return { body: { video, parts: [] } };
      if (!isParted(row)) return { body: { video, upload: await singleUpload(row.source, signUrl), parts: [] } };
      const page = await uploads.listParts(uploadOf(row), after);
      if (!page) {
        if (await uploads.storedSize(row.source.key) !== undefined) return { body: { video, parts: [] } };
        throw gone();
      }
      const parts = page.parts.map(({ partNumber, size, etag, checksum }) => ({ partNumber, size, etag, checksum }));
      const upload = multipartUpload(row, settings, page.parts.map(({ storedAt }) => storedAt));
      return { body: { video, upload, parts, ...(page.next !== undefined && { cursor: partCursor(page.next) }) } };
    },

    async signParts({ caller, path, body }): Promise<AnswerOf<'signParts'>> {
      const row = await own(caller, path.videoId);
      if (row.status !== 'waiting') throw notWaiting(row);
      if (!isParted(row)) throw new HttpProblem('wrong_status', 'this upload has no parts: upload the file with one PUT request. GET /upload/{videoId} returns its URL');
      const { source: { key, size }, upload: { id, partSize } } = row;
      const count = partCountOf(size, partSize);
      body.parts.forEach(({ partNumber }, index) => {
        if (partNumber > count) throw invalid(`/parts/${index}/partNumber`, `is ${partNumber}, but the upload has ${count} parts`);
        if (body.parts.findIndex((part) => part.partNumber === partNumber) !== index) throw invalid(`/parts/${index}/partNumber`, 'is given twice');
      });
      const signed = await Promise.all(body.parts.map(async ({ partNumber, checksum }) => ({
        partNumber,
        ...await signUrl({
          key,
          size: partLengthOf(size, partSize, partNumber),
          headers: { 'x-amz-checksum-crc32': checksum },
          query: { partNumber: String(partNumber), uploadId: id },
        }),
      })));
      const expiresAt = signed.map((each) => each.expiresAt).sort()[0];
      return { body: { parts: signed.map(({ partNumber, url, headers }) => ({ partNumber, url, headers })), expiresAt } };
    },

    async completeUpload({ caller, path, body }): Promise<AnswerOf<'completeUpload'>> {
      const whole = await wholeOwn(caller, path.videoId);
      const { row } = whole;
      const answer = { body: { video: view(caller, whole) } };
      if (row.error?.code === 'upload_expired') throw notWaiting(row);
      if (row.status !== 'waiting') return answer;
      const { checksum = body.checksum } = row.source;
      if (body.checksum !== undefined && body.checksum !== checksum) throw mismatch();
      const stored = isParted(row) ? await join(row, checksum) : await uploads.storedSize(row.source.key) !== undefined;
      if (stored) return answer;
      throw isParted(row) ? gone() : new HttpProblem('parts_missing', 'the file is not uploaded yet: upload it with one PUT request. GET /upload/{videoId} returns its URL');
    },

    async abortUpload({ caller, path }): Promise<AnswerOf<'abortUpload'>> {
      const row = await own(caller, path.videoId);
      if (row.status !== 'waiting') throw notWaiting(row);
      // A PUT request or a completion can still be running. The sweeper deletes the source file and the row when no request can arrive any more.
      const due = new Date(clock().getTime() + settings.incompleteExpirySeconds * 1000);
      if (await videos.abortUpload(row, due) === 'unchanged') throw notWaiting(await own(caller, path.videoId));
      if (isParted(row)) {
        await uploads.abort(uploadOf(row)).catch((error: unknown) => console.warn({ message: 'parts not deleted yet', videoId: row.videoId, error: String(error) }));
      }
      return {};
    },
  };
}

function isParted(row: VideoRow): row is PartedRow {
  return row.upload !== undefined;
}

function uploadOf({ source: { key }, upload }: PartedRow): Upload {
  return { key, uploadId: upload.id };
}

function refuseMissing({ source: { size }, upload: { partSize } }: PartedRow, parts: readonly StoredPart[]): void {
  const sizes = new Map(parts.map((part) => [part.partNumber, part.size]));
  const numbers = Array.from({ length: partCountOf(size, partSize) }, (_, index) => index + 1);
  const missing = numbers.filter((number) => sizes.get(number) !== partLengthOf(size, partSize, number));
  if (missing.length === 0) return;
  const named = `${missing.slice(0, NUMBERS_NAMED).join(', ')}${missing.length > NUMBERS_NAMED ? ', …' : ''}`;
  throw new HttpProblem('parts_missing', `${missing.length} of ${numbers.length} parts are not uploaded yet: ${named}`);
}

function mismatch(): HttpProblem {
  return new HttpProblem('checksum_mismatch', 'the uploaded parts are not the parts of the file with this checksum. Upload the parts that differ again, or abort the upload');
}

function gone(): HttpProblem {
  return new HttpProblem('upload_gone', 'S3 no longer has the parts of this upload. Abort the upload, and start a new one');
}

function notWaiting({ status }: VideoRow): HttpProblem {
  return new HttpProblem('wrong_status', `the video has the status ${status}, so its upload has ended`);
}
