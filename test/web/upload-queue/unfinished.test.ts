import { FakePage } from './page';
import { CONTENT, fileOf, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

const FILM = fileOf(CONTENT);
const VIDEO = { videoId: 'v1', title: 'My film', createdAt: '2026-11-30T12:00:00.000Z' };

/** Opens the page with an unfinished upload of FILM, of which S3 has some parts. */
async function interrupted(): Promise<FakePage> {
  const page = await FakePage.open();
  page.service.bytesPerStep = 300;
  await page.upload({ file: FILM, title: 'My film' } as any);
  await page.advance(0.5);
  page.uploads.queue.clear();
  await page.settled();
  page.service.log.length = 0;
  page.service.bytesPerStep = 0;
  return page;
}

async function list(page: FakePage, videos: object[] = [VIDEO], inUpload: string[] = []): Promise<void> {
  page.uploads.unfinished.follow(videos, inUpload);
  await page.settled();
}

async function choose(page: FakePage, ...files: File[]): Promise<void> {
  page.uploads.actions.chooseFiles({ target: { files, value: '' } });
  await page.settled();
}

async function send(page: FakePage): Promise<void> {
  page.uploads.actions.sendChosen({ preventDefault: () => undefined });
  await page.settled();
}

const continued = (page: FakePage) => [...page.uploads.continued.values()].map(({ videoId }: { videoId: string }) => videoId);

describe('the page knows the file of an unfinished upload', () => {
  test('after one request for each upload of the list', async () => {
    const page = await interrupted();
    await list(page);
    await list(page);
    expect(page.service.log).toEqual(['look']);
    expect(page.uploads.unfinished.of('v1')).toMatchObject({ fileName: 'film.mp4', size: 5500, uploadedBytes: 4000 });
    expect(page.uploads.unfinished.of('v2')).toEqual({});
  });

  test('and reads it again after a tab of this browser has uploaded more', async () => {
    const page = await interrupted();
    await list(page);
    page.locks.held.add('vod-upload video v1');
    await list(page, [VIDEO], ['v1']);
    expect(page.uploads.unfinished.of('v1')).toEqual({});
    page.locks.release('vod-upload video v1');
    await page.settled();
    // The page loads the lists again when the other tab has ended the upload.
    expect(page.refreshes).toBe(1);
    await list(page);
    expect(page.service.log).toEqual(['look', 'look']);
  });

  test('a minute after a failed request, which is no reason for a message', async () => {
    const page = await interrupted();
    page.service.plan('look', 'lost');
    await list(page);
    await page.advance(59);
    await list(page);
    expect([page.service.count('look'), page.uploads.unfinished.of('v1').size, page.messages]).toEqual([1, undefined, []]);
    await page.advance(1);
    await list(page);
    expect(page.uploads.unfinished.of('v1')).toMatchObject({ size: 5500 });
  });
});

test('the question before an unfinished upload is removed says how much is uploaded, if the page knows it', async () => {
  const page = await interrupted();
  page.answers = () => false;
  await list(page);
  page.uploads.actions.removeUpload(VIDEO);
  await page.settled();
  expect(page.questions).toEqual([expect.objectContaining({
    question: 'Remove the upload of My film?',
    consequence: '3.91 KiB of 5.37 KiB are uploaded. The uploaded part of the file is deleted. A later upload of this file starts from the beginning.',
  })]);
});

describe('a chosen file whose upload is unfinished', () => {
  test('continues this upload, which is the default', async () => {
    const page = await interrupted();
    await list(page);
    await choose(page, FILM, fileOf(SMALL, 'cat.mp4'));
    expect(continued(page)).toEqual(['v1']);
    await send(page);
    expect([page.messages, page.sent, page.service.uploads.size]).toEqual([[], ['v1', 'v2'], 2]);
    expect(page.service.uploads.get('v1')).toMatchObject({ whole: CONTENT, request: { title: 'My film' } });
    expect(page.service.uploads.get('v2')).toMatchObject({ whole: SMALL });
  });

  test('becomes a new video if the user wants that', async () => {
    const page = await interrupted();
    await list(page);
    await choose(page, FILM);
    page.uploads.actions.sendAsNew(page.uploads.chosen[0], true);
    page.uploads.chosen[0].title = 'Again';
    await send(page);
    expect([page.sent, page.service.uploads.get('v2')!.request.title, page.service.uploads.get('v1')!.whole]).toEqual([['v2'], 'Again', undefined]);
  });

  test('is another file if its size or name differs, or if another tab is uploading the file', async () => {
    const page = await interrupted();
    await list(page);
    await choose(page, fileOf(CONTENT, 'other.mp4'), fileOf(CONTENT.subarray(1)));
    expect(continued(page)).toEqual([]);
    await choose(page, FILM);
    expect(continued(page)).toEqual(['v1']);
    await list(page, [VIDEO], ['v1']);
    expect(continued(page)).toEqual([]);
  });

  test.each([['continues', false], ['becomes a new video', true]])('%s after the user has seen the choice, if the page did not know the files when the user pressed the button', async (_, isNew) => {
    const page = await interrupted();
    const answer = page.service.api;
    let go!: () => void;
    const slow = async (...request: Parameters<typeof answer>) => {
      if (request[0] === 'GET') await new Promise<void>((resolve) => { go = resolve; });
      return answer(...request);
    };
    Object.assign(page.service, { api: slow });
    await list(page);
    await choose(page, FILM);
    await send(page);
    await send(page);
    expect([page.uploads.isSending, page.rows, page.messages]).toEqual([true, [], []]);
    go();
    await page.settled();
    expect([page.uploads.isSending, page.rows, continued(page)]).toEqual([false, [], ['v1']]);
    expect(page.messages).toEqual(['The upload of a chosen file is unfinished. Choose whether to continue it, and confirm again.']);
    page.uploads.actions.sendAsNew(page.uploads.chosen[0], isNew);
    Object.assign(page.service, { api: answer });
    await send(page);
    expect(page.sent).toEqual([isNew ? 'v2' : 'v1']);
  });

  test('is uploaded after three seconds if the service does not respond', async () => {
    const page = await interrupted();
    page.service.plan('look', 'hanging');
    await list(page);
    await choose(page, FILM);
    await send(page);
    await page.advance(2.75);
    expect(page.rows).toEqual([]);
    await page.advance(0.5);
    expect(page.sent).toEqual(['v2']);
  });

  test('continues one upload, even if two chosen files have the same name and size', async () => {
    const page = await interrupted();
    await list(page);
    await choose(page, FILM, new File([CONTENT], 'film.mp4', { lastModified: 1 }));
    expect(continued(page)).toEqual(['v1']);
    await send(page);
    expect([page.sent, page.messages]).toEqual([['v1', 'v2'], []]);
  });

  test('is refused before a byte is sent if its content differs, and the row says how to upload it as a new video', async () => {
    const page = await interrupted();
    await list(page);
    await choose(page, fileOf(Buffer.alloc(CONTENT.length)));
    await send(page);
    expect(page.rows).toEqual(['My film: failed: film.mp4 has other content than the file of this upload. Choose the original file, or dismiss this upload and upload the file as a new video.']);
    expect(page.service.log.filter((line) => line.startsWith('put'))).toEqual([]);
  });
});
