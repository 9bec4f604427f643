import type { Input, OutputGroup } from '@aws-sdk/client-mediaconvert';
import { bad, type Job, type Output, type Wire } from './model';

/**
 * The types of output groups. An output of a `muxed` type can contain both video and audio, and its event contains a file path. `segment` is the
 * number and extension of segment files (`_000000001.cmfv`). A type without `segment` contains frame captures.
 */
const KINDS = {
  CMAF_GROUP_SETTINGS: { type: 'CMAF_GROUP', settings: 'cmafGroupSettings', container: 'CMFC', muxed: false, segment: { digits: 9, video: 'cmfv', audio: 'cmfa' } },
  HLS_GROUP_SETTINGS: { type: 'HLS_GROUP', settings: 'hlsGroupSettings', container: 'M3U8', muxed: true, segment: { digits: 5, video: 'ts', audio: 'ts' } },
  FILE_GROUP_SETTINGS: { type: 'FILE_GROUP', settings: 'fileGroupSettings', container: 'RAW', muxed: true, segment: undefined },
} as const;

export const isCapture = (output: Output) => output.videoDescription?.codecSettings?.codec === 'FRAME_CAPTURE';

/** Parses an S3 URI into bucket and key, and the key into folder and name. */
export function parseS3(uri: string | undefined, path: string): { bucket: string; key: string; folder: string; name: string } {
  const [, bucket, folder = '', name] = /^s3:\/\/([^/]+)\/(.*\/)?([^/]+)$/s.exec(uri ?? '') ?? [];
  if (!bucket) throw bad(path, `should be s3://bucket/key, got ${uri}`);
  return { bucket, key: `${folder}${name}`, folder, name };
}

/** Returns a group's type, its destination and its segment length. */
export function readGroup({ outputGroupSettings: all = {} }: Wire<OutputGroup>, path = '') {
  const kind = KINDS[all.type as keyof typeof KINDS];
  const settings: { destination?: string; segmentLength?: number } | undefined = all[kind.settings];
  if (!settings) throw bad(path, `is missing required member: outputGroupSettings/${kind.settings}`);
  return { ...kind, ...parseS3(settings.destination, `${path}/outputGroupSettings/${kind.settings}/destination`), segmentLength: settings.segmentLength };
}

/**
 * Returns the end of the input's clip as seconds and frames; undefined for the whole input. The API reference defines the format. The user guide defines the
 * maximum ("less than 12 hours"). AWS doesn't document a clip that ends after its input. In this case, the local stack transcodes the whole input.
 */
export function parseClip({ inputClippings: [clip, more] = [], timecodeSource }: Wire<Input>): { seconds: number; frames: number } | undefined {
  const path = '/settings/inputs/0/inputClippings';
  if (more) throw bad(path, 'should have one item in the local stack');
  if (!clip) return undefined;
  if (timecodeSource !== 'ZEROBASED') throw bad(path, 'requires the timecodeSource ZEROBASED in the local stack');
  const [, ...parts] = /^([01]\d|2[0-4]):([0-5]\d):([0-5]\d)[:;](\d\d)$/.exec(clip.endTimecode!) ?? [];
  if (!parts.length) throw bad(`${path}/0/endTimecode`, `should be HH:MM:SS:FF, got ${clip.endTimecode}`);
  const [hours, minutes, seconds, frames] = parts.map(Number);
  if (hours >= 12) throw bad(`${path}/0/endTimecode`, `should be less than 12 hours, got ${clip.endTimecode}`);
  return { seconds: hours * 3600 + minutes * 60 + seconds, frames };
}

/** Checks rules that are not in MediaConvert's model, and features that MediaConvert has but the local stack doesn't support. */
export function checkRules({ settings, userMetadata = {} }: Job): void {
  const odd = Object.entries(userMetadata).find(([name, value], index) =>
    index >= 10 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(name) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value));
  if (odd) throw bad(`/userMetadata/${odd[0]}`, 'should be one of at most 10 entries, with only letters, digits, spaces and _.:/=+-@, up to 128 characters in the name and 256 in the value');

  const { inputs: [input, more] = [], outputGroups = [] } = settings;
  if (!input || more) throw bad('/settings/inputs', 'should have one item in the local stack');
  parseS3(input.fileInput, '/settings/inputs/0/fileInput');
  parseClip(input);
  outputGroups.forEach((group, index) => checkGroup(group, Object.keys(input.audioSelectors ?? {}), `/settings/outputGroups/${index}`));
  if (outputGroups.every(({ outputs }) => outputs!.every(isCapture))) throw bad('/settings/outputGroups', 'a frame capture requires another output in the job');
}

function checkGroup(group: Wire<OutputGroup>, selectors: string[], path: string): void {
  const { container, muxed, segment } = readGroup(group, path);
  const outputs = group.outputs!;
  const rules: [broken: unknown, at: string, why: string][] = [
    [!outputs.length, '', 'should have at least one output'],
    [new Set(outputs.map(({ nameModifier }) => nameModifier)).size < outputs.length, '', 'each output requires a different name modifier'],
    [outputs.filter(({ videoDescription }) => !videoDescription).length > 1, '', 'should have at most one audio-only output in the local stack'],
  ];
  outputs.forEach((output, index) => {
    const { videoDescription: video, audioDescriptions: [audio, more] = [], nameModifier = '', containerSettings } = output;
    const { codecSettings: codec = {}, width = 0, height = 0 } = video ?? {};
    rules.push(
      [!video && !audio, `/${index}`, 'requires a video or an audio description'],
      [more, `/${index}/audioDescriptions`, 'should have one item in the local stack'],
      [!muxed && video && audio, `/${index}`, 'a CMAF output can contain video or audio, not both'],
      [/[$%/]/.test(nameModifier), `/${index}/nameModifier`, 'should be plain text in the local stack'],
      [containerSettings?.container !== container, `/${index}/containerSettings/container`, `should be ${container} in this output group`],
      [isCapture(output) === !!segment, `/${index}/videoDescription/codecSettings/codec`, 'a file group can contain frame captures only, and other groups cannot contain them'],
      [video && !(isCapture(output) ? codec.frameCaptureSettings : codec.h264Settings), `/${index}/videoDescription/codecSettings`, 'requires the settings of its codec'],
      [width % 2 || height % 2, `/${index}/videoDescription`, 'width and height should be even'],
      [audio && !selectors.includes(audio.audioSourceName!), `/${index}/audioDescriptions/0/audioSourceName`, 'should be the name of an audio selector of the input'],
    );
  });
  const first = rules.find(([broken]) => broken);
  if (first) throw bad(`${path}/outputs${first[1]}`, first[2]);
}
