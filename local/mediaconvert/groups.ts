import type { OutputGroup } from '@aws-sdk/client-mediaconvert';
import { bad, type Output, type Wire } from './model';

/** How the kinds of output groups differ; those without a `segment` hold frame captures. */
interface GroupKind {
  readonly type: string;
  readonly settings: 'cmafGroupSettings' | 'hlsGroupSettings' | 'fileGroupSettings';
  readonly container: string;
  /** An output may hold picture and sound; its event names a file then. */
  readonly muxed: boolean;
  /** The digits and the extension of `_000000001.cmfv`. */
  readonly segment?: { readonly digits: number; readonly video: string; readonly audio: string };
}
const KINDS: Record<string, GroupKind> = {
  CMAF_GROUP_SETTINGS: { type: 'CMAF_GROUP', settings: 'cmafGroupSettings', container: 'CMFC', muxed: false, segment: { digits: 9, video: 'cmfv', audio: 'cmfa' } },
  HLS_GROUP_SETTINGS: { type: 'HLS_GROUP', settings: 'hlsGroupSettings', container: 'M3U8', muxed: true, segment: { digits: 5, video: 'ts', audio: 'ts' } },
  FILE_GROUP_SETTINGS: { type: 'FILE_GROUP', settings: 'fileGroupSettings', container: 'RAW', muxed: true },
};

export const isCapture = (output: Output) => output.videoDescription?.codecSettings?.codec === 'FRAME_CAPTURE';

export function parseS3(uri: string | undefined, path: string): { bucket: string; key: string } {
  const found = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri ?? '');
  if (!found) throw bad(path, `should be s3://bucket/key, got ${uri}`);
  return { bucket: found[1], key: found[2] };
}

/** A group's kind, where it goes, and the length of its segments. */
export function readGroup({ outputGroupSettings: all = {} }: Wire<OutputGroup>, path = '') {
  const kind = KINDS[all.type!];
  const settings: { destination?: string; segmentLength?: number } | undefined = all[kind.settings];
  if (!settings) throw bad(path, `is missing required member: outputGroupSettings/${kind.settings}`);
  return { ...kind, ...parseS3(settings.destination, `${path}/outputGroupSettings/${kind.settings}/destination`), segmentLength: settings.segmentLength };
}
