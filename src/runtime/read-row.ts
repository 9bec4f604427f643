import { SCHEMA_VERSION, stageKey, VideoRow } from '../contract/table';
import { stageOf } from '../domain/stage';
import type { VideoStatus } from '../domain/video-status';

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
  const { schemaVersion = 0 } = stored;
  if (schemaVersion > SCHEMA_VERSION) {
    throw new NewerFormat(`the row ${stored.pk} has the format ${schemaVersion}; this version of serverless-vod reads formats up to ${SCHEMA_VERSION}: deploy the version that wrote it, or a newer one`);
  }
  return UPGRADES.slice(schemaVersion).reduce((row, upgrade) => upgrade(row), stored) as VideoRow;
}
