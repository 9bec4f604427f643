import { readFileSync } from 'fs';
import { join } from 'path';
import { createContext } from 'vm';
import { FakePage } from './page';
import { fileLimitsOf } from '../../../src/upload/upload-files';
import { load } from '../page-modules';
import { CONTENT, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

/** Returns a document with these `meta` elements. */
function pageWith(content: Record<string, string>): object {
  const found = (name: string) => (content[name] === undefined ? null : { content: content[name] });
  return { querySelector: (selector: string) => found(/name="(.*)"/.exec(selector)![1]) };
}

describe('a file that the service would reject', () => {
  test.each<[string, File, string]>([
    ['too large', new File([CONTENT, CONTENT], 'large.mp4', { type: 'video/mp4' }), 'large.mp4 (10.7 KiB) exceeds the maximum size of 9.77 KiB by 1000 bytes.'],
    ['another type', new File([SMALL], 'notes.txt', { type: 'text/plain' }), 'notes.txt: only videos can be uploaded. This file has the type text/plain.'],
  ])('is refused as soon as it is chosen, before any request: %s', async (_, file, message) => {
    const page = await FakePage.open();
    const good = new File([SMALL], 'cat.mp4', { type: 'video/mp4' });
    page.uploads.actions.chooseFiles({ target: { files: [file, good], value: '' } });
    await page.settled();
    expect(page.uploads.chosen.map(({ file: { name } }: { file: File }) => name)).toEqual(['cat.mp4']);
    expect([page.messages, page.service.log]).toEqual([[message], []]);
  });

  test('is not confused with a file at the limit, or with a file whose type the browser does not know', async () => {
    const page = await FakePage.open();
    const files = [new File([Buffer.alloc(10_000)], 'limit.mp4', { type: 'Video/MP4' }), new File([SMALL], 'a.mxf', { type: 'application/mxf' }), new File([SMALL], 'b.mxf')];
    page.uploads.actions.chooseFiles({ target: { files, value: '' } });
    await page.settled();
    expect([page.messages, page.uploads.chosen.length]).toEqual([[], 3]);
  });
});

test('the page reads the limits from index.html, and without them only the service checks a file', async () => {
  const { limitsOf, refusalOf } = await load('upload-queue/limits.js', createContext({}));
  const read = limitsOf(pageWith({ 'upload-max-bytes': '5', 'upload-content-types': 'video/mp4 video/webm' }));
  expect({ ...read, contentTypes: [...read.contentTypes] }).toEqual({ maxBytes: 5, contentTypes: ['video/mp4', 'video/webm'] });
  expect(refusalOf({ name: 'a.mkv', size: 1, type: 'video/matroska' }, read)).toBe('a.mkv: files of the type video/matroska can\'t be uploaded here. Allowed types: video/mp4, video/webm.');
  const unknown = limitsOf(pageWith({}));
  expect(refusalOf({ name: 'a', size: 1e15, type: 'text/plain' }, unknown)).toBeUndefined();
  expect(refusalOf({ name: 'a.mp4', size: 6, type: '' }, read)).toBe('a.mp4 (6 bytes) exceeds the maximum size of 5 bytes by 1 byte.');
});

test('the limits in index.html are the defaults of the construct', () => {
  const page = readFileSync(join(__dirname, '../../../examples/typescript/full/web/index.html'), 'utf8');
  const read = (name: string) => new RegExp(`name="${name}" content="([^"]*)"`).exec(page)![1];
  const { maxSize, contentTypes } = fileLimitsOf(undefined);
  expect([Number(read('upload-max-bytes')), read('upload-content-types').split(' ')]).toEqual([maxSize, contentTypes]);
});
