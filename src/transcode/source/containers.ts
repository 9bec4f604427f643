/**
 * The accepted containers, by their names in MediaConvert's probe results. All other formats are rejected: MediaConvert also reads HLS, DASH and IMF manifests,
 * and would fetch every URL in an uploaded manifest.
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

export function isAcceptedContainer(format: string | undefined): boolean {
  return format !== undefined && Object.hasOwn(CONTAINERS, format);
}

export const CONTAINER_NAMES: readonly string[] = Object.values(CONTAINERS);
