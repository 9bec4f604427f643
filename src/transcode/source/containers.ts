/**
 * Containers that hold their own video: what MediaConvert's probe calls them, and what people do. Anything else is refused: MediaConvert also reads HLS,
 * DASH and IMF manifests, and would fetch whatever an uploaded one names. The probe leaves the format of what it does not know blank.
 */
const CONTAINERS: Readonly<Record<string, string>> = {
  mp4: 'MP4',
  quicktime: 'MOV',
  matroska: 'MKV',
  webm: 'WebM',
  mxf: 'MXF',
  avi: 'AVI',
  asf: 'ASF',
  mpegts: 'MPEG-TS',
  mpegps: 'MPEG-PS',
  three_gp: '3GP',
  three_g2: '3G2',
};

/** Whether sources of a format, as the probe calls it, are taken. */
export function isContainerTaken(format: string | undefined): boolean {
  return format !== undefined && Object.hasOwn(CONTAINERS, format);
}

/** The names of those that are taken, as people know them. */
export const CONTAINER_NAMES: readonly string[] = Object.values(CONTAINERS);
