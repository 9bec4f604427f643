import { bucketOf, useS3 } from './fixture';

const BUCKET = 'sources';
const PAGE = 'https://page.example';
const { raw, deny } = useS3(bucketOf('silent'), bucketOf(BUCKET, {
  CorsConfiguration: {
    CorsRules: [{
      AllowedOrigins: [PAGE, 'https://*.app.example'],
      AllowedMethods: ['PUT'],
      AllowedHeaders: ['content-type', 'x-amz-checksum-*', 'if-none-match'],
      ExposedHeaders: ['ETag'],
      MaxAge: 600,
    }],
  },
}));

test.each<[string, Record<string, string>, number]>([
  ['the page', { 'origin': PAGE, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'Content-Type, x-amz-checksum-crc32' }, 200],
  ['a wildcard origin', { 'origin': 'https://x.app.example', 'access-control-request-method': 'PUT' }, 200],
  ['another origin', { 'origin': 'https://page.example.evil', 'access-control-request-method': 'PUT' }, 403],
  ['another method', { 'origin': PAGE, 'access-control-request-method': 'DELETE' }, 403],
  ['another header', { 'origin': PAGE, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' }, 403],
  ['no origin', { 'access-control-request-method': 'PUT' }, 403],
])('preflight of %s', async (_name, headers, status) => {
  const answer = await raw('OPTIONS', `/${BUCKET}/k`, headers);
  expect(answer.status).toBe(status);
  expect(answer.headers['access-control-allow-origin']).toBe(status === 200 ? headers.origin : undefined);
  if (headers['access-control-request-headers'] && status === 200) expect(answer.headers['access-control-allow-headers']).toBe('content-type, x-amz-checksum-crc32');
  expect((await raw('OPTIONS', '/silent/k', headers)).status).not.toBe(200);
});

test('responses and errors have CORS headers', async () => {
  const good = await raw('PUT', `/${BUCKET}/cors`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
  expect(good.headers).toMatchObject({ 'access-control-allow-origin': PAGE, 'access-control-expose-headers': 'ETag' });
  deny(() => true);
  const bad = await raw('PUT', `/${BUCKET}/cors`, { 'origin': PAGE, 'content-length': '1' }, Buffer.from('x'));
  expect([bad.status, bad.headers['access-control-allow-origin']]).toEqual([403, PAGE]);
  expect((await raw('GET', `/${BUCKET}/cors`, { origin: PAGE })).headers['access-control-allow-origin']).toBeUndefined();
});
