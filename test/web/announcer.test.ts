import { createContext } from 'vm';
import { load } from './page-modules';

interface Announcer {
  readonly texts: { id: number; text: string }[];
  follow(entries: object[], videos: object[]): void;
  uploaded(video: object): void;
  clear(): void;
}

let announcer: Announcer;
/** Returns the announcements since the last call. */
let news: () => string[];

beforeEach(async () => {
  announcer = new (await load('state/announcer.js', createContext({}))).Announcer();
  let lastId = 0;
  news = () => {
    const fresh = announcer.texts.filter(({ id }) => id > lastId);
    lastId = announcer.texts.at(-1)?.id ?? lastId;
    return fresh.map(({ text }) => text);
  };
});

const video = (status: string, more: object = {}) => ({ videoId: 'v', title: 'Holiday', status, ...more });

describe('the announcements for screen readers', () => {
  it('tell each state of an upload once, and no percentages', () => {
    const entry = { id: 1, title: 'clip.mp4' };
    const states: [object, string[]][] = [
      [{ phase: 'queued' }, []], [{ phase: 'starting' }, []],
      [{ phase: 'uploading', loadedBytes: 0 }, ['Uploading clip.mp4.']], [{ phase: 'uploading', loadedBytes: 10 }, []],
      [{ phase: 'waiting' }, ['The upload of clip.mp4 waits, and continues by itself.']], [{ phase: 'waiting', retryAt: 5 }, []],
      [{ phase: 'uploading', loadedBytes: 20 }, ['Uploading clip.mp4.']],
      [{ phase: 'paused' }, ['The upload of clip.mp4 is paused.']],
      [{ phase: 'failed', message: 'The file was changed.' }, ['The upload of clip.mp4 failed: The file was changed.']],
    ];
    for (const [state, expected] of states) {
      announcer.follow([{ ...entry, ...state }], []);
      expect([state, news()]).toEqual([state, expected]);
    }
    announcer.follow([{ id: 2, title: 'other.mp4', phase: 'paused', isOfSession: true }], []);
    expect(news()).toEqual(['The upload of other.mp4 is paused until you sign in again.']);
  });

  it('tell each new status of a video, but not the statuses of the first list', () => {
    announcer.follow([], [video('uploaded'), video('ready', { videoId: 'old' })]);
    expect(news()).toEqual([]);
    announcer.follow([], [video('processing', { progress: 0 })]);
    announcer.follow([], [video('processing', { progress: 50 })]);
    announcer.follow([], [video('ready')]);
    announcer.follow([], [video('ready')]);
    expect(news()).toEqual(['Processing Holiday.', 'Holiday is ready.']);
    announcer.follow([], [video('held'), video('errored', { videoId: 'old', title: 'Old', error: { message: 'The file is not a video' } })]);
    expect(news()).toEqual(['Holiday waits for a decision.', 'Old can\'t be processed: The file is not a video']);
  });

  it('tell the end of an upload, and that its video is ready, even if no list showed the video before', () => {
    announcer.uploaded(video('waiting'));
    announcer.follow([], [video('ready')]);
    expect(news()).toEqual(['Holiday is uploaded.', 'Holiday is ready.']);
  });

  it('forget the videos of a user who signs out', () => {
    announcer.follow([], [video('processing')]);
    announcer.uploaded(video('waiting', { videoId: 'w' }));
    announcer.clear();
    expect(announcer.texts).toEqual([]);
    announcer.follow([], [video('ready')]);
    expect(news()).toEqual([]);
  });
});
