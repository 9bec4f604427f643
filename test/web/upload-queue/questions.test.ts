import { FakePage } from './page';
import { CONTENT, fileOf, SMALL, useFakeTime } from '../upload/started';

useFakeTime();

const FILM = fileOf(CONTENT);
const CAT = fileOf(SMALL, 'cat.mp4');
const cancel = async (page: FakePage) => {
  page.uploads.actions.cancel(page.entries[0].id);
  await page.settled();
};

async function uploading(...files: { file: File; title?: string }[]): Promise<FakePage> {
  const page = await FakePage.open();
  page.service.bytesPerStep = 100;
  await page.upload(...files);
  await page.advance(0.5);
  return page;
}

describe('the page asks before it', () => {
  test('cancels an upload of which bytes are sent, names the file, and keeps the upload by default', async () => {
    const page = await uploading({ file: FILM, title: 'Holidays' });
    page.answers = () => false;
    await cancel(page);
    expect(page.questions).toEqual([{
      question: 'Cancel the upload of Holidays (film.mp4)?', keep: 'Keep the upload', proceed: 'Cancel the upload',
      consequence: expect.stringMatching(/^1\.\d+ KiB of 5\.37 KiB are uploaded\. The uploaded part of the file is deleted\. A later upload of this file starts from the beginning\.$/),
    }]);
    expect([page.rows, page.service.count('remove')]).toEqual([['Holidays: uploading'], 0]);
    page.answers = () => true;
    await cancel(page);
    expect([page.questions.length, page.rows, page.service.uploads.size]).toEqual([2, [], 0]);
  });

  test('cancels an upload whose bytes were lost with the connection, or that an earlier session has started', async () => {
    const page = await uploading({ file: CAT });
    page.service.isOffline = true;
    await page.advance(0.5);
    expect(page.entries[0]).toMatchObject({ phase: 'waiting', loadedBytes: 0 });
    page.answers = () => false;
    await cancel(page);
    const consequence = 'A later upload of this file starts from the beginning.';
    expect(page.questions).toEqual([expect.objectContaining({ consequence })]);
    page.uploads.queue.clear();
    await page.settled();
    await page.upload({ file: CAT, videoId: 'v1' } as any);
    await cancel(page);
    expect(page.questions).toEqual(Array(2).fill(expect.objectContaining({ consequence })));
  });

  test('removes an unfinished upload', async () => {
    const page = await uploading({ file: FILM });
    page.uploads.queue.clear();
    await page.settled();
    page.answers = () => false;
    page.uploads.actions.removeUpload({ videoId: 'v1', title: 'film.mp4' });
    await page.settled();
    expect(page.questions).toEqual([expect.objectContaining({ question: 'Remove the upload of film.mp4?', keep: 'Keep the upload', proceed: 'Remove the upload', consequence: 'A later upload of this file starts from the beginning.' })]);
    expect(page.service.uploads.size).toBe(1);
  });

  test('signs the user out during uploads, and says that they can be continued', async () => {
    const page = await uploading({ file: FILM }, { file: CAT });
    page.answers = () => false;
    expect(await page.uploads.maySignOut()).toBe(false);
    expect(page.questions).toEqual([{
      question: 'Sign out during 2 uploads?', keep: 'Stay signed in', proceed: 'Sign out',
      consequence: 'film.mp4, cat.mp4. What is uploaded stays on the server. After the next sign-in, choose "Resume" under "Unfinished uploads". Choose files again whose upload has not started.',
    }]);
    page.answers = () => true;
    expect(await page.uploads.maySignOut()).toBe(true);
  });
});

describe('the page does not ask', () => {
  test('before it cancels an upload that has sent no bytes', async () => {
    const page = await FakePage.open();
    page.service.plan('create', { status: 503 });
    await page.upload({ file: FILM }, { file: CAT });
    page.uploads.actions.cancel(page.entries[1].id);
    await cancel(page);
    expect([page.questions, page.rows]).toEqual([[], []]);
  });

  test('before a sign-out without uploads, or after an upload has failed', async () => {
    const page = await FakePage.open();
    expect(await page.uploads.maySignOut()).toBe(true);
    page.service.plan('create', { status: 413, code: 'too_large' });
    await page.upload({ file: FILM });
    expect([await page.uploads.maySignOut(), page.questions]).toEqual([true, []]);
  });
});

test('an upload that ends before the answer is not cancelled, and the page says so', async () => {
  const page = await uploading({ file: FILM });
  page.answers = async () => {
    await page.advance(10);
    return true;
  };
  page.uploads.actions.cancel(page.entries[0].id);
  await page.advance(11);
  expect([page.sent, page.messages, page.service.count('remove')]).toEqual([['v1'], ['film.mp4: this upload ended before you answered.'], 0]);
});
