/**
 * Containers that hold their own video, by the names of MediaConvert's probe. Anything else is refused: MediaConvert also reads HLS, DASH and IMF
 * manifests, and would fetch whatever an uploaded one names. The probe leaves the format of what it does not know blank.
 */
export const CONTAINERS: ReadonlySet<string | undefined> = new Set([
  'asf', 'avi', 'matroska', 'mp4', 'mpegps', 'mpegts', 'mxf', 'quicktime', 'three_g2', 'three_gp', 'webm',
]);
