import { Rendering, outputFrameRate } from './ladder';
import { literally } from './literally';
import { posterGroup } from './poster';
import { s3Url } from './s3-url';
import type { TranscodeSettings } from '../../contract/transcode';
import { hlsKey, posterPrefix } from '../../domain/object-keys';
import type { Source } from '../source/source';

export interface JobPlan {
  readonly videoId: string;
  readonly attempt: number;
  readonly input: string;
  readonly mediaBucket: string;
  readonly source: Source;
  readonly clipSeconds?: number;
  /** At least one rendition, largest first. */
  readonly renderings: readonly Rendering[];
}

const AUDIO_SELECTOR = 'Audio Selector 1';
const AUDIO_GROUP = 'audio';
/** In bits per second. This is the highest bitrate that Apple's HLS Authoring Specification requires for stereo AAC audio. */
const AUDIO_BITRATE = 128_000;
/** The QVBR quality level that the MediaConvert User Guide recommends for "PC or tablet". */
const QUALITY_LEVEL = 7;

/** The video is H.264 with single-pass QVBR, which MediaConvert bills in the Basic tier. Omitted settings have MediaConvert's defaults. */
export function jobSettings(plan: JobPlan, { segmentSeconds, maxFrameRate }: TranscodeSettings) {
  const { source, renderings, videoId, attempt, mediaBucket, clipSeconds } = plan;
  return {
    // Timecodes in a source file would shift the start of some inputs. With ZEROBASED, MediaConvert ignores these timecodes.
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

/**
 * Returns `HH:MM:SS:00`. The last number is the frame within the second: 00 is valid at every frame rate. A clip includes the frame at its end timecode, so a
 * clip can be one frame longer than `seconds`.
 */
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
      // All renditions need equal segments, so that a player can switch between renditions at each segment.
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
            // SINGLE_PASS_HQ is the best quality in the Basic tier, because MULTI_PASS_HQ is billed as Professional tier.
            QualityTuningLevel: 'SINGLE_PASS_HQ',
            SceneChangeDetect: 'TRANSITION_DETECTION',
            // MediaConvert recommends AUTO for segmented outputs, because GOPs then align with segments.
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
