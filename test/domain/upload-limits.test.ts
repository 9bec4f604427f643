import { refusalOf, VIDEO_CONTENT_TYPES } from '../../src/domain/upload-limits';

const limits = { maxSize: 1000, multipartThreshold: 100, contentTypes: VIDEO_CONTENT_TYPES, expirySeconds: 60 };

describe('upload limits', () => {
  test.each(['video/mp4', 'VIDEO/QuickTime', 'application/mxf', 'Application/MP4'])('allow the content type %s', (contentType) => {
    expect(refusalOf({ size: 1000, contentType }, limits)).toBeUndefined();
  });

  test.each(['audio/mp4', 'videos/mp4', 'x-video/mp4', 'application/mxf2', 'application/octet-stream', 'text/html'])('reject the content type %s', (contentType) => {
    expect(refusalOf({ size: 1, contentType }, limits)).toBe('type_not_allowed');
  });

  test('reject a file larger than maxSize', () => {
    expect(refusalOf({ size: 1001, contentType: 'video/mp4' }, limits)).toBe('too_large');
  });
});
