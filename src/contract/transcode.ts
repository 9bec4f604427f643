import type { Rung } from '../domain/ladder';

/** What TRANSCODE_SETTINGS carries: the construct decides, the submitter follows. */
export interface TranscodeSettings {
  readonly ladder: readonly Rung[];
  readonly segmentSeconds: number;
  readonly maxFrameRate: number;
  readonly maxDurationSeconds: number;
}
