import { SCHEMA_VERSION, stageKey, VideoDetails, VideoRow } from '../../contract/table';
import { stageOf } from '../../domain/stage';
import type { VideoStatus } from '../../domain/video-status';

/** A row as it is stored: of this format, or of an older one. */
type StoredRow = Readonly<Record<string, any>>;

/**
 * By format: makes a row of it one of the next format. A format gets a number when rows of the one before can't be read as they are; a new optional
 * attribute needs none. docs/decisions/022 has the rule.
 */
const UPGRADES: readonly ((row: StoredRow) => StoredRow)[] = [
  // 0, before there was a number: no `version` at first, no stage.
  (row) => ({ ...row, schemaVersion: 1, version: row.version ?? 0, stageKey: stageKey(stageOf(row.status as VideoStatus), row.videoId) }),
];

/** The row was written by a newer version of this library, before a rollback. Only a deployment of that version, or of a newer one, helps. */
export class NewerFormat extends Error {}

/** The row of a video, whatever format it was written in. Throws NewerFormat. */
export function readRow(stored: StoredRow): VideoRow {
  return UPGRADES.slice(formatOf(stored)).reduce((row, upgrade) => upgrade(row), stored) as VideoRow;
}

/** The details of a video: of their own item, or of a row of the format 0, which holds them itself. Throws NewerFormat. */
export function readDetails(stored: StoredRow): VideoDetails {
  formatOf(stored);
  const { description, metadata } = stored;
  return { description, metadata };
}

function formatOf({ pk, sk, schemaVersion = 0 }: StoredRow): number {
  if (schemaVersion > SCHEMA_VERSION) {
    throw new NewerFormat(`the row ${pk} ${sk} has the format ${schemaVersion}; this version of serverless-vod reads formats up to ${SCHEMA_VERSION}: deploy the version that wrote it, or a newer one`);
  }
  return schemaVersion;
}
