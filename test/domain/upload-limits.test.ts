import { isContentTypeRange, oversizedField, readableBytes, refusalOf, titleOf, VIDEO_CONTENT_TYPES } from '../../src/domain/upload-limits';

const limits = { maxSize: 1000, contentTypes: VIDEO_CONTENT_TYPES, expirySeconds: 60 };

describe('what may be uploaded', () => {
  test.each(['video/mp4', 'VIDEO/QuickTime', 'application/mxf', 'Application/MP4'])('%s', (contentType) => {
    expect(refusalOf({ size: 1000, contentType }, limits)).toBeUndefined();
  });

  test.each(['audio/mp4', 'videos/mp4', 'x-video/mp4', 'application/mxf2', 'application/octet-stream', 'text/html'])('not %s', (contentType) => {
    expect(refusalOf({ size: 1, contentType }, limits)).toBe('type_not_allowed');
  });

  test('nothing larger than the limit', () => {
    expect(refusalOf({ size: 1001, contentType: 'video/mp4' }, limits)).toBe('too_large');
  });

  test('is named by media types, or families of them', () => {
    for (const range of [...VIDEO_CONTENT_TYPES, 'VIDEO/MP4', 'Video/*']) expect(isContentTypeRange(range)).toBe(true);
    for (const text of ['video', 'video/', '*/*', '*', 'video/*+xml', 'video/mp4; codecs=avc1', '']) expect(isContentTypeRange(text)).toBe(false);
  });
});

test('a title made of a file name keeps whole characters', () => {
  expect(titleOf('holiday.mp4')).toBe('holiday.mp4');
  expect(titleOf('🎬'.repeat(255))).toBe('🎬'.repeat(200));
});

describe('what people may write about a video', () => {
  const filler = (bytes: number) => ({ description: 'x'.repeat(32 * 1024 - bytes) });
  test.each([
    ['a text', 'abc', 3],
    ['Cyrillic', 'ж', 2],
    ['an emoji', '🎬', 4],
    ['nothing', undefined, 0],
    ['a list', ['ab', 'ж'], 3 + 1 + 2 + 1 + 2],
    ['an empty list', [], 3],
    ['a map', { ж: 'a', b: '🎬' }, 3 + 1 + 3 + 1 + 5],
  ])('counts %s as DynamoDB does', (_, field, bytes) => {
    expect(oversizedField({ field, ...filler(bytes) })).toBeUndefined();
    expect(oversizedField({ field, ...filler(bytes - 1) })).toEqual({ name: 'description', bytes: 32 * 1024 - bytes + 1, totalBytes: 32 * 1024 + 1 });
  });
});

test.each([[0, '0 bytes'], [1000, '1000 bytes'], [1024, '1 KiB'], [5 * 1024 ** 3, '5 GiB'], [5 * 1024 ** 3 + 1, '5.01 GiB'], [2 ** 53, '8192 TiB']])('%i bytes read as %s', (bytes, text) => {
  expect(readableBytes(bytes)).toBe(text);
});
