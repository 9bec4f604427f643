import type { OutputGroup } from '@aws-sdk/client-mediaconvert';
import { bad, type Job, type Output, type Settings, type Wire } from './model';

/** A job that fails, with MediaConvert's own error code. */
export class JobError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

export const isCapture = (output: Output) => output.videoDescription?.codecSettings?.codec === 'FRAME_CAPTURE';
/** The settings that belong to a group's type, whichever it is. */
export const groupSettings = ({ outputGroupSettings: all }: Wire<OutputGroup>) => all?.cmafGroupSettings ?? all?.hlsGroupSettings ?? all?.fileGroupSettings;

export function parseS3(uri: string | undefined, path: string): { bucket: string; key: string } {
  const found = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri ?? '');
  if (!found) throw bad(path, `should be s3://bucket/key, got ${uri}`);
  return { bucket: found[1], key: found[2] };
}

/** What MediaConvert refuses although its model has it. */
export function checkRules({ settings, userMetadata = {} }: Job): void {
  const entries = Object.entries(userMetadata);
  if (entries.length > 10) throw bad('/userMetadata', 'should have at most 10 entries');
  const odd = entries.find(([name, value]) => !name || name.length > 128 || value.length > 256 || /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u.test(name + value));
  if (odd) throw bad(`/userMetadata/${odd[0]}`, 'may hold letters, digits, spaces and _.:/=+-@ only: 128 in the name, 256 in the value');
  if (!settings.inputs?.length) throw bad('/settings/inputs', 'should have at least one input');
  settings.inputs.forEach((input, index) => parseS3(input.fileInput, `/settings/inputs/${index}/fileInput`));
  if (!settings.outputGroups?.length) throw bad('/settings/outputGroups', 'should have at least one output group');
  settings.outputGroups.forEach((group, index) => checkGroup(group, settings, `/settings/outputGroups/${index}`));
  if (settings.outputGroups.every((group) => group.outputs!.every(isCapture))) {
    throw bad('/settings/outputGroups', 'frame capture needs a regular output beside it');
  }
}

const CONTAINERS: Record<string, string> = { CMAF_GROUP_SETTINGS: 'CMFC', HLS_GROUP_SETTINGS: 'M3U8' };

function checkGroup(group: Wire<OutputGroup>, settings: Settings, path: string): void {
  const { outputGroupSettings: { type = '' } = {}, outputs = [] } = group;
  const inGroup: { destination?: string; segmentLength?: number } = groupSettings(group) ?? {};
  if (type in CONTAINERS || type === 'FILE_GROUP_SETTINGS') parseS3(inGroup.destination, `${path}/outputGroupSettings/destination`);
  if (type in CONTAINERS && !inGroup.segmentLength) throw bad(`${path}/outputGroupSettings`, 'is missing required member: segmentLength');
  if (!outputs.length) throw bad(`${path}/outputs`, 'should have at least one output');
  const modifiers = new Set(outputs.map(({ nameModifier }) => nameModifier || undefined));
  if (outputs.length > 1 && modifiers.size < outputs.length) throw bad(`${path}/outputs`, 'each needs a name modifier of its own');
  outputs.forEach(({ videoDescription: video, audioDescriptions: audio = [], containerSettings }, index) => {
    const at = `${path}/outputs/${index}`;
    if (!video && !audio.length) throw bad(at, 'needs a video or an audio description');
    if (type in CONTAINERS && containerSettings?.container !== CONTAINERS[type]) throw bad(`${at}/containerSettings/container`, `should be ${CONTAINERS[type]} in this output group`);
    if (type === 'CMAF_GROUP_SETTINGS' && video && audio.length) throw bad(at, 'a CMAF output holds video or audio, not both');
    for (const side of ['width', 'height'] as const) if ((video?.[side] ?? 0) % 2) throw bad(`${at}/videoDescription/${side}`, 'should be even');
    const { h264Settings: h264 } = video?.codecSettings ?? {};
    const rate = h264?.rateControlMode === 'QVBR' ? 'maxBitrate' : 'bitrate';
    if (h264 && !h264[rate]) throw bad(`${at}/videoDescription/codecSettings/h264Settings`, `${h264.rateControlMode} needs ${rate}`);
    audio.forEach(({ audioSourceName: source, codecSettings: { aacSettings: aac } = {} }, number) => {
      const own = `${at}/audioDescriptions/${number}`;
      if (source && !(source in (settings.inputs![0].audioSelectors ?? {}))) throw bad(`${own}/audioSourceName`, `no input has an audio selector "${source}"`);
      if (aac && !(aac.codingMode && aac.sampleRate && aac.bitrate)) throw bad(`${own}/codecSettings/aacSettings`, 'needs codingMode, sampleRate and bitrate');
    });
  });
}

/**
 * What this stand-in can do, by structure: each member that may be set, `*` when it must be, with its possible values if
 * only some will do; after `~` other members are harmless. Structures that are not here change nothing that a player would see.
 */
const SUPPORTED: Record<string, string> = {
  settings: 'inputs outputGroups timecodeConfig followSource=1',
  input: 'fileInput audioSelectors videoSelector timecodeSource psiControl filterEnable filterStrength=0 deblockFilter=DISABLED denoiseFilter=DISABLED inputScanType=AUTO',
  videoSelector: 'rotate selectorType=AUTO colorSpace=FOLLOW alphaBehavior=DISCARD colorSpaceUsage',
  audioSelector: 'defaultSelection tracks selectorType=TRACK offset=0 programSelection',
  outputGroup: 'name customName outputs outputGroupSettings',
  outputGroupSettings: 'type=CMAF_GROUP_SETTINGS|HLS_GROUP_SETTINGS|FILE_GROUP_SETTINGS cmafGroupSettings hlsGroupSettings fileGroupSettings',
  cmafGroupSettings: 'destination destinationSettings segmentLength fragmentLength *segmentControl=SEGMENTED_FILES *writeDashManifest=DISABLED writeHlsManifest=ENABLED '
    + 'segmentLengthControl=EXACT|GOP_MULTIPLE codecSpecification=RFC_6381 streamInfResolution=INCLUDE manifestCompression=NONE manifestDurationFormat=FLOATING_POINT '
    + 'clientCache minBufferTime minFinalSegmentLength=0 targetDurationCompatibilityMode mpdProfile ptsOffsetHandlingForBFrames imageBasedTrickPlay=NONE',
  hlsGroupSettings: 'destination destinationSettings segmentLength minSegmentLength=0 *segmentControl=SEGMENTED_FILES segmentLengthControl=EXACT|GOP_MULTIPLE '
    + 'codecSpecification=RFC_6381 streamInfResolution=INCLUDE manifestCompression=NONE manifestDurationFormat=FLOATING_POINT clientCache directoryStructure=SINGLE_DIRECTORY '
    + 'outputSelection=MANIFESTS_AND_SEGMENTS programDateTime=EXCLUDE minFinalSegmentLength=0 targetDurationCompatibilityMode captionLanguageSetting=OMIT imageBasedTrickPlay=NONE',
  output: 'nameModifier containerSettings videoDescription audioDescriptions outputSettings extension',
  containerSettings: 'container=CMFC|M3U8|RAW cmfcSettings m3u8Settings',
  cmfcSettings: 'audioGroupId audioRenditionSets audioTrackType audioDuration iFrameOnlyManifest=EXCLUDE timedMetadata=NONE scte35Source=NONE scte35Esam=NONE klvMetadata=NONE',
  outputSettings: 'hlsSettings',
  hlsSettings: 'audioGroupId audioRenditionSets audioTrackType audioOnlyContainer=M2TS iFrameOnlyManifest=EXCLUDE',
  videoDescription: 'width height codecSettings scalingBehavior=DEFAULT|STRETCH_TO_OUTPUT antiAlias sharpness timecodeInsertion=DISABLED timecodeTrack=DISABLED afdSignaling=NONE '
    + 'respondToAfd=NONE dropFrameTimecode colorMetadata',
  videoCodecSettings: 'codec=H_264|FRAME_CAPTURE h264Settings frameCaptureSettings',
  h264Settings: '~ codecProfile=BASELINE|MAIN|HIGH interlaceMode=PROGRESSIVE telecine=NONE slowPal=DISABLED gopSizeUnits=FRAMES|SECONDS|AUTO',
  audioDescription: 'audioSourceName codecSettings languageCode languageCodeControl streamName audioType audioTypeControl',
  audioCodecSettings: 'codec=AAC aacSettings',
  aacSettings: 'bitrate codingMode=CODING_MODE_1_0|CODING_MODE_2_0|CODING_MODE_5_1 sampleRate codecProfile=LC rateControlMode=CBR rawFormat=NONE specification audioDescriptionBroadcasterMix=NORMAL',
};

/** Fails a job that asks for what would come out differently here, and says what. */
export function checkSupported(settings: Settings): void {
  const refuse = (path: string, value: unknown, allowed?: string) => {
    throw new JobError(1040, `Not supported on one machine: ${path} = ${JSON.stringify(value)}${allowed ? ` (only ${allowed})` : ''}`);
  };
  function walk(structure: string, value: unknown, path: string): void {
    if (!value || typeof value !== 'object' || !SUPPORTED[structure]) return;
    const rules = [...SUPPORTED[structure].matchAll(/(\*?)(\w+)(?:=(\S+))?/g)];
    for (const [, must, member, allowed] of rules) if (must && !(member in value)) refuse(`${path}/${member}`, undefined, allowed);
    for (const [member, item] of Object.entries(value)) {
      const at = `${path}/${member}`;
      const rule = rules.find(([, , name]) => name === member);
      if (rule ? rule[3] && !rule[3].split('|').includes(`${item}`) : !SUPPORTED[structure].startsWith('~')) refuse(at, item, rule?.[3]);
      const inner = member === 'codecSettings' ? structure.replace('Description', 'CodecSettings') : member.replace(/(put|Group|Description|Selector)s$/, '$1');
      if (member === 'audioSelectors' || Array.isArray(item)) Object.entries(item as object).forEach(([name, one]) => walk(inner, one, `${at}/${name}`));
      else walk(inner, item, at);
    }
  }
  walk('settings', settings, '/settings');
  if (settings.inputs!.length > 1) refuse('/settings/inputs', settings.inputs!.length, '1');
  for (const { outputGroupSettings: { type } = {}, outputs } of settings.outputGroups!) {
    for (const output of outputs!) {
      if (isCapture(output) !== (type === 'FILE_GROUP_SETTINGS')) refuse('/settings/outputGroups', type, 'FILE_GROUP_SETTINGS for frame capture, HLS or CMAF for the rest');
      if ((output.audioDescriptions?.length ?? 0) > 1) refuse('audioDescriptions', output.audioDescriptions!.length, '1 an output');
      if (/[$%]/.test(output.nameModifier ?? '')) refuse('nameModifier', output.nameModifier, 'plain text');
    }
  }
}
