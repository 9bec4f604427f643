import * as sdk from '@aws-sdk/client-mediaconvert';
import { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../types';

/** An SDK type as JSON: property names start in lower case, and times are epoch seconds. The keys of a map, such as `userMetadata`, don't change. */
export type Wire<T> = T extends Date ? number
  : T extends (infer Item)[] ? Wire<Item>[]
    : T extends object ? string extends keyof T ? Record<string, Wire<T[string]>> : { [K in keyof T as Uncapitalize<K & string>]: Wire<T[K]> } : T;
export type Job = Wire<sdk.Job> & { settings: Settings };
export type Settings = Wire<sdk.JobSettings>;
export type Output = Wire<sdk.Output>;

const SEGMENTS = '*destination *segmentLength=1.. *segmentControl=SEGMENTED_FILES segmentLengthControl=EXACT manifestDurationFormat=FLOATING_POINT streamInfResolution=INCLUDE';
/**
 * The supported properties and values (a range, an enum of the SDK, or a list) of each SDK type. `*` marks a required property. Other values are rejected,
 * because the output would differ from MediaConvert's output.
 */
const SUPPORTED: Record<string, string> = {
  ProbeRequest: '*inputFiles',
  ProbeInputFile: '*fileUrl',
  CreateJobRequest: '*role *settings *queue userMetadata clientRequestToken accelerationSettings statusUpdateInterval=StatusUpdateInterval',
  AccelerationSettings: '*mode=DISABLED',
  JobSettings: '*inputs *outputGroups timecodeConfig',
  TimecodeConfig: 'source=ZEROBASED',
  Input: '*fileInput audioSelectors videoSelector timecodeSource=ZEROBASED inputClippings',
  InputClipping: '*endTimecode',
  VideoSelector: 'rotate=InputRotate',
  AudioSelector: 'defaultSelection=DEFAULT',
  OutputGroup: 'name *outputs *outputGroupSettings',
  OutputGroupSettings: '*type=CMAF_GROUP_SETTINGS|HLS_GROUP_SETTINGS|FILE_GROUP_SETTINGS cmafGroupSettings hlsGroupSettings fileGroupSettings',
  CmafGroupSettings: `${SEGMENTS} *writeDashManifest=DISABLED writeHlsManifest=ENABLED fragmentLength=1..`,
  HlsGroupSettings: `${SEGMENTS} minSegmentLength=0`,
  FileGroupSettings: '*destination',
  Output: 'nameModifier *containerSettings videoDescription audioDescriptions outputSettings extension=jpg',
  ContainerSettings: '*container=ContainerType cmfcSettings',
  CmfcSettings: 'audioGroupId audioRenditionSets audioTrackType=ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT',
  OutputSettings: 'hlsSettings',
  HlsSettings: 'audioGroupId audioRenditionSets audioTrackType=ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT',
  VideoDescription: '*width=32..8192 *height=32..8192 *codecSettings',
  VideoCodecSettings: '*codec=H_264|FRAME_CAPTURE h264Settings frameCaptureSettings',
  H264Settings: '*rateControlMode=QVBR *maxBitrate=1000..1152000000 qvbrSettings *gopSizeUnits=AUTO codecProfile=BASELINE|MAIN|HIGH '
    + 'qualityTuningLevel=H264QualityTuningLevel sceneChangeDetect=H264SceneChangeDetect framerateControl=H264FramerateControl '
    + 'framerateNumerator=1.. framerateDenominator=1.. parControl=H264ParControl parNumerator=1 parDenominator=1',
  H264QvbrSettings: 'qvbrQualityLevel=1..10',
  FrameCaptureSettings: '*framerateNumerator=1.. *framerateDenominator=1.. *maxCaptures=1.. *quality=1..100',
  AudioDescription: '*audioSourceName *codecSettings',
  AudioCodecSettings: '*codec=AAC *aacSettings',
  AacSettings: '*bitrate=6000..1024000 *codingMode=CODING_MODE_2_0 *sampleRate=8000..96000',
};

/** `path` is the path of the invalid value, in AWS's format. */
export const bad = (path: string, why: string) => new AwsError('BadRequestException', `${path}: ${why}`);

function checkValue(value: unknown, rule: string, path: string): void {
  const [, least, most] = /^(\d+)\.\.(\d*)$/.exec(rule) ?? [];
  const values = rule in sdk ? Object.values(sdk[rule as keyof typeof sdk]) : rule.split('|');
  const fits = least ? Number(value) >= +least && Number(value) <= +(most || Infinity) : values.includes(`${value}`);
  if (!fits) throw bad(path, `the local stack supports only ${values.join('|')}, got ${value}`);
}

/** Checks a request's JSON against the SDK's runtime schemas, and against the properties that the local stack supports. */
export function check(schema: NormalizedSchema, value: unknown, path = ''): void {
  const isObject = schema.isStructSchema() || schema.isMapSchema();
  const type = schema.isListSchema() ? 'array' : isObject ? 'object' : schema.isNumericSchema() ? 'number' : 'string';
  if (value === null || (Array.isArray(value) ? 'array' : typeof value) !== type) throw bad(path, `expected a value of type ${type}`);
  if (typeof value !== 'object') return;
  if (!schema.isStructSchema()) return Object.entries(value!).forEach(([name, item]) => check(schema.getValueSchema(), item, `${path}/${name}`));

  const members = new Map([...schema.structIterator()].map(([, member]) => [member.getMergedTraits().jsonName, member]));
  const rules = [...SUPPORTED[schema.getName()!].matchAll(/(\*?)(\w+)(?:=(\S+))?/g)];
  const missing = rules.find(([, must, name]) => must && !(name in value!));
  if (missing) throw bad(path || '/', `is missing required member: ${missing[2]}`);
  for (const [name, item] of Object.entries(value!)) {
    const [at, member, rule] = [`${path}/${name}`, members.get(name), rules.find(([, , each]) => each === name)];
    if (!member) throw bad(at, 'the API has no member with this name');
    if (!rule) throw bad(at, 'the local stack does not support this member');
    check(member, item, at);
    if (rule[3]) checkValue(item, rule[3], at);
  }
}
export const createModel = () => ({
  createJob: (request: unknown) => check(NormalizedSchema.of(sdk.CreateJobRequest$), request),
  probe: (request: unknown) => check(NormalizedSchema.of(sdk.ProbeRequest$), request),
});

/** Returns a job as the API does: without paths, and with fewer output details than the job's event. */
export function answerOf({ outputGroupDetails, ...job }: Job): Job {
  const details = outputGroupDetails?.map(({ outputDetails }) => ({
    outputDetails: outputDetails?.map(({ durationInMs, videoDetails }) => ({
      durationInMs, videoDetails: videoDetails && { widthInPx: videoDetails.widthInPx, heightInPx: videoDetails.heightInPx },
    })),
  }));
  return { ...job, ...details && { outputGroupDetails: details } };
}
