import { FakePage, handleOf } from './page';
import { CONTENT, fileOf, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

const FILM = fileOf(CONTENT);
const CAT = fileOf(SMALL, 'cat.mp4');

/** Opens the page with an upload of FILM that has failed because the user chose CAT to continue it. */
async function failed(): Promise<FakePage> {
  const page = await FakePage.open();
  page.service.bytesPerStep = 100;
  await page.upload({ file: FILM });
  await page.advance(1);
  page.uploads.queue.clear();
  await page.settled();
  await page.upload({ file: CAT, title: 'Film', videoId: 'v1' } as any);
  expect(page.entries).toEqual([expect.objectContaining({ phase: 'failed', needsFile: true })]);
  return page;
}

async function choose(page: FakePage, file?: File): Promise<void> {
  page.window.showOpenFilePicker = async () => {
    if (!file) throw new DOMException('the user cancelled', 'AbortError');
    return [handleOf(file)];
  };
  page.uploads.actions.chooseAgain(page.entries[0].id);
  await page.settled();
}

describe('after an error of the file, the user chooses the file again', () => {
  test('and the upload continues with the new file in the same row', async () => {
    const page = await failed();
    const [{ id }] = page.entries;
    await choose(page, FILM);
    expect(page.entries).toEqual([expect.objectContaining({ id, title: 'Film', phase: 'uploading', totalBytes: 5500 })]);
    expect([...page.handles.keys()]).toEqual(['ada v1']);
    await page.advance(10);
    expect([page.sent, page.service.count('create'), page.service.uploads.get('v1')!.whole]).toEqual([['v1'], 1, CONTENT]);
  });

  test('or keeps the failed row without a choice, with an empty file, and with a file of another row', async () => {
    const page = await failed();
    const rows = page.rows;
    await choose(page);
    await choose(page, fileOf(Buffer.alloc(0), 'nothing.mp4'));
    expect(page.rows).toEqual(rows);
    await page.upload({ file: FILM });
    await choose(page, FILM);
    expect(page.rows).toEqual([...rows, 'film.mp4: uploading']);
    expect(page.messages).toEqual(['nothing.mp4: an empty file can\'t be uploaded.', 'film.mp4 (5.37 KiB): this file is in the list already.']);
  });

  test('and a file that could not be read before its upload started gives its name to the row', async () => {
    const page = await FakePage.open();
    const unreadable = Object.assign(fileOf(SMALL, 'gone.mp4'), { slice: () => { throw new DOMException('moved', 'NotReadableError'); } });
    await page.upload({ file: unreadable });
    expect(page.entries).toEqual([expect.objectContaining({ phase: 'failed', needsFile: true })]);
    await choose(page, CAT);
    expect([page.messages, page.sent, page.service.uploads.get('v1')]).toEqual([[], ['v1'], expect.objectContaining({ whole: SMALL, request: expect.objectContaining({ fileName: 'cat.mp4' }) })]);
  });

  test('only after these errors', async () => {
    const page = await FakePage.open();
    page.service.plan('sign', { status: 400, code: 'invalid_request', message: 'not valid' });
    await page.upload({ file: FILM });
    expect(page.entries).toEqual([expect.objectContaining({ phase: 'failed', needsFile: false, isFinal: false })]);
  });
});
