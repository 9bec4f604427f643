import { Size, Token } from 'aws-cdk-lib';
import { isMediaTypeRange } from '../domain/media-type';
import { MAX_OBJECT_BYTES, MAX_SINGLE_PUT_BYTES, UploadLimits, VIDEO_CONTENT_TYPES } from '../domain/upload-limits';
import { keyProblem, listProblems, objectProblem, show, sizeProblem } from '../synth/prop-checks';

/** This size is enough for a long 4K recording. One upload of this size costs about $1.15 a month in S3 storage. */
const DEFAULT_MAX_SIZE = Size.gibibytes(50);
const DEFAULT_THRESHOLD = Size.mebibytes(64);

/** The files that users can upload. The limits also apply to admins. */
export interface UploadFileOptions {
  /**
   * The maximum size of a file, at most 48.8 TiB, which is S3's limit for one object.
   *
   * @default Size.gibibytes(50)
   */
  readonly maxSize?: Size;

  /**
   * Files of at most this size are uploaded with one PUT request, and larger files in parts. At most 5 GiB, which is S3's limit for one PUT request.
   *
   * An upload in parts can continue after a lost connection, but needs at least three more requests to the API.
   *
   * @default Size.mebibytes(64)
   */
  readonly multipartThreshold?: Size;

  /**
   * The allowed media types of files. An item is a media type, such as `video/mp4`, or a range, such as `video/*`. Case-insensitive.
   *
   * @default ['video/*', 'application/mp4', 'application/mxf']
   */
  readonly contentTypes?: string[];
}

export const UPLOAD_FILE_OPTIONS: Record<keyof UploadFileOptions, true> = { maxSize: true, multipartThreshold: true, contentTypes: true };

export function fileLimitsOf(files: UploadFileOptions | undefined): Omit<UploadLimits, 'expirySeconds'> {
  return {
    maxSize: (files?.maxSize ?? DEFAULT_MAX_SIZE).toBytes(),
    multipartThreshold: (files?.multipartThreshold ?? DEFAULT_THRESHOLD).toBytes(),
    contentTypes: files?.contentTypes ?? VIDEO_CONTENT_TYPES,
  };
}

export function fileProblems(files: UploadFileOptions | undefined): (string | undefined)[] {
  const wrong = objectProblem('files', files, 'an UploadFileOptions');
  if (wrong) return [wrong];
  return [
    keyProblem<UploadFileOptions>('files', files, UPLOAD_FILE_OPTIONS),
    sizeProblem('files.maxSize', files?.maxSize, Size.bytes(MAX_OBJECT_BYTES), 'the maximum for one object of S3'),
    sizeProblem('files.multipartThreshold', files?.multipartThreshold, Size.bytes(MAX_SINGLE_PUT_BYTES), 'the maximum for one PUT request of S3'),
    ...listProblems('files.contentTypes', files?.contentTypes, contentTypeProblem),
  ];
}

function contentTypeProblem(name: string, range: unknown): string | undefined {
  return typeof range === 'string' && (Token.isUnresolved(range) || isMediaTypeRange(range))
    ? undefined : `${name}: expected a media type such as "video/mp4" or "video/*", got ${show(range)}`;
}
