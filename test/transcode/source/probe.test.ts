import { isProblem, ProbedContainer, readProbe } from '../../../src/transcode/source/probe';

const SOUND = { TrackType: 'audio', Codec: 'AAC' };
const file = (video: object = {}, container: Partial<ProbedContainer> = {}, codec = 'AVC'): ProbedContainer => ({
  Format: 'mp4',
  Duration: 10.5,
  Tracks: [{ TrackType: 'video', Codec: codec, VideoProperties: { Width: 1920, Height: 1080, FrameRate: { Numerator: 25, Denominator: 1 }, ...video } }, SOUND],
  ...container,
});

describe('readProbe', () => {
  test('a plain file', () => {
    expect(readProbe(file(), 60)).toEqual({
      width: 1920, height: 1080, rotate: 'AUTO', squarePixels: true, hasAudio: true, durationSeconds: 10.5, frameRate: { numerator: 25, denominator: 1 },
    });
  });

  test.each<[string, ProbedContainer, object]>([
    ['a phone held upright', file({ Rotation: 90 }), { width: 1080, height: 1920, rotate: 'AUTO' }],
    ['a phone held upside down', file({ Rotation: 180 }), { width: 1920, height: 1080, rotate: 'AUTO' }],
    ['a negative rotation', file({ Rotation: -90 }), { width: 1080, height: 1920, rotate: 'AUTO' }],
    // MediaConvert reads the rotation only from MP4 and MOV files. For all other containers, the job must specify the rotation.
    ['a turned Matroska', file({ Rotation: 270 }, { Format: 'matroska' }), { width: 1080, height: 1920, rotate: 'DEGREES_270' }],
    ['an angle that is not a multiple of 90', file({ Rotation: 12 }), { width: 1920, height: 1080, rotate: 'AUTO' }],
    ['anamorphic', file({ Width: 720, Height: 576, SampleAspectRatio: { Numerator: 64, Denominator: 45 } }), { width: 1024, height: 576, squarePixels: false }],
    ['anamorphic by its codec', file({ Width: 1440, CodecMetadata: { SampleAspectRatio: { Numerator: 4, Denominator: 3 } } }), { width: 1920, squarePixels: false }],
    ['no sound', file({}, { Tracks: file().Tracks!.slice(0, 1) }), { hasAudio: false }],
    ['unknown sound', file({}, { Tracks: [file().Tracks![0], { TrackType: 'audio', Codec: 'UNKNOWN' }] }), { hasAudio: false }],
    ['no duration, as browsers record it', file({}, { Duration: undefined }), { durationSeconds: undefined }],
    ['no frame rate', file({ FrameRate: { Numerator: 0, Denominator: 0 } }), { frameRate: undefined }],
  ])('%s', (_, container, expected) => expect(readProbe(container, 60)).toMatchObject(expected));

  test.each(['asf', 'avi', 'matroska', 'mp4', 'mpegps', 'mpegts', 'mxf', 'quicktime', 'three_g2', 'three_gp', 'webm'])('accepts %s', (Format) => {
    expect(isProblem(readProbe(file({}, { Format }), 60))).toBe(false);
  });

  test.each<[string, ProbedContainer | undefined, string]>([
    ['nothing', undefined, 'not_a_video'],
    ['no media format', { Tracks: [] }, 'not_a_video'],
    ['a playlist', file({}, { Format: 'hls' }), 'unsupported_codec'],
    ['a manifest', file({}, { Format: 'dash' }), 'unsupported_codec'],
    ['a format that is not in the list', file({}, { Format: 'toString' }), 'unsupported_codec'],
    ['tracks in no container', file({}, { Format: undefined }), 'unsupported_codec'],
    ['sound with a cover picture', file({}, { Format: 'mp3' }), 'unsupported_codec'],
    ['audio only', file({}, { Tracks: [SOUND] }), 'not_a_video'],
    ['no track', file({}, { Tracks: [] }), 'not_a_video'],
    ['an unknown codec', file({}, {}, 'UNKNOWN'), 'unsupported_codec'],
    ['no size', file({ Width: undefined }), 'corrupt'],
    ['too long', file({}, { Duration: 60.1 }), 'too_long'],
    ['too long because of a track that is longer than its container', file({}, { Tracks: [file().Tracks![0], { ...SOUND, Duration: 61 }] }), 'too_long'],
    ['too long by its track', file({}, { Duration: undefined, Tracks: [{ ...file().Tracks![0], Duration: 61 }] }), 'too_long'],
  ])('rejects %s', (_, container, code) => {
    const result = readProbe(container, 60);
    expect(isProblem(result) && result.code).toBe(code);
  });
});
