import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

const CONTENT = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 31 + Math.floor(index / 256)) % 251));

describe('a file on the disk', () => {
  let path: string;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'file-')), 'film.mp4');
    writeFileSync(path, CONTENT);
  });

  async function open(options?: { type: string }) {
    const { openFile } = await import('../../../examples/typescript/full/web/upload/file-node.js');
    return openFile(path, options);
  }

  test('has a name, a size and a media type', async () => {
    expect(await open({ type: 'video/mp4' })).toMatchObject({ name: 'film.mp4', type: 'video/mp4', size: 700_000 });
    expect(await open()).not.toHaveProperty('type');
  });

  test.each([[0, 700_000], [0, 1], [1, 300_001], [699_999, 700_000], [500_000, 900_000], [700_000, 700_000]])('returns the bytes from %i to %i', async (start, end) => {
    const part = (await open()).slice(start, end);
    const expected = CONTENT.subarray(start, end);
    const chunks: Uint8Array[] = [];
    // A chunk is valid until the next chunk is read.
    for await (const bytes of part.stream()) chunks.push(bytes.slice());
    expect(part.size).toBe(expected.length);
    expect(Buffer.concat(chunks).equals(expected)).toBe(true);
    expect(Buffer.from(await part.arrayBuffer()).equals(expected)).toBe(true);
  });

  test('returns the bytes of a slice of a slice', async () => {
    const part = (await open()).slice(100, 200).slice(90, 150);
    expect([part.size, Buffer.from(await part.arrayBuffer())]).toEqual([10, CONTENT.subarray(190, 200)]);
  });

  test('that does not exist cannot be opened, and a folder is refused before any request', async () => {
    rmSync(path);
    await expect(open()).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(path);
    const { Upload } = await import('../../../examples/typescript/full/web/upload/upload.js');
    const requests: unknown[] = [];
    const upload = new Upload({ file: await open(), api: async (...request) => void requests.push(request) });
    await expect(upload.start()).rejects.toMatchObject({ name: 'UploadError', code: 'EISDIR' });
    expect(requests).toEqual([]);
  });

  test.each([
    ['longer', () => writeFileSync(path, Buffer.concat([CONTENT, CONTENT]))],
    ['overwritten with the same size', () => writeFileSync(path, Buffer.alloc(CONTENT.length))],
    ['deleted', () => rmSync(path)],
  ])('cannot be read after it was %s', async (_, change) => {
    const part = (await open()).slice(0, 10);
    await new Promise((resolve) => setTimeout(resolve, 20)); // The time of a change has a resolution of some milliseconds.
    change();
    await expect(part.arrayBuffer()).rejects.toMatchObject({ name: 'NotReadableError', message: expect.stringContaining(path) });
  });
});
