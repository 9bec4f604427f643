import { createServer, IncomingMessage } from 'http';
import type { AddressInfo } from 'net';
import { verifies as verifiesWith } from './verify-url';
import { type PutRequest, urlSigner } from '../../src/upload/sign-url.runtime';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret/of the+role', sessionToken: 'session/token+with=signs' };
const now = new Date('2026-11-22T10:00:00.789Z');
const key = 'source/019aa000-0000-7000-8000-000000000001/original';
const declared: PutRequest = { key, size: 5, headers: { 'content-type': 'video/mp4', 'if-none-match': '*' } };
const session = async () => ({ credentials, expiration: new Date('2026-11-22T11:00:00.000Z') });

const signer = (given: Partial<Parameters<typeof urlSigner>[0]> = {}) => urlSigner({
  address: 'https://sources.s3.eu-central-1.amazonaws.com', region: 'eu-central-1', expirySeconds: 600, clock: () => now, session, ...given,
});

const verifies = (url: string, sent: Record<string, string>) => verifiesWith(url, sent, credentials);

describe('a signed PUT', () => {
  const host = 'sources.s3.eu-central-1.amazonaws.com';

  test('a signed URL is valid only for the declared request', async () => {
    const { url, headers } = await signer()(declared);
    const sent = { ...headers, host, 'content-length': '5' };
    expect(await verifies(url, sent)).toBe(true);
    expect(await verifies(url, { ...sent, 'content-length': '6' })).toBe(false);
    expect(await verifies(url, { ...sent, 'content-type': 'text/html' })).toBe(false);
    expect(await verifies(url, { ...sent, 'if-none-match': '"etag"' })).toBe(false);
    expect(await verifies(url, { host, 'content-length': '5', 'content-type': 'video/mp4' })).toBe(false);
    expect(await verifies(url.replace('0001/original', '0002/original'), sent)).toBe(false);
  });

  test('a signed PUT includes type and length, never overwrites an object, and has no checksum of an empty body', async () => {
    const { url, headers } = await signer()(declared);
    const { searchParams, origin, pathname } = new URL(url);
    expect(`${origin}${pathname}`).toBe(`https://${host}/${key}`);
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    expect(searchParams.get('X-Amz-Security-Token')).toBe(credentials.sessionToken);
    expect(headers).toEqual({ 'content-type': 'video/mp4', 'if-none-match': '*' });
    expect(url).not.toMatch(/checksum|crc32/i);
    expect(url).not.toContain(encodeURIComponent(credentials.secretAccessKey));
  });

  test('a signed URL has another signature for another length', async () => {
    const signature = async (size: number) => new URL((await signer()({ ...declared, size })).url).searchParams.get('X-Amz-Signature');
    expect(await signature(5)).toBe(await signature(5));
    expect(await signature(6)).not.toBe(await signature(5));
  });

  test('expiresAt is not later than the expiry of the signature', async () => {
    const { url, expiresAt } = await signer()(declared);
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('600');
    expect(new URL(url).searchParams.get('X-Amz-Date')).toBe('20261122T100000Z');
    expect(expiresAt).toBe('2026-11-22T10:10:00.000Z');
  });

  test('a signed URL is valid for at most 15 minutes, even if the settings allow more', async () => {
    const { url, expiresAt } = await signer({ expirySeconds: 43_200 })(declared);
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('900');
    expect(expiresAt).toBe('2026-11-22T10:15:00.000Z');
  });

  test.each([
    ['2026-11-22T10:00:59.999Z', '59', '2026-11-22T10:00:59.000Z'],
    ['2026-11-22T10:09:59.000Z', '599', '2026-11-22T10:09:59.000Z'],
    ['2026-11-22T10:10:00.000Z', '600', '2026-11-22T10:10:00.000Z'],
  ])('a signed URL expires at the latest when the session expires, at %s', async (expiration, seconds, expected) => {
    const { url, expiresAt } = await signer({ session: async () => ({ credentials, expiration: new Date(expiration) }) })(declared);
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe(seconds);
    expect(expiresAt).toBe(expected);
  });

  test('each signature uses the current session', async () => {
    let accessKeyId = 'AKIDFIRST';
    const sign = signer({ session: async () => ({ ...await session(), credentials: { ...credentials, accessKeyId } }) });
    await sign(declared);
    accessKeyId = 'AKIDNEXT';
    expect(new URL((await sign(declared)).url).searchParams.get('X-Amz-Credential')).toMatch(/^AKIDNEXT\//);
  });

  test('the URL of a part contains the upload and the part number, and is valid only for the declared checksum', async () => {
    const part: PutRequest = { key, size: 5, headers: { 'x-amz-checksum-crc32': 'yZRlqg==' }, query: { partNumber: '7', uploadId: 'a.b_c-d~' } };
    const { url, headers } = await signer()(part);
    const { searchParams } = new URL(url);
    expect(Object.fromEntries([...searchParams].filter(([name]) => !name.startsWith('X-Amz')))).toEqual({ partNumber: '7', uploadId: 'a.b_c-d~' });
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host;x-amz-checksum-crc32');
    expect(headers).toEqual({ 'x-amz-checksum-crc32': 'yZRlqg==' });
    // If the checksum were in the query, a client could omit the checksum header. S3 would then accept a body with a different checksum.
    expect(url.replace('x-amz-checksum-crc32', '')).not.toMatch(/checksum/i);
    const sent = { host, 'content-length': '5', ...headers };
    expect(await verifies(url, sent)).toBe(true);
    expect(await verifies(url, { ...sent, 'x-amz-checksum-crc32': 'AAAAAA==' })).toBe(false);
    expect(await verifies(url, { ...sent, 'content-length': '6' })).toBe(false);
    expect(await verifies(url.replace('partNumber=7', 'partNumber=8'), sent)).toBe(false);
    expect(await verifies(url.replace('uploadId=a', 'uploadId=b'), sent)).toBe(false);
    expect(await verifies(url, { host, 'content-length': '5' })).toBe(false);
  });

  test('a signed URL has the port and the path of the bucket\'s URL, and is valid as sent by an HTTP client', async () => {
    let received: IncomingMessage | undefined;
    const server = createServer((request, response) => {
      received = request;
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { url, headers } = await signer({ address: `${address}/bucket` })(declared);
    await fetch(url, { method: 'PUT', headers, body: Buffer.from('12345') });
    await new Promise((resolve) => server.close(resolve));
    expect(received?.url).toMatch(new RegExp(`^/bucket/${key}\\?`));
    expect(await verifies(`${address}${received?.url}`, received?.headers as Record<string, string>)).toBe(true);
  });
});
