import type { Input, OutputGroup } from '@aws-sdk/client-mediaconvert';
import { bad, type Job, type Output, type Wire } from './model';

/**
 * `muxed`: one output can contain video and audio, and the job's event contains the output's file path. `segment`: the names of segment files, such as
 * `_000000001.cmfv`. An output group type without `segment` is for frame captures.
 */
const KINDS = {
  CMAF_GROUP_SETTINGS: { type: 'CMAF_GROUP', settings: 'cmafGroupSettings', container: 'CMFC', muxed: false, segment: { digits: 9, video: 'cmfv', audio: 'cmfa' } },
  HLS_GROUP_SETTINGS: { type: 'HLS_GROUP', settings: 'hlsGroupSettings', container: 'M3U8', muxed: true, segment: { digits: 5, video: 'ts', audio: 'ts' } },
  FILE_GROUP_SETTINGS: { type: 'FILE_GROUP', settings: 'fileGroupSettings', container: 'RAW', muxed: true, segment: undefined },
} as const;

export const isCapture = (output: Output) => output.videoDescription?.codecSettings?.codec === 'FRAME_CAPTURE';

export function parseS3(uri: string | undefined, path: string): { bucket: string; key: string; folder: string; name: string } {
  const [, bucket, folder = '', name] = /^s3:\/\/([^/]+)\/(.*\/)?([^/]+)$/s.exec(uri ?? '') ?? [];
  if (!bucket) throw bad(path, `expected s3://bucket/key, got ${uri}`);
  return { bucket, key: `${folder}${name}`, folder, name };
}

export function readGroup({ outputGroupSettings: all = {} }: Wire<OutputGroup>, path = '') {
  const kind = KINDS[all.type as keyof typeof KINDS];
  const settings: { destination?: string; segmentLength?: number } | undefined = all[kind.settings];
  if (!settings) throw bad(path, `is missing required member: outputGroupSettings/${kind.settings}`);
  return { ...kind, ...parseS3(settings.destination, `${path}/outputGroupSettings/${kind.settings}/destination`), segmentLength: settings.segmentLength };
}

/**
 * The timecode format is from the API reference, and the maximum ("less than 12 hours") is from the user guide. AWS does not document the result for a clip
 * that ends after its input. For such a clip, the local stack transcodes the whole input.
 */
export function parseClip({ inputClippings: [clip, more] = [], timecodeSource }: Wire<Input>): { seconds: number; frames: number } | undefined {
  const path = '/settings/inputs/0/inputClippings';
  if (more) throw bad(path, 'the local stack supports only one input clipping');
  if (!clip) return undefined;
  if (timecodeSource !== 'ZEROBASED') throw bad(path, 'the local stack requires the timecodeSource ZEROBASED');
  const [, ...parts] = /^([01]\d|2[0-4]):([0-5]\d):([0-5]\d)[:;](\d\d)$/.exec(clip.endTimecode!) ?? [];
  if (!parts.length) throw bad(`${path}/0/endTimecode`, `expected HH:MM:SS:FF, got ${clip.endTimecode}`);
  const [hours, minutes, seconds, frames] = parts.map(Number);
  if (hours >= 12) throw bad(`${path}/0/endTimecode`, `expected less than 12 hours, got ${clip.endTimecode}`);
  return { seconds: hours * 3600 + minutes * 60 + seconds, frames };
}

export function checkRules({ settings, userMetadata = {} }: Job): void {
  const odd = Object.entries(userMetadata).find(([name, value], index) =>
    index >= 10 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(name) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value));
  if (odd) throw bad(`/userMetadata/${odd[0]}`, 'expected at most 10 entries, with names of up to 128 characters and values of up to 256 characters. Only letters, digits, spaces and _.:/=+-@ are allowed');

  const { inputs: [input, more] = [], outputGroups = [] } = settings;
  if (!input || more) throw bad('/settings/inputs', 'the local stack requires exactly one input');
  parseS3(input.fileInput, '/settings/inputs/0/fileInput');
  parseClip(input);
  outputGroups.forEach((group, index) => checkGroup(group, Object.keys(input.audioSelectors ?? {}), `/settings/outputGroups/${index}`));
  if (outputGroups.every(({ outputs }) => outputs!.every(isCapture))) throw bad('/settings/outputGroups', 'expected at least one output that is not a frame capture');
}

function checkGroup(group: Wire<OutputGroup>, selectors: string[], path: string): void {
  const { container, muxed, segment } = readGroup(group, path);
  const outputs = group.outputs!;
  const rules: [broken: unknown, at: string, why: string][] = [
    [!outputs.length, '', 'expected at least one output'],
    [new Set(outputs.map(({ nameModifier }) => nameModifier)).size < outputs.length, '', 'each output requires a different name modifier'],
    [outputs.filter(({ videoDescription }) => !videoDescription).length > 1, '', 'the local stack supports at most one audio-only output'],
  ];
  outputs.forEach((output, index) => {
    const { videoDescription: video, audioDescriptions: [audio, more] = [], nameModifier = '', containerSettings } = output;
    const { codecSettings: codec = {}, width = 0, height = 0 } = video ?? {};
    rules.push(
      [!video && !audio, `/${index}`, 'expected a video or an audio description'],
      [more, `/${index}/audioDescriptions`, 'the local stack supports only one audio description for each output'],
      [!muxed && video && audio, `/${index}`, "a CMAF output can't contain both video and audio"],
      [/[$%/]/.test(nameModifier), `/${index}/nameModifier`, 'the local stack does not support $, % or / in a name modifier'],
      [containerSettings?.container !== container, `/${index}/containerSettings/container`, `expected ${container} in this output group`],
      [isCapture(output) === !!segment, `/${index}/videoDescription/codecSettings/codec`, "only a file group can contain frame captures, and a file group can't contain other outputs"],
      [video && !(isCapture(output) ? codec.frameCaptureSettings : codec.h264Settings), `/${index}/videoDescription/codecSettings`, `expected ${isCapture(output) ? 'frameCaptureSettings' : 'h264Settings'}, got none`],
      [width % 2 || height % 2, `/${index}/videoDescription`, 'width and height must be even'],
      [audio && !selectors.includes(audio.audioSourceName!), `/${index}/audioDescriptions/0/audioSourceName`, 'expected the name of an audio selector of the input'],
    );
  });
  const first = rules.find(([broken]) => broken);
  if (first) throw bad(`${path}/outputs${first[1]}`, first[2]);
}
