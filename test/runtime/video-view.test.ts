import { Validator } from '@cfworker/json-schema';
import { idOf, videoRow } from './rows/catalog-table';
import { videoSchema } from '../../src/contract/schemas';
import { toVideo } from '../../src/runtime/video-view';

const posterUrl = (key: string) => `https://videos.example.com/${key}?signed`;
const as = (userId: string, ...groups: string[]) => ({ caller: { userId, groups }, roles: { admins: ['bosses'] }, posterUrl });
const ready = videoRow({
  videoId: idOf(1),
  owner: 'ann',
  status: 'ready',
  progress: 100,
  publishedAt: '2026-11-22T10:05:00.000Z',
  listedFor: 'signed-in',
  listedAt: `2026-11-22T10:05:00.000Z#${idOf(1)}`,
  claim: { attempt: 1, token: 'token', startedAt: '2026-11-22T10:01:00.000Z' },
  jobId: 'job',
  media: { hls: 'v/1/1/hls/index.m3u8', poster: 'v/1/1/poster.0000000.jpg' },
  durationSeconds: 6,
  width: 1920,
  height: 1080,
  renditions: [{ codec: 'avc1', width: 640, height: 360, bitsPerSecond: 600_000 }],
});

describe('a video in a response', () => {
  test('a video matches its schema, has the signed URL of its poster, and contains no internal attributes of the row', () => {
    const video = toVideo(ready, as('bob'), { description: 'About it', metadata: { a: 'b' } });
    expect(new Validator(videoSchema as object, '4').validate(video)).toEqual({ valid: true, errors: [] });
    expect(video.poster).toBe('https://videos.example.com/v/1/1/poster.0000000.jpg?signed');
    expect(Object.keys(video).sort()).toEqual([
      'createdAt', 'description', 'durationSeconds', 'height', 'metadata', 'owner', 'poster', 'progress', 'publishedAt', 'renditions', 'status', 'tags', 'title',
      'updatedAt', 'videoId', 'visibility', 'width',
    ]);
  });

  test('a video has no keys without a value', () => {
    const video = toVideo(videoRow({ videoId: idOf(2) }), as('owner'), { description: undefined });
    expect(Object.keys(video).sort()).toEqual(['createdAt', 'owner', 'progress', 'status', 'tags', 'title', 'updatedAt', 'videoId', 'visibility']);
  });

  test('a video has a poster only when it is ready', () => {
    expect(toVideo({ ...ready, status: 'processing' }, as('ann'))).not.toHaveProperty('poster');
    expect(toVideo({ ...ready, media: { hls: 'hls' } }, as('ann'))).not.toHaveProperty('poster');
  });

  test('a video has no poster if no URL can be signed', () => {
    expect(toVideo(ready, { ...as('ann'), posterUrl: undefined })).not.toHaveProperty('poster');
  });

  test('a video contains its error only for its owner and admins', () => {
    const errored = { ...ready, status: 'errored' as const, error: { code: 'corrupt' as const, message: 'no moov atom' } };
    expect(toVideo(errored, as('ann')).error).toEqual({ code: 'corrupt', message: 'no moov atom' });
    expect(toVideo(errored, as('bob', 'bosses')).error).toEqual({ code: 'corrupt', message: 'no moov atom' });
    expect(toVideo(errored, as('bob', 'others'))).not.toHaveProperty('error');
    // The row of a ready video can contain the error of an earlier attempt, which viewers must not see.
    expect(toVideo({ ...errored, status: 'ready' }, as('bob'))).not.toHaveProperty('error');
  });
});
