import { FakePage, handleOf } from './page';
import { CONTENT, fileOf, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

const FILM = fileOf(CONTENT);
const CAT = fileOf(SMALL, 'cat.mp4');

/** Opens the page after an upload of FILM was interrupted. The page has no file handle of this upload. */
async function interrupted(): Promise<FakePage> {
  const page = await FakePage.open();
  page.service.bytesPerStep = 100;
  await page.upload({ file: FILM });
  await page.advance(1);
  page.uploads.queue.clear();
  await page.settled();
  return page;
}

const VIDEO = { videoId: 'v1', title: 'film.mp4' };
const picks = (page: FakePage, file: File) => { page.window.showOpenFilePicker = async () => [handleOf(file)]; };

describe('the file handle of an upload is stored', () => {
  test('when the service has created the video, and removed when S3 has the file', async () => {
    const page = await FakePage.open();
    page.service.bytesPerStep = 100;
    const handle = handleOf(FILM);
    await page.upload({ file: FILM, handle });
    expect([...page.handles]).toEqual([['ada v1', handle]]);
    await page.advance(10);
    expect([page.sent, page.handles.size]).toEqual([['v1'], 0]);
  });

  test('if the file was dropped on the page', async () => {
    const page = await FakePage.open();
    page.service.bytesPerStep = 100;
    const handle = handleOf(FILM);
    page.uploads.drop({ dataTransfer: { items: [{ kind: 'file', getAsFile: () => FILM, getAsFileSystemHandle: async () => handle }] } });
    await page.settled();
    page.uploads.actions.sendChosen({ preventDefault: () => undefined });
    await page.settled();
    expect([...page.handles]).toEqual([['ada v1', handle]]);
  });

  test('if the user chose the file again to continue an upload, so the next reload does not ask again', async () => {
    const page = await interrupted();
    expect(page.handles.size).toBe(0);
    picks(page, FILM);
    page.uploads.actions.continueUpload(VIDEO);
    await page.settled();
    expect([page.rows, [...page.handles.keys()]]).toEqual([['film.mp4: uploading'], ['ada v1']]);

    page.uploads.queue.clear();
    page.window.showOpenFilePicker = async () => { throw new Error('the page asks for the file'); };
    page.uploads.actions.continueUpload(VIDEO);
    await page.advance(10);
    expect([page.messages, page.sent]).toEqual([[], ['v1']]);
    expect(page.service.uploads.get('v1')!.whole).toEqual(CONTENT);
  });

  test('only if it is the file of the upload', async () => {
    const page = await interrupted();
    picks(page, CAT);
    page.uploads.actions.continueUpload(VIDEO);
    await page.settled();
    expect([page.rows, page.handles.size]).toEqual([['film.mp4: failed: cat.mp4 (700 bytes) is another file. Choose film.mp4 (5.37 KiB).'], 0]);
  });
});

describe('the file handle of an upload is removed', () => {
  const uploading = async (page: FakePage) => {
    page.service.bytesPerStep = 100;
    await page.upload({ file: FILM, handle: handleOf(FILM) });
    await page.advance(0.5);
    expect(page.handles.size).toBe(1);
  };

  test('when the user cancels the upload', async () => {
    const page = await FakePage.open();
    await uploading(page);
    page.uploads.actions.cancel(page.entries[0].id);
    await page.settled();
    expect([page.entries, page.handles.size, page.service.uploads.size]).toEqual([[], 0, 0]);
  });

  test('when the user removes the upload', async () => {
    const page = await FakePage.open();
    await uploading(page);
    page.uploads.queue.clear();
    await page.settled();
    expect(page.handles.size).toBe(1);
    page.uploads.actions.removeUpload(VIDEO);
    await page.settled();
    expect([page.handles.size, page.service.uploads.size, page.messages]).toEqual([0, 0, []]);
  });

  test.each(['expired', 'deleted'])('when the upload has ended: %s', async (what) => {
    const page = await FakePage.open();
    await uploading(page);
    if (what === 'expired') Object.assign(page.service.uploads.get('v1')!, { status: 'errored', error: { code: 'upload_expired' } });
    else page.service.uploads.clear();
    await page.advance(5);
    expect(page.rows).toEqual([expect.stringContaining(what === 'expired' ? 'This upload has expired.' : 'This upload was removed.')]);
    expect(page.handles.size).toBe(0);
  });

  test('when the list of unfinished uploads no longer contains the upload, unless a tab is uploading it', async () => {
    const page = await FakePage.open();
    await uploading(page);
    for (const key of ['ada v8', 'ada v9', 'bob v9']) page.handles.set(key, {});
    await page.uploads.forgetEnded(['v8']);
    expect([...page.handles.keys()]).toEqual(['ada v1', 'ada v8', 'bob v9']);
    page.uploads.queue.clear();
    await page.settled();
    await page.uploads.forgetEnded([]);
    expect([...page.handles.keys()]).toEqual(['bob v9']);
  });
});
