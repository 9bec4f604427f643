import { parseS3Url, s3Url } from '../../../src/transcode/job/s3-url';

test.each(['v/1/1/poster/poster.0000001.jpg', 'v/', ''])('the URL of the key %j contains the key', (key) => {
  expect(parseS3Url(s3Url('media', key), 'media')).toBe(key);
});

test.each(['s3://media-2/v/1', 's3://other/media/v/1', 's3://media', 'https://media/v/1', 'v/1'])('returns undefined for a URL outside the bucket: %s', (url) => {
  expect(parseS3Url(url, 'media')).toBeUndefined();
});
