import type { SourceProblem } from './probe';

/** MediaConvert's error codes (User Guide, "Error codes") that say something about the source. All others are ours or the service's. */
const OF_THE_SOURCE: Readonly<Record<number, SourceProblem>> = {
  1010: { code: 'corrupt', message: 'the file could not be opened as a video' },
  1020: { code: 'not_a_video', message: 'the file has no picture' },
  1030: { code: 'unsupported_codec', message: 'the codec or the container of the file is not supported' },
  1075: { code: 'corrupt', message: 'the file could not be taken apart into its tracks' },
  1076: { code: 'corrupt', message: 'the file ends too early, or could not be read to its end' },
  1092: { code: 'corrupt', message: 'the sound of the file could not be decoded' },
};

/** What a failed job means for its video. MediaConvert's own message names buckets and keys: it belongs in the log, not in the catalog. */
export function jobError(errorCode: number | undefined): SourceProblem {
  return OF_THE_SOURCE[errorCode ?? 0] ?? {
    code: 'transcode_failed', message: errorCode === undefined ? 'the transcode failed' : `the transcode failed (MediaConvert error ${errorCode})`,
  };
}
