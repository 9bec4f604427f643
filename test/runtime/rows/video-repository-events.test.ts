import fc from 'fast-check';
import { RESULT, repositorySetting } from './repository-setting';
import { VideoRow } from '../../../src/contract/table';
import { ENTERED_FROM } from '../../../src/domain/video-status';

describe('videoRepository: events late, repeated and out of order', () => {
  const { declared, repository } = repositorySetting();

  type Event = { readonly name: string; readonly attempt: number; apply(videoId: string): Promise<unknown> };
  const journey = (attempt: number): Event[] => [
    { name: 'uploaded', attempt: 1, apply: (id) => repository().markUploaded(id, 1000) },
    { name: 'claim', attempt, apply: (id) => repository().claim(id, attempt, `token-${attempt}`, new Date(0)) },
    { name: 'job', attempt, apply: (id) => repository().recordJob(id, attempt, `job-${attempt}`) },
    ...[10, 50, 90].map((percent): Event => ({ name: `${percent} %`, attempt, apply: (id) => repository().recordProgress(id, attempt, percent) })),
    { name: 'ready', attempt, apply: (id) => repository().recordReady(id, attempt, RESULT) },
    { name: 'error', attempt, apply: (id) => repository().recordError(id, attempt, { code: 'transcode_failed', message: 'no' }) },
  ];
  // Attempt 2 starts only after attempt 1 is abandoned. Here, attempt 1 is never abandoned, so events of attempt 2 must change nothing.
  const events = [...journey(1), ...journey(2).filter(({ name }) => name !== 'uploaded')];
  const stepIsLegal = (before: VideoRow, after: VideoRow) => {
    expect(after.status === before.status || ENTERED_FROM[after.status].includes(before.status)).toBe(true);
    expect(after.progress).toBeGreaterThanOrEqual(before.progress);
    expect(after.attempt).toBe(1);
    expect(after.listedFor !== undefined).toBe(after.status === 'ready');
    expect(after.error !== undefined).toBe(after.status === 'errored');
    expect(after.revision).toBe(before.revision);
    if (after.version === before.version) expect(after).toEqual(before);
    else expect(after.version).toBe(before.version + 1);
  };

  test('late events never move a video back, and events in order have their effect', async () => {
    const sequence = fc.array(fc.constantFrom(...events.map((_, i) => i)), { minLength: 1, maxLength: 14 });
    // First, some events arrive in their normal order. Without these events, most of the random events would come before the status that they require.
    await fc.assert(fc.asyncProperty(fc.nat({ max: 7 }), sequence, async (start, order) => {
      const { videoId } = await repository().create(declared());
      for (const event of journey(1).slice(0, start)) await event.apply(videoId);
      let row = (await repository().find(videoId))!;
      for (const event of order.map((i) => events[i])) {
        const outcome = await event.apply(videoId);
        const after = (await repository().find(videoId))!;
        stepIsLegal(row, after);
        if (event.attempt !== 1) expect(after).toEqual(row);
        if (typeof outcome === 'string') expect(outcome).toBe(after.version === row.version ? 'unchanged' : 'changed');
        row = after;
      }
      for (const event of journey(1)) await event.apply(videoId);
      const last = (await repository().find(videoId))!;
      expect(['ready', 'errored']).toContain(last.status);
      if (['ready', 'errored'].includes(row.status)) expect(last).toEqual(row);
    }), { numRuns: 40 });
  });

  test('concurrent events have the same result as events in order', async () => {
    await fc.assert(fc.asyncProperty(fc.shuffledSubarray([...journey(1), ...journey(1)], { minLength: 8 }), async (burst) => {
      const { videoId } = await repository().create(declared());
      await Promise.all(burst.map((event) => event.apply(videoId)));
      const row = (await repository().find(videoId))!;
      expect(row.listedFor !== undefined).toBe(row.status === 'ready');
      expect(row.error !== undefined).toBe(row.status === 'errored');
    }), { numRuns: 20 });
  });
});
