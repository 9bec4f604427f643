import { CreateJobCommand, CreateJobCommandInput, MediaConvertClient, Output } from '@aws-sdk/client-mediaconvert';
import * as fc from 'fast-check';
import { createModel } from '../../../local/mediaconvert/model';
import type { TranscodeSettings } from '../../../src/contract/transcode';
import { jobMetadata, parseJobMetadata } from '../../../src/transcode/job/job-metadata';
import { jobSettings } from '../../../src/transcode/job/job-settings';
import { chooseRungs, DEFAULT_LADDER } from '../../../src/transcode/job/ladder';
import { durationLimit } from '../../../src/transcode/source/duration-limit';
import type { Source } from '../../../src/transcode/source/source';

const VIDEO_ID = '0193a1b2-0000-7000-8000-0123456789ab';
const SETTINGS: TranscodeSettings = { ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 };
const SOURCE: Source = {
  width: 1920, height: 1080, rotate: 'AUTO', squarePixels: true, hasAudio: true, durationSeconds: 60, frameRate: { numerator: 25, denominator: 1 },
};

const LIMIT = { tooLongFrom: 3601 };

const settingsOf = (source: Source) => jobSettings({
  videoId: VIDEO_ID,
  attempt: 2,
  input: 's3://sources/a',
  mediaBucket: 'media',
  source,
  renderings: chooseRungs(source, SETTINGS.ladder),
  clipSeconds: durationLimit(source.durationSeconds, SETTINGS.maxDurationSeconds).clipSeconds,
}, SETTINGS);

async function wire(input: CreateJobCommandInput): Promise<any> {
  let body = '';
  const client = new MediaConvertClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle: async (request: { body: Uint8Array }) => { body = new TextDecoder().decode(request.body); throw new Error('sent'); } } as never,
    maxAttempts: 1,
  });
  await client.send(new CreateJobCommand(input)).catch((error) => expect(error.message).toBe('sent'));
  return JSON.parse(body);
}

const video = (settings: ReturnType<typeof settingsOf>) => settings.OutputGroups[0].Outputs as any[];
const h264 = (settings: ReturnType<typeof settingsOf>) => video(settings)[0].VideoDescription.CodecSettings.H264Settings;

describe('jobSettings', () => {
  test('creates HLS with CMAF segments below the prefix of the attempt, with one file name per rung', () => {
    const [hls, poster] = settingsOf(SOURCE).OutputGroups;
    expect(hls.OutputGroupSettings).toMatchObject({
      Type: 'CMAF_GROUP_SETTINGS', CmafGroupSettings: { Destination: `s3://media/v/${VIDEO_ID}/2/hls/index`, SegmentLength: 6, WriteHlsManifest: 'ENABLED', WriteDashManifest: 'DISABLED' },
    });
    expect(poster.OutputGroupSettings).toMatchObject({ FileGroupSettings: { Destination: `s3://media/v/${VIDEO_ID}/2/poster/poster` } });
    expect((hls.Outputs as Output[]).map(({ NameModifier }) => NameModifier)).toEqual(['_1080p', '_720p', '_540p', '_360p', '_240p', '_audio']);
  });

  test('uses only features of the Basic tier', () => {
    for (const { VideoDescription: description } of video(settingsOf(SOURCE)).slice(0, -1)) {
      const { Codec, H264Settings } = description.CodecSettings;
      expect([Codec, H264Settings.QualityTuningLevel, H264Settings.RateControlMode]).toEqual(['H_264', 'SINGLE_PASS_HQ', 'QVBR']);
      expect(description.VideoPreprocessors).toBeUndefined();
    }
  });

  test('audio is a separate rendition; a source without audio has no selector and no output for it', () => {
    expect(settingsOf(SOURCE).Inputs[0].AudioSelectors).toEqual({ 'Audio Selector 1': { DefaultSelection: 'DEFAULT' } });
    const silent = settingsOf({ ...SOURCE, hasAudio: false });
    expect(silent.Inputs[0].AudioSelectors).toBeUndefined();
    expect(video(silent).map(({ NameModifier }) => NameModifier)).not.toContain('_audio');
    expect(JSON.stringify(silent)).not.toMatch(/audio/i);
  });

  test('clips a source without a stated duration slightly after the limit, with zero-based timecodes', () => {
    expect(settingsOf(SOURCE).Inputs[0]).not.toHaveProperty('InputClippings');
    const [input] = settingsOf({ ...SOURCE, durationSeconds: undefined }).Inputs;
    expect(input).toMatchObject({ TimecodeSource: 'ZEROBASED', InputClippings: [{ EndTimecode: '01:06:01:00' }] });
  });

  test('the frame rate is the rate of the source, or the rate divided by an integer', () => {
    expect(h264(settingsOf(SOURCE))).toMatchObject({ FramerateControl: 'INITIALIZE_FROM_SOURCE' });
    expect(h264(settingsOf({ ...SOURCE, frameRate: { numerator: 60, denominator: 1 } }))).toMatchObject({
      FramerateControl: 'SPECIFIED', FramerateNumerator: 60, FramerateDenominator: 2,
    });
  });

  test('gives anamorphic sources square pixels', () => {
    expect(h264(settingsOf(SOURCE)).ParControl).toBeUndefined();
    expect(h264(settingsOf({ ...SOURCE, squarePixels: false }))).toMatchObject({ ParControl: 'SPECIFIED', ParNumerator: 1, ParDenominator: 1 });
  });

  test.each<[string, number | undefined, number]>([['long', 600, 10], ['a clip', 6, 1], ['a blink', 0.5, 1], ['unknown', undefined, 5]])(
    'the poster is not the first frame: %s', (_, durationSeconds, seconds) => {
      const poster = settingsOf({ ...SOURCE, durationSeconds }).OutputGroups[1].Outputs[0] as any;
      expect(poster.VideoDescription).toMatchObject({
        Width: 1280, Height: 720, CodecSettings: { FrameCaptureSettings: { FramerateNumerator: 1, FramerateDenominator: seconds, MaxCaptures: 2 } },
      });
    });

  test('the settings are valid for MediaConvert\'s API model and for the local stack', async () => {
    const { createJob } = createModel();
    const source = fc.record({
      width: fc.integer({ min: 32, max: 4096 }),
      height: fc.integer({ min: 32, max: 4096 }),
      rotate: fc.constantFrom<Source['rotate']>('AUTO', 'DEGREES_90', 'DEGREES_180', 'DEGREES_270'),
      squarePixels: fc.boolean(),
      hasAudio: fc.boolean(),
      durationSeconds: fc.option(fc.double({ min: 0.01, max: 90_000, noNaN: true }), { nil: undefined }),
      frameRate: fc.option(fc.record({ numerator: fc.integer({ min: 1, max: 240_000 }), denominator: fc.integer({ min: 1, max: 1001 }) }), { nil: undefined }),
    });
    await fc.assert(fc.asyncProperty(source, async (one) => {
      const renderings = chooseRungs(one, DEFAULT_LADDER);
      fc.pre(renderings.length > 0);
      const UserMetadata = jobMetadata(VIDEO_ID, 1, one, renderings, LIMIT);
      const body = await wire({ Role: 'arn:role', Queue: 'arn:queue', Settings: settingsOf(one), UserMetadata });
      createJob(body);
    }), { numRuns: 50 });
  });

  test('the API model rejects unknown settings', async () => {
    const body = await wire({ Role: 'arn:role', Queue: 'arn:queue', Settings: settingsOf(SOURCE) });
    body.settings.outputGroups[0].outputs[0].videoDescription.codecSettings.h264Settings.rateControlMode = 'QVB';
    expect(() => createModel().createJob(body)).toThrow('rateControlMode');
  });
});

describe('jobMetadata', () => {
  const renderings = chooseRungs(SOURCE, DEFAULT_LADDER);

  test('the metadata is the same after a round trip', () => {
    expect(parseJobMetadata(jobMetadata(VIDEO_ID, 3, SOURCE, renderings, LIMIT))).toEqual({
      videoId: VIDEO_ID,
      attempt: 3,
      source: { width: 1920, height: 1080 },
      tooLongFrom: 3601,
      maxBitrates: [6_000_000, 4_000_000, 2_000_000, 1_000_000, 350_000],
    });
  });

  test('the metadata contains no special characters', () => {
    for (const value of Object.values(jobMetadata(VIDEO_ID, 3, SOURCE, renderings, LIMIT))) expect(value).toMatch(/^[a-z0-9-]+$/);
  });

  test.each<[string, Record<string, string> | undefined]>([
    ['none', undefined], ['of another service', { guid: 'x' }], ['no attempt', { videoId: VIDEO_ID }],
    ['a wild id', { videoId: '../'.repeat(12), attempt: '1' }], ['a wild attempt', { videoId: VIDEO_ID, attempt: '-1' }],
  ])('returns undefined for metadata of another service: %s', (_, metadata) => expect(parseJobMetadata(metadata)).toBeUndefined());
});
