import { SCHEMA_VERSION, stageKey, VideoDetails, VideoRow } from './table';
import { stageOf } from '../domain/stage';
import type { VideoStatus } from '../domain/video-status';

type StoredRow = Readonly<Record<string, any>>;

/**
 * Functions that convert a row to the next format. Function `n` converts rows of format `n`.
 *
 * A new optional attribute does not need a new format number, because older rows need no conversion (docs/decisions/022).
 */
const UPGRADES: readonly ((row: StoredRow) => StoredRow)[] = [
  // Rows of format 0 have no `schemaVersion` and no `stageKey`. The oldest rows of format 0 also have no `version`.
  (row) => ({ ...row, schemaVersion: 1, version: row.version ?? 0, stageKey: stageKey(stageOf(row.status as VideoStatus), row.videoId) }),
];

/** The error for a row that a newer version of this library wrote before a rollback. */
export class NewerFormat extends Error {}

/** Converts a stored row to the current format. Throws NewerFormat if the row has a newer format. */
export function readRow(stored: StoredRow): VideoRow {
  return UPGRADES.slice(formatOf(stored)).reduce((row, upgrade) => upgrade(row), stored) as VideoRow;
}

/** Returns the description and the metadata in a details item or in a row of format 0. Throws NewerFormat if the item has a newer format. */
export function readDetails(stored: StoredRow): VideoDetails {
  formatOf(stored);
  const { description, metadata } = stored;
  return { description, metadata };
}

function formatOf({ pk, sk, schemaVersion = 0 }: StoredRow): number {
  if (schemaVersion > SCHEMA_VERSION) {
    throw new NewerFormat(`the row ${pk} ${sk} has the format ${schemaVersion}; this version of serverless-vod reads formats up to ${SCHEMA_VERSION}. Deploy the version that wrote the row, or a newer version`);
  }
  return schemaVersion;
}
