import { Size } from 'aws-cdk-lib';
import { DEFAULT_UPLOADS_PER_DAY, Quotas } from '../domain/quotas';
import { keyProblem, numberProblem, objectProblem, sizeProblem } from '../synth/prop-checks';

/**
 * The limits of each user. An upload that would exceed a limit is rejected with the error code `limit_reached` before any data is sent.
 *
 * A user cannot exceed a limit by sending several requests at the same time.
 */
export interface UploadQuotas {
  /**
   * The maximum number of uploads that are not complete.
   *
   * @default 10
   */
  readonly openUploads?: number;

  /**
   * The maximum number of videos, including open uploads and videos that failed.
   *
   * @default 1000
   */
  readonly videos?: number;

  /**
   * The maximum total size of the source files. For an open upload, the sum includes the size that the client declared.
   *
   * @default Size.gibibytes(500)
   */
  readonly storedBytes?: Size;

  /**
   * The maximum number of uploads that a user can start on one day (UTC). A retry of a video that failed counts as an upload.
   *
   * @default 25
   */
  readonly uploadsPerDay?: number;
}

const KEYS: Record<keyof UploadQuotas, true> = { openUploads: true, videos: true, storedBytes: true, uploadsPerDay: true };

/** The largest number that DynamoDB and JavaScript represent exactly. */
const MOST = Number.MAX_SAFE_INTEGER;

export function quotasOf(quotas: UploadQuotas | undefined): Quotas {
  return {
    openUploads: quotas?.openUploads ?? 10,
    videos: quotas?.videos ?? 1000,
    storedBytes: (quotas?.storedBytes ?? Size.gibibytes(500)).toBytes(),
    uploadsPerDay: quotas?.uploadsPerDay ?? DEFAULT_UPLOADS_PER_DAY,
  };
}

export function quotaProblems(quotas: UploadQuotas | undefined): (string | undefined)[] {
  const wrong = objectProblem('quotas', quotas, 'an UploadQuotas');
  if (wrong) return [wrong];
  return [
    keyProblem<UploadQuotas>('quotas', quotas, KEYS),
    ...(['openUploads', 'videos', 'uploadsPerDay'] as const).map((name) => numberProblem(`quotas.${name}`, quotas?.[name], { min: 1, max: MOST })),
    sizeProblem('quotas.storedBytes', quotas?.storedBytes, Size.bytes(MOST), 'the largest integer that DynamoDB and JavaScript represent exactly'),
  ];
}
