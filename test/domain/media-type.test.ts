import { isMediaTypeRange } from '../../src/domain/media-type';
import { VIDEO_CONTENT_TYPES } from '../../src/domain/upload-limits';

test('isMediaTypeRange accepts media types and ranges', () => {
  for (const range of [...VIDEO_CONTENT_TYPES, 'VIDEO/MP4', 'Video/*']) expect(isMediaTypeRange(range)).toBe(true);
  for (const text of ['video', 'video/', '*/*', '*', 'video/*+xml', 'video/mp4; codecs=avc1', '']) expect(isMediaTypeRange(text)).toBe(false);
});
