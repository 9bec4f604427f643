import { execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import type { CreateJobCommandInput, Output, OutputGroup } from '@aws-sdk/client-mediaconvert';
import { MediaConvertClient } from '@aws-sdk/client-mediaconvert';
import { createMediaConvert } from '../../../local/mediaconvert/mediaconvert';
import type { Body } from '../../../local/s3/content';
import { createS3 } from '../../../local/s3/s3';
import type { ObjectMeta, PutOptions } from '../../../local/s3/store';
import type { BusEvent, Need } from '../../../local/types';
import { ACCOUNT, accessOf, startFake, REGION, stackOf } from '../s3/fixture';

export const ROLE = `arn:aws:iam::${ACCOUNT}:role/transcoder`;
export const QUEUE = `arn:aws:mediaconvert:${REGION}:${ACCOUNT}:queues/vod`;
const trust = (service: string) => ({ AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }] } });

export async function mediaConvert(options: {
  dataFolder?: string; denied?: (need: Need) => boolean; now?: () => number; fault?: (event: BusEvent) => Error | undefined;
} = {}) {
  const stack = stackOf([
    { type: 'AWS::S3::Bucket', physicalId: 'sources' },
    { type: 'AWS::S3::Bucket', physicalId: 'media' },
    { type: 'AWS::IAM::Role', physicalId: 'transcoder', attributes: { Arn: ROLE }, properties: trust('mediaconvert.amazonaws.com') },
    { type: 'AWS::IAM::Role', physicalId: 'handler', attributes: { Arn: ROLE.replace('transcoder', 'handler') }, properties: trust('lambda.amazonaws.com') },
    { type: 'AWS::MediaConvert::Queue', physicalId: 'vod', attributes: { Arn: QUEUE }, properties: { Name: 'vod' } },
  ], options.dataFolder);
  const events: BusEvent[] = [];
  const waiting = new Set<() => void>();
  const putEvent = (event: BusEvent) => {
    const fault = options.fault?.(event);
    if (fault) throw fault;
    events.push(event);
    waiting.forEach((check) => check());
  };
  const trusts = async (roleArn: string, by: string) => stack.ofType('AWS::IAM::Role').some(({ attributes, properties }) =>
    attributes.Arn === roleArn && properties.AssumeRolePolicyDocument.Statement[0].Principal.Service === by);
  const access = { ...accessOf(options.denied), trusts };
  const s3 = createS3({ stack, putEvent: () => undefined, access });
  const written: { bucket: string; meta: ObjectMeta }[] = [];
  const store = {
    ...s3.store,
    put: async (bucket: string, ...rest: [string, Body, PutOptions?]) => {
      const meta = await s3.store.put(bucket, ...rest);
      written.push({ bucket, meta });
      return meta;
    },
    list(name: string) {
      const objects = new Map(written.filter(({ bucket }) => bucket === name).map(({ meta }) => [meta.key, meta]));
      return [...objects.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  };
  const service = createMediaConvert({ stack, access, store, putEvent, now: options.now });
  const served = await startFake(service.service, access, true);
  const client = new MediaConvertClient({ endpoint: served.endpoint, region: REGION, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 });
  return {
    stack, events, access, store, written, client, service,
    event: (fits: (detail: BusEvent['detail']) => boolean) => new Promise<BusEvent>((resolve) => {
      const check = () => {
        const found = events.find(({ detail }) => fits(detail));
        if (!found) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    }),
    put: (key: string, file: string | Buffer) => store.put('sources', key, Buffer.isBuffer(file) ? file : readFileSync(file), { contentType: 'video/mp4' }),
    stop: async (keep = false) => {
      client.destroy();
      await served.stop();
      await service.stop();
      if (!keep) rmSync(stack.dataFolder, { recursive: true });
    },
  };
}

export const FOLDER = mkdtempSync(join(tmpdir(), 'vod-clips-'));
export function clip(name: string, args: string): string {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args.split(' '), join(FOLDER, name)]);
  return join(FOLDER, name);
}

export const video = (height: number, maxBitrate: number, more: Record<string, unknown> = {}): Output => ({
  NameModifier: `_${height}p`,
  ContainerSettings: { Container: 'CMFC' },
  VideoDescription: {
    Width: Math.round(height * 16 / 9 / 2) * 2,
    Height: height,
    CodecSettings: {
      Codec: 'H_264',
      H264Settings: { RateControlMode: 'QVBR', MaxBitrate: maxBitrate, QvbrSettings: { QvbrQualityLevel: 7 }, GopSizeUnits: 'AUTO', CodecProfile: 'HIGH', FramerateControl: 'INITIALIZE_FROM_SOURCE', ...more },
    },
  },
});
export const audio = (container: 'CMFC' | 'M3U8' = 'CMFC'): Output => ({
  NameModifier: '_audio',
  ContainerSettings: { Container: container },
  AudioDescriptions: [{ AudioSourceName: 'Audio Selector 1', CodecSettings: { Codec: 'AAC', AacSettings: { Bitrate: 96_000, CodingMode: 'CODING_MODE_2_0', SampleRate: 48_000 } } }],
});
export const cmaf = (...Outputs: Output[]): OutputGroup => ({
  OutputGroupSettings: {
    Type: 'CMAF_GROUP_SETTINGS',
    CmafGroupSettings: { Destination: 's3://media/v/1/hls/index', SegmentLength: 4, FragmentLength: 2, SegmentControl: 'SEGMENTED_FILES', WriteDashManifest: 'DISABLED', WriteHlsManifest: 'ENABLED' },
  },
  Outputs,
});
export const hls = (...Outputs: Output[]): OutputGroup => ({
  OutputGroupSettings: { Type: 'HLS_GROUP_SETTINGS', HlsGroupSettings: { Destination: 's3://media/v/1/ts/index', SegmentLength: 4, MinSegmentLength: 0, SegmentControl: 'SEGMENTED_FILES' } },
  Outputs,
});
export const frames = (numerator: number, denominator: number, maxCaptures = 100): OutputGroup => ({
  OutputGroupSettings: { Type: 'FILE_GROUP_SETTINGS', FileGroupSettings: { Destination: 's3://media/v/1/poster/frame' } },
  Outputs: [{
    ContainerSettings: { Container: 'RAW' },
    VideoDescription: {
      Width: 320,
      Height: 180,
      CodecSettings: { Codec: 'FRAME_CAPTURE', FrameCaptureSettings: { FramerateNumerator: numerator, FramerateDenominator: denominator, MaxCaptures: maxCaptures, Quality: 80 } },
    },
  }],
});
export const job = (key: string, OutputGroups: OutputGroup[], more: Partial<CreateJobCommandInput> = {}): CreateJobCommandInput => ({
  Role: ROLE,
  Queue: QUEUE,
  UserMetadata: { videoId: 'v1', attempt: '1' },
  Settings: {
    TimecodeConfig: { Source: 'ZEROBASED' },
    Inputs: [{ FileInput: `s3://sources/${key}`, TimecodeSource: 'ZEROBASED', VideoSelector: { Rotate: 'AUTO' }, AudioSelectors: { 'Audio Selector 1': { DefaultSelection: 'DEFAULT' } } }],
    OutputGroups,
  },
  ...more,
});
