import type { Input, OutputGroup } from '@aws-sdk/client-mediaconvert';
import { bad, type Job, type Output, type Wire } from './model';

/**
 * How the kinds of output groups differ. An output of a `muxed` one may hold picture and sound, and its event names a file; `segment` is
 * the digits and the extension of `_000000001.cmfv`, and a kind without it holds frame captures.
 */
const KINDS = {
  CMAF_GROUP_SETTINGS: { type: 'CMAF_GROUP', settings: 'cmafGroupSettings', container: 'CMFC', muxed: false, segment: { digits: 9, video: 'cmfv', audio: 'cmfa' } },
  HLS_GROUP_SETTINGS: { type: 'HLS_GROUP', settings: 'hlsGroupSettings', container: 'M3U8', muxed: true, segment: { digits: 5, video: 'ts', audio: 'ts' } },
  FILE_GROUP_SETTINGS: { type: 'FILE_GROUP', settings: 'fileGroupSettings', container: 'RAW', muxed: true, segment: undefined },
} as const;

export const isCapture = (output: Output) => output.videoDescription?.codecSettings?.codec === 'FRAME_CAPTURE';

/** Bucket and key, and the key's own folder and name. */
export function parseS3(uri: string | undefined, path: string): { bucket: string; key: string; folder: string; name: string } {
  const [, bucket, folder = '', name] = /^s3:\/\/([^/]+)\/(.*\/)?([^/]+)$/s.exec(uri ?? '') ?? [];
  if (!bucket) throw bad(path, `should be s3://bucket/key, got ${uri}`);
  return { bucket, key: `${folder}${name}`, folder, name };
}

/** A group's kind, where it goes, and the length of its segments. */
export function readGroup({ outputGroupSettings: all = {} }: Wire<OutputGroup>, path = '') {
  const kind = KINDS[all.type as keyof typeof KINDS];
  const settings: { destination?: string; segmentLength?: number } | undefined = all[kind.settings];
  if (!settings) throw bad(path, `is missing required member: outputGroupSettings/${kind.settings}`);
  return { ...kind, ...parseS3(settings.destination, `${path}/outputGroupSettings/${kind.settings}/destination`), segmentLength: settings.segmentLength };
}

/**
 * Where the input's clip ends, as seconds and frames; undefined for the whole input. The format is the API's, the length the guide's ("less than
 * 12 hours"). No document says what a clip does that ends after its input: here it is the whole input.
 */
export function parseClip({ inputClippings: [clip, more] = [], timecodeSource }: Wire<Input>): { seconds: number; frames: number } | undefined {
  const path = '/settings/inputs/0/inputClippings';
  if (more) throw bad(path, 'should be one in the local stack');
  if (!clip) return undefined;
  if (timecodeSource !== 'ZEROBASED') throw bad(path, 'needs the timecodeSource ZEROBASED in the local stack');
  const [, ...parts] = /^([01]\d|2[0-4]):([0-5]\d):([0-5]\d)[:;](\d\d)$/.exec(clip.endTimecode!) ?? [];
  if (!parts.length) throw bad(`${path}/0/endTimecode`, `should be HH:MM:SS:FF, got ${clip.endTimecode}`);
  const [hours, minutes, seconds, frames] = parts.map(Number);
  if (hours >= 12) throw bad(`${path}/0/endTimecode`, `should be less than 12 hours, got ${clip.endTimecode}`);
  return { seconds: hours * 3600 + minutes * 60 + seconds, frames };
}

/** What MediaConvert refuses although its model has it, and what this machine cannot do although MediaConvert can. */
export function checkRules({ settings, userMetadata = {} }: Job): void {
  const odd = Object.entries(userMetadata).find(([name, value], index) =>
    index >= 10 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(name) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value));
  if (odd) throw bad(`/userMetadata/${odd[0]}`, 'should be one of 10 at most, and hold letters, digits, spaces and _.:/=+-@ only: 128 in the name, 256 in the value');

  const { inputs: [input, more] = [], outputGroups = [] } = settings;
  if (!input || more) throw bad('/settings/inputs', 'should be one in the local stack');
  parseS3(input.fileInput, '/settings/inputs/0/fileInput');
  parseClip(input);
  outputGroups.forEach((group, index) => checkGroup(group, Object.keys(input.audioSelectors ?? {}), `/settings/outputGroups/${index}`));
  if (outputGroups.every(({ outputs }) => outputs!.every(isCapture))) throw bad('/settings/outputGroups', 'frame capture needs a regular output beside it');
}

function checkGroup(group: Wire<OutputGroup>, selectors: string[], path: string): void {
  const { container, muxed, segment } = readGroup(group, path);
  const outputs = group.outputs!;
  const rules: [broken: unknown, at: string, why: string][] = [
    [!outputs.length, '', 'should have at least one output'],
    [new Set(outputs.map(({ nameModifier }) => nameModifier)).size < outputs.length, '', 'each needs a name modifier of its own'],
    [outputs.filter(({ videoDescription }) => !videoDescription).length > 1, '', 'should have one of sound alone at most in the local stack'],
  ];
  outputs.forEach((output, index) => {
    const { videoDescription: video, audioDescriptions: [audio, more] = [], nameModifier = '', containerSettings } = output;
    const { codecSettings: codec = {}, width = 0, height = 0 } = video ?? {};
    rules.push(
      [!video && !audio, `/${index}`, 'needs a video or an audio description'],
      [more, `/${index}/audioDescriptions`, 'should be one in the local stack'],
      [!muxed && video && audio, `/${index}`, 'a CMAF output holds video or audio, not both'],
      [/[$%/]/.test(nameModifier), `/${index}/nameModifier`, 'should be plain text in the local stack'],
      [containerSettings?.container !== container, `/${index}/containerSettings/container`, `should be ${container} in this output group`],
      [isCapture(output) === !!segment, `/${index}/videoDescription/codecSettings/codec`, 'frame captures, and they alone, go into a file group'],
      [video && !(isCapture(output) ? codec.frameCaptureSettings : codec.h264Settings), `/${index}/videoDescription/codecSettings`, 'needs its codec\'s settings'],
      [width % 2 || height % 2, `/${index}/videoDescription`, 'width and height should be even'],
      [audio && !selectors.includes(audio.audioSourceName!), `/${index}/audioDescriptions/0/audioSourceName`, 'no input has such an audio selector'],
    );
  });
  const first = rules.find(([broken]) => broken);
  if (first) throw bad(`${path}/outputs${first[1]}`, first[2]);
}
