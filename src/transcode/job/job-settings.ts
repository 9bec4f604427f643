import { Rendering, outputFrameRate } from './ladder';
import { literally } from './literally';
import { posterGroup } from './poster';
import { s3Url } from './s3-url';
import type { TranscodeSettings } from '../../contract/transcode';
import { hlsKey, posterPrefix } from '../../domain/object-keys';
import type { Source } from '../source/source';

/** One attempt's job. */
export interface JobPlan {
  readonly videoId: string;
  readonly attempt: number;
  /** `s3://…` of the source. */
  readonly input: string;
  readonly mediaBucket: string;
  readonly source: Source;
  /** Seconds of the source to read; undefined: all of it. */
  readonly clipSeconds?: number;
  /** Largest first; one at least. */
  readonly renderings: readonly Rendering[];
}

const AUDIO_SELECTOR = 'Audio Selector 1';
const AUDIO_GROUP = 'audio';
/** AAC in stereo: 128 kb/s is what Apple's HLS Authoring Specification recommends at most to need. */
const AUDIO_BITRATE = 128_000;
/** "PC or tablet" in the MediaConvert guide's table of quality levels. */
const QUALITY_LEVEL = 7;

/**
 * The settings of a MediaConvert job: CMAF segments with an HLS playlist, H.264 within the Basic tier (QVBR in a single pass), AAC in a
 * rendition of its own, and a still beside it. Settings that are left out have MediaConvert's defaults.
 */
export function jobSettings(plan: JobPlan, { segmentSeconds, maxFrameRate }: TranscodeSettings) {
  const { source, renderings, videoId, attempt, mediaBucket, clipSeconds } = plan;
  return {
    // Embedded timecodes would move the start of some inputs.
    TimecodeConfig: literally({ Source: 'ZEROBASED' }),
    Inputs: [{
      FileInput: plan.input,
      ...literally({ TimecodeSource: 'ZEROBASED' }),
      ...(clipSeconds !== undefined && { InputClippings: [{ EndTimecode: timecode(clipSeconds) }] }),
      VideoSelector: { Rotate: source.rotate },
      ...(source.hasAudio && { AudioSelectors: { [AUDIO_SELECTOR]: literally({ DefaultSelection: 'DEFAULT' }) } }),
    }],
    OutputGroups: [
      {
        Name: 'hls',
        OutputGroupSettings: cmafGroup(s3Url(mediaBucket, hlsKey(videoId, attempt).replace(/\.m3u8$/, '')), segmentSeconds),
        Outputs: [...renderings.map((rendering) => videoOutput(rendering, source, maxFrameRate)), ...(source.hasAudio ? [audioOutput()] : [])],
      },
      posterGroup(s3Url(mediaBucket, posterPrefix(videoId, attempt)), renderings, source),
    ],
  };
}

/** `HH:MM:SS:FF` of the first frame of a second, which exists at any frame rate. A clip includes the frame that it ends with. */
function timecode(seconds: number): string {
  return [seconds / 3600, seconds / 60 % 60, seconds % 60, 0].map((part) => `${Math.floor(part)}`.padStart(2, '0')).join(':');
}

function cmafGroup(destination: string, segmentSeconds: number) {
  return literally({
    Type: 'CMAF_GROUP_SETTINGS',
    CmafGroupSettings: {
      Destination: destination,
      SegmentControl: 'SEGMENTED_FILES',
      SegmentLength: segmentSeconds,
      // Equal segments in every rendition: a player may change at each of them.
      SegmentLengthControl: 'EXACT',
      FragmentLength: 2,
      ManifestDurationFormat: 'FLOATING_POINT',
      StreamInfResolution: 'INCLUDE',
      WriteHlsManifest: 'ENABLED',
      WriteDashManifest: 'DISABLED',
    },
  });
}

function videoOutput({ name, width, height, maxBitrate }: Rendering, source: Source, maxFrameRate: number) {
  const frameRate = outputFrameRate(source.frameRate, maxFrameRate);
  return {
    NameModifier: `_${name}`,
    ContainerSettings: literally({ Container: 'CMFC', ...(source.hasAudio && { CmfcSettings: { AudioRenditionSets: AUDIO_GROUP } }) }),
    VideoDescription: {
      Width: width,
      Height: height,
      CodecSettings: {
        ...literally({ Codec: 'H_264' }),
        H264Settings: {
          ...literally({
            RateControlMode: 'QVBR',
            QvbrSettings: { QvbrQualityLevel: QUALITY_LEVEL },
            // The best that the Basic tier has: MULTI_PASS_HQ is billed as Professional.
            QualityTuningLevel: 'SINGLE_PASS_HQ',
            SceneChangeDetect: 'TRANSITION_DETECTION',
            // MediaConvert's own advice for segmented outputs: it fits the groups of pictures to the segments.
            GopSizeUnits: 'AUTO',
          }),
          MaxBitrate: maxBitrate,
          ...(frameRate
            ? { ...literally({ FramerateControl: 'SPECIFIED' }), FramerateNumerator: frameRate.numerator, FramerateDenominator: frameRate.denominator }
            : literally({ FramerateControl: 'INITIALIZE_FROM_SOURCE' })),
          ...(!source.squarePixels && literally({ ParControl: 'SPECIFIED', ParNumerator: 1, ParDenominator: 1 })),
        },
      },
    },
  };
}

function audioOutput() {
  return literally({
    NameModifier: '_audio',
    ContainerSettings: { Container: 'CMFC', CmfcSettings: { AudioGroupId: AUDIO_GROUP, AudioTrackType: 'ALTERNATE_AUDIO_AUTO_SELECT_DEFAULT' } },
    AudioDescriptions: [{
      AudioSourceName: AUDIO_SELECTOR,
      CodecSettings: { Codec: 'AAC', AacSettings: { Bitrate: AUDIO_BITRATE, CodingMode: 'CODING_MODE_2_0', SampleRate: 48_000 } },
    }],
  });
}
