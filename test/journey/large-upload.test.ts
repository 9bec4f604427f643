import * as path from 'path';
import { crc32 } from 'zlib';
import { Client, problemOf } from './client';
import { cutConnection } from './cut-connection';
import { digestOf, madeContent, partFiles, storedDigest } from './source-files';
import { PATIENCE_MS, peakMemory, StackProcess, stopAll } from './stack';
import { base64Of, partOf, putBytes, signPart, stateOf, type CallApi, type StoredPart } from '../../local/upload-file';

jest.setTimeout(PATIENCE_MS);

const MEBIBYTE = 1024 ** 2;
const LIMIT = 400 * MEBIBYTE;
/** Three parts of 16, 16 and 8 MiB. */
const CONTENT = madeContent(40 * MEBIBYTE);

describe('a large upload', () => {
  let stack: StackProcess;
  let client: Client;
  let call: CallApi;
  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'parts.fixture.ts') });
    client = await Client.signIn(stack.facts);
    call = client.call.bind(client);
  });
  afterAll(stopAll);

  async function begin(title: string): Promise<{ videoId: string; partSize: number }> {
    const { video, upload } = await client.declare(CONTENT.size, title);
    if (upload.kind !== 'multipart') throw new Error(`expected an upload in parts, got ${upload.kind}`);
    expect(upload).toEqual({ kind: 'multipart', partSize: 16 * MEBIBYTE, partCount: 3, expiresAt: expect.any(String) });
    return { videoId: video.videoId, partSize: upload.partSize };
  }

  /** Uploads part `partNumber` with the content of part `from`. */
  async function sendPart(videoId: string, partSize: number, partNumber: number, from = partNumber): Promise<void> {
    const bytes = await partOf(CONTENT, partSize, from);
    await putBytes(await signPart(call, videoId, partNumber, bytes), bytes);
  }

  const numbersOf = (parts: readonly StoredPart[] = []) => parts.map(({ partNumber }) => partNumber);

  it('continues in a second client after a cut connection, and stores the bytes of the file', async () => {
    const { videoId, partSize } = await begin('continued');
    await sendPart(videoId, partSize, 1);
    const bytes = await partOf(CONTENT, partSize, 2);
    await cutConnection(await signPart(call, videoId, 2, bytes), bytes);

    const second = await Client.signIn(stack.facts);
    const { upload, parts } = await stateOf(second.call.bind(second), videoId);
    expect([upload?.kind, numbersOf(parts)]).toEqual(['multipart', [1]]);
    const sent: number[] = [];
    await second.continueUpload(videoId, CONTENT, async (signed, part) => {
      sent.push(Number(new URL(signed.url).searchParams.get('partNumber')));
      await putBytes(signed, part);
    });
    expect(sent).toEqual([2, 3]);
    expect(await storedDigest(stack.data, videoId)).toBe(await digestOf(CONTENT));
    // The whole file is stored, so there is nothing to continue.
    const [video, file] = [expect.objectContaining({ videoId }), expect.objectContaining({ size: CONTENT.size })];
    expect(await stateOf(call, videoId)).toEqual({ video, file, parts: [] });
    await second.continueUpload(videoId, CONTENT, () => { throw new Error('no part is missing'); });
    expect((await client.settled(videoId)).error?.code).toBe('not_a_video');
  });

  it('accepts parts in any order', async () => {
    const { videoId, partSize } = await begin('in any order');
    await Promise.all([3, 1, 2].map((partNumber) => sendPart(videoId, partSize, partNumber)));
    await call('POST', `/upload/${videoId}/complete`);
    expect(await storedDigest(stack.data, videoId)).toBe(await digestOf(CONTENT));
  });

  it('does not complete a file whose parts are swapped or missing', async () => {
    const { videoId, partSize } = await begin('swapped');
    await sendPart(videoId, partSize, 1, 2);
    await sendPart(videoId, partSize, 2, 1);
    expect(await problemOf(await client.fetch('POST', `/upload/${videoId}/complete`))).toEqual([409, 'application/problem+json', 'parts_missing']);
    await sendPart(videoId, partSize, 3);
    const checksum = base64Of(crc32(await CONTENT.read(0, CONTENT.size)));
    expect(await problemOf(await client.fetch('POST', `/upload/${videoId}/complete`, { checksum }))).toEqual([409, 'application/problem+json', 'checksum_mismatch']);
    expect(await storedDigest(stack.data, videoId)).toBeUndefined();
    // The client replaces the swapped parts, because their checksums differ from those of the file.
    await client.continueUpload(videoId, CONTENT);
    expect(await storedDigest(stack.data, videoId)).toBe(await digestOf(CONTENT));
  });

  it('can be completed twice, and not aborted afterwards', async () => {
    const { videoId, partSize } = await begin('twice');
    for (const partNumber of [1, 2, 3]) await sendPart(videoId, partSize, partNumber);
    const bytes = await partOf(CONTENT, partSize, 1);
    const late = await signPart(call, videoId, 1, bytes);
    const complete = () => client.fetch('POST', `/upload/${videoId}/complete`);
    const [first, second] = await Promise.all([complete(), complete()]);
    expect([first.status, second.status, (await complete()).status]).toEqual([200, 200, 200]);
    expect((await client.fetch('DELETE', `/upload/${videoId}`)).status).toBe(409);
    await expect(putBytes(late, bytes)).rejects.toThrow('404');
    await client.settled(videoId);
    expect((await complete()).status).toBe(200);
    expect(await storedDigest(stack.data, videoId)).toBe(await digestOf(CONTENT));
  });

  it('leaves nothing behind after an abort', async () => {
    const { videoId, partSize } = await begin('aborted');
    await sendPart(videoId, partSize, 1);
    const bytes = await partOf(CONTENT, partSize, 2);
    const late = await signPart(call, videoId, 2, bytes);
    expect(partFiles(stack.data)).not.toEqual([]);
    expect((await client.fetch('DELETE', `/upload/${videoId}`)).status).toBe(204);
    expect(await Promise.all(['GET', 'DELETE'].map(async (method) => (await client.fetch(method, `/upload/${videoId}`)).status))).toEqual([404, 404]);
    await expect(putBytes(late, bytes)).rejects.toThrow('404');
    expect(partFiles(stack.data)).toEqual([]);
  });

  it('streams 512 MiB with little memory, and ends as not_a_video', async () => {
    const videoId = await client.upload(madeContent(512 * MEBIBYTE), 'large');
    const { status, error } = await client.settled(videoId);
    expect([status, error?.code]).toEqual(['errored', 'not_a_video']);

    const own = stack.processes().filter(({ command }) => command.startsWith(process.execPath));
    const memory = new Map(own.map((each) => [`${each.pid} ${each.command}`, peakMemory(each)]));
    // The stack has a main process, and a process for each handler that ran.
    expect(memory.size).toBeGreaterThan(3);
    expect([...memory].filter(([, bytes]) => bytes > LIMIT)).toEqual([]);
    // A failed measurement returns 0, which is below LIMIT, so each measurement must also have a minimum.
    expect(Math.min(...memory.values())).toBeGreaterThan(10 * MEBIBYTE);
  });
});
