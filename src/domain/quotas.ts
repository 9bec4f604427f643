/** The number of uploads, videos and bytes of one owner, as counted for the quotas. */
export interface Usage {
  /** The number of videos whose upload is not complete. */
  readonly openUploads: number;
  readonly videos: number;
  /** The total size of all source files, in bytes. For an open upload, the total includes the size that the client declared. */
  readonly storedBytes: number;
  /** The day of `uploadsOfDay`, as `YYYY-MM-DD` in UTC. */
  readonly day: string;
  /** The number of uploads and retries that the owner started on `day`. */
  readonly uploadsOfDay: number;
}

/** The limits for the uploads and the stored files of one owner. */
export interface Quotas {
  readonly openUploads: number;
  readonly videos: number;
  readonly storedBytes: number;
  readonly uploadsPerDay: number;
}

export type QuotaName = keyof Quotas;

export const DEFAULT_UPLOADS_PER_DAY = 25;

export const NO_USAGE: Usage = { openUploads: 0, videos: 0, storedBytes: 0, day: '', uploadsOfDay: 0 };

/** Returns the day of a time in UTC, as `YYYY-MM-DD`. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Returns the start of the next day in UTC, in ISO 8601. */
export function startOfTomorrow(now: Date): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)).toISOString();
}

/** Returns the name of the quota that a further upload of `size` bytes would exceed, or undefined if the upload would exceed no quota. */
export function exceededQuota(usage: Usage, size: number, day: string, quotas: Quotas): QuotaName | undefined {
  if (usage.openUploads >= quotas.openUploads) return 'openUploads';
  if (usage.videos >= quotas.videos) return 'videos';
  if (usage.storedBytes + size > quotas.storedBytes) return 'storedBytes';
  return usage.day === day && usage.uploadsOfDay >= quotas.uploadsPerDay ? 'uploadsPerDay' : undefined;
}
