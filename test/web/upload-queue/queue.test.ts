import { FakePage } from './page';
import type { Fault } from '../upload/fake-service';
import { CONTENT, fileOf, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

const FILM = fileOf(CONTENT);
const CAT = fileOf(SMALL, 'cat.mp4');

async function uploading(...files: File[]): Promise<FakePage> {
  const page = await FakePage.open();
  page.service.bytesPerStep = 100;
  await page.upload(...files.map((file) => ({ file })));
  await page.advance(0.5);
  return page;
}

const cancel = async (page: FakePage) => {
  page.uploads.actions.cancel(page.entries[0].id);
  await page.settled();
};

describe('the queue', () => {
  test('uploads one file after another, and no file twice', async () => {
    const page = await uploading(FILM, CAT);
    expect(page.rows).toEqual(['film.mp4: uploading', 'cat.mp4: queued']);
    expect(page.uploads.queue.add({ file: FILM })).toBe(false);
    page.uploads.actions.pause(page.entries[0].id);
    await page.settled();
    expect(page.rows).toEqual(['film.mp4: paused', 'cat.mp4: uploading']);
    page.uploads.actions.resume(page.entries[0].id);
    expect(page.rows).toEqual(['film.mp4: queued', 'cat.mp4: uploading']);
    await page.advance(10);
    expect([page.rows, page.sent, page.locks.held.size]).toEqual([[], ['v2', 'v1'], 0]);
  });

  test('continues with the next file after an upload has failed, and repeats the failed upload later', async () => {
    const page = await FakePage.open();
    page.service.plan('sign', { status: 400, code: 'invalid_request', message: 'not valid' });
    await page.upload({ file: FILM }, { file: CAT });
    expect([page.rows, page.sent]).toEqual([['film.mp4: failed: not valid'], ['v2']]);
    page.uploads.actions.resume(page.entries[0].id);
    await page.settled();
    expect([page.sent, page.service.count('create')]).toEqual([['v2', 'v1'], 2]);
  });

  test('is not blocked by an upload that is cancelled after the end of the session', async () => {
    const page = await uploading(FILM, CAT);
    page.isSignedIn = false;
    await cancel(page);
    expect(page.messages).toEqual(['You are signed out, so the upload of film.mp4 is not removed. Sign in again, and remove it under "Unfinished uploads".']);
    expect(page.rows).toEqual(['cat.mp4: paused']);
    page.isSignedIn = true;
    page.uploads.start();
    await page.advance(5);
    expect([page.rows, page.sent]).toEqual([[], ['v2']]);
    expect(page.service.uploads.get('v1')).toMatchObject({ status: 'waiting' });
  });
});

test('a dropped folder is not listed as a file, and the page says so at once', async () => {
  const page = await FakePage.open();
  const folder = { kind: 'file', getAsFile: () => ({ name: 'Films', size: 4096 }), webkitGetAsEntry: () => ({ isDirectory: true, name: 'Films' }) };
  const itemOf = (file: File) => ({ kind: 'file', getAsFile: () => file, webkitGetAsEntry: () => ({ isDirectory: false, name: file.name }) });
  page.uploads.drop({ dataTransfer: { items: [itemOf(FILM), folder, itemOf(fileOf(Buffer.alloc(0), 'nothing.mp4'))] } });
  await page.settled();
  expect(page.uploads.chosen.map(({ file }: { file: File }) => file.name)).toEqual(['film.mp4']);
  expect(page.messages).toEqual(['Films: a folder can\'t be uploaded.\nnothing.mp4: an empty file can\'t be uploaded.']);
});

describe('if the service does not remove an upload, the page says', () => {
  test('that the file is already uploaded, and shows the video', async () => {
    const page = await uploading(FILM);
    page.service.uploads.get('v1')!.whole = CONTENT;
    page.service.plan('remove', { status: 409, code: 'wrong_status', message: 'This video can\'t be played now.' });
    await cancel(page);
    expect(page.messages).toEqual(['The file of film.mp4 is already uploaded, so its upload can\'t be removed. The video stays in your list.']);
    expect([page.rows, page.sent]).toEqual([[], ['v1']]);
  });

  test('that the upload has expired', async () => {
    const page = await uploading(FILM);
    page.uploads.queue.clear();
    await page.settled();
    page.handles.set('ada v1', {});
    Object.assign(page.service.uploads.get('v1')!, { status: 'errored', error: { code: 'upload_expired' } });
    page.service.plan('remove', { status: 409, code: 'wrong_status' });
    page.uploads.actions.removeUpload({ videoId: 'v1', title: 'film.mp4' });
    await page.settled();
    expect(page.messages).toEqual(['The upload of film.mp4 has expired. There is nothing to remove.']);
    expect([page.sent, page.handles.size]).toEqual([[], 0]);
  });

  test('that another tab is uploading the file', async () => {
    const page = await uploading(FILM);
    page.uploads.actions.removeUpload({ videoId: 'v1', title: 'film.mp4' });
    await page.settled();
    expect([page.messages, page.service.count('remove')]).toEqual([['The upload of film.mp4 was not removed, because another tab was uploading the file.'], 0]);
  });
});

describe('the row of a file that another tab is uploading', () => {
  test.each<[string, string | undefined, string]>([
    ['file', undefined, `vod-upload file film.mp4 5500 ${FILM.lastModified}`], ['video', 'v1', 'vod-upload video v1'],
  ])('says so, and disappears as soon as that tab has ended the upload: lock of the %s', async (_, videoId, lock) => {
    const page = await FakePage.open();
    page.locks.held.add(lock);
    await page.upload({ file: FILM, videoId } as any, { file: CAT });
    expect(page.rows).toEqual(['film.mp4: failed: Another tab is uploading this file.']);
    // A second try would fail as well, so the row has no button for it.
    expect([page.entries[0].isFinal, page.refreshes, page.service.count('look')]).toEqual([true, 0, 0]);
    page.locks.release(lock);
    await page.settled();
    expect([page.rows, page.refreshes, page.messages, page.sent, [...page.locks.held]]).toEqual([[], 1, [], ['v1'], []]);
  });

  test('stays away if the user has dismissed it before', async () => {
    const page = await FakePage.open();
    const lock = `vod-upload file film.mp4 5500 ${FILM.lastModified}`;
    page.locks.held.add(lock);
    await page.upload({ file: FILM });
    page.uploads.actions.dismiss(page.entries[0].id);
    page.locks.release(lock);
    await page.settled();
    expect([page.rows, page.refreshes]).toEqual([[], 0]);
  });
});

describe('a row shows', () => {
  test.each<[string, string, Fault]>([
    ['a lost connection', 'No connection', 'lost'], ['a throttle', 'The service has too many requests', { status: 429, code: 'throttled' }],
    ['an unavailable service', 'The service does not respond', { status: 502 }],
  ])('why an upload waits: %s', async (_, message, fault) => {
    const page = await FakePage.open();
    page.service.plan('create', fault);
    await page.upload({ file: FILM });
    expect(page.rows).toEqual([`film.mp4: waiting: ${message}`]);
    await page.advance(2);
    expect(page.sent).toEqual(['v1']);
  });

  test('that the storage is the reason why an upload waits', async () => {
    const page = await FakePage.open();
    page.service.plan('put whole', { status: 503, code: 'SlowDown' });
    await page.upload({ file: CAT });
    expect(page.rows).toEqual(['cat.mp4: waiting: The storage does not accept the file at the moment']);
  });

  test('that the connection is interrupted if a request makes no progress', async () => {
    const page = await FakePage.open();
    page.service.plan('create', 'hanging');
    await page.upload({ file: FILM });
    await page.advance(60);
    expect(page.rows).toEqual(['film.mp4: waiting: The connection is interrupted']);
  });

  test('that S3 joins the parts for minutes', async () => {
    const page = await FakePage.open();
    page.service.plan('complete', ...Array<Fault>(8).fill({ status: 503, code: 'unavailable' }));
    await page.upload({ file: FILM });
    await page.advance(30);
    expect(page.rows).toEqual(['film.mp4: completing']);
  });

  test('an error of the page as such, and not as a lost connection', async () => {
    const page = await FakePage.open();
    page.defect = new TypeError('x is undefined');
    await page.upload({ file: FILM });
    expect(page.rows).toEqual(['film.mp4: failed: This page has an error. Reload the page, and then resume the upload. (x is undefined)']);
  });

  test('that a file is empty, before any request', async () => {
    const page = await FakePage.open();
    await page.upload({ file: fileOf(Buffer.alloc(0), 'nothing.mp4') }, { file: CAT });
    expect([page.rows, page.entries[0].isFinal]).toEqual([['nothing.mp4: failed: An empty file can\'t be uploaded.'], true]);
    expect([page.sent, page.service.log]).toEqual([['v1'], ['create', 'put whole']]);
  });

  test('that the worker for the checksums does not load', async () => {
    const Worker = class extends EventTarget {
      postMessage() { queueMicrotask(() => this.dispatchEvent(new Event('error'))); }
      terminate() { /* It has not started. */ }
    };
    const page = await FakePage.open({ Worker, fetch: async () => ({}) });
    await page.upload({ file: FILM });
    expect(page.rows).toEqual(['film.mp4: failed: A file of this page does not load. Reload the page, and then resume the upload. (checksum-worker.js failed: it did not load)']);
  });
});
