import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { eventsOf } from '../../../src/catalog/events/events-of.runtime';
import { VIDEO_EVENTS } from '../../../src/contract/events';
import { eventDetailSchema } from '../../../src/contract/schemas';
import type { VideoRow } from '../../../src/contract/table';
import { VIDEO_STATUSES, VideoStatus } from '../../../src/domain/video-status';
import { idOf, videoRow } from '../../runtime/rows/catalog-table';

const row = (given: Partial<VideoRow> = {}) => videoRow({ videoId: idOf(1), version: 4, ...given });
const DAY = '2026-12-01T00:00:00.000Z';
const types = (before: VideoRow | undefined, after: VideoRow | undefined) => eventsOf(before, after).map(({ type }) => type);

describe('the events for a change', () => {
  test.each<[string, Partial<VideoRow> | undefined, Partial<VideoRow> | undefined, string[]]>([
    ['a declared upload', undefined, {}, ['video.created']],
    ['a new row whose source is already uploaded', undefined, { status: 'uploaded' }, ['video.created', 'video.uploaded']],
    ['an upload that arrives', {}, { status: 'uploaded' }, ['video.uploaded']],
    ['a submitted job', { status: 'uploaded' }, { status: 'processing' }, ['video.processing']],
    ['a check that holds the video back', { status: 'processing' }, { status: 'held' }, ['video.held']],
    ['a result', { status: 'processing' }, { status: 'ready' }, ['video.ready']],
    ['a video that is no longer held back', { status: 'held' }, { status: 'ready' }, ['video.ready']],
    ['a failure', { status: 'processing' }, { status: 'errored' }, ['video.errored']],
    ['a new attempt', { status: 'errored' }, { status: 'uploaded', attempt: 2 }, ['video.uploaded']],
    ['a new attempt that failed in one write', { status: 'errored' }, { status: 'errored', attempt: 2 }, ['video.errored']],
    ['an edit', {}, { revision: 2 }, ['video.updated']],
    ['an edit that also changes the status', { status: 'held' }, { status: 'ready', revision: 2 }, ['video.ready', 'video.updated']],
    ['a ready video that is published at its time', { status: 'ready' }, { status: 'ready', publishedAt: DAY }, ['video.published']],
    ['an edit that publishes a ready video', { status: 'ready' }, { status: 'ready', publishedAt: DAY, revision: 2 }, ['video.updated', 'video.published']],
    ['a result that publishes the video', { status: 'processing' }, { status: 'ready', publishedAt: DAY }, ['video.ready']],
    ['a published video that is unpublished', { status: 'ready', publishedAt: DAY }, { status: 'ready', publishedAt: DAY, unpublishedAt: DAY }, ['video.unpublished']],
    ['a video that is published again', { status: 'ready', publishedAt: DAY, unpublishedAt: DAY }, { status: 'ready', publishedAt: DAY }, ['video.published']],
    ['another publication time of a published video', { status: 'ready', publishedAt: DAY }, { status: 'ready', publishedAt: '2026-12-02T00:00:00.000Z' }, []],
    ['the deletion of a published video', { status: 'ready', publishedAt: DAY }, { status: 'deleting', publishedAt: DAY }, ['video.deleting']],
    ['a notice of its expiry', { status: 'ready' }, { status: 'ready', expiryNoticedAt: '2026-12-01T00:00:00.000Z' }, ['video.expiring']],
    ['an earlier notice of its expiry', { expiryNoticedAt: '2026-12-01T00:00:00.000Z' }, { expiryNoticedAt: '2026-12-01T00:00:00.000Z' }, []],
    ['a deletion that begins', { status: 'ready' }, { status: 'deleting' }, ['video.deleting']],
    ['a removal', { status: 'deleting' }, undefined, ['video.deleted']],
    ['progress', { status: 'processing', progress: 10 }, { status: 'processing', progress: 20 }, []],
    ['a claim', { status: 'uploaded' }, { status: 'uploaded', claim: { attempt: 1, token: 't', startedAt: '2026-11-22T10:00:00.000Z' } }, []],
    ['a status of a newer version', { status: 'ready' }, { status: 'purged' as VideoStatus }, []],
    ['nothing at all', undefined, undefined, []],
  ])('%s', (_, before, after, expected) => {
    expect(types(before && row(before), after && row(after))).toEqual(expected);
  });

  test('events contain the video, and repeated events are equal', () => {
    const after = row({
      status: 'ready', title: 'A title', publishedAt: '2026-11-22T10:00:00.000Z', publishAt: '2026-11-21T10:00:00.000Z', unpublishAt: '2026-11-23T10:00:00.000Z',
      durationSeconds: 6.5, width: 640, height: 360,
      renditions: [{ codec: 'h264', width: 640, height: 360, bitsPerSecond: 600_000 }],
    });
    const [event] = eventsOf(row({ status: 'processing' }), after);
    expect(event.detail).toEqual({
      eventId: `${after.videoId}:4:video.ready`,
      version: 4,
      video: {
        videoId: after.videoId, title: 'A title', tags: [], visibility: 'signed-in', owner: 'owner', status: 'ready', progress: 0, attempt: 1,
        createdAt: after.createdAt, updatedAt: after.updatedAt, publishedAt: after.publishedAt,
        publishAt: after.publishAt, unpublishAt: after.unpublishAt,
        durationSeconds: 6.5, width: 640, height: 360, renditions: after.renditions,
      },
    });
    expect(eventsOf(row({ status: 'processing' }), after)).toEqual([event]);
  });

  test('the event of a removed row has the next version of the row', () => {
    expect(eventsOf(row({ status: 'deleting' }), undefined)).toMatchObject([{ detail: { eventId: `${idOf(1)}:5:video.deleted`, version: 5 } }]);
  });

  test('events match their schema, and contain no bucket, key, job or claim', () => {
    const status = fc.constantFrom(...VIDEO_STATUSES);
    const rows = fc.option(fc.record({
      status, revision: fc.integer({ min: 1, max: 3 }), attempt: fc.integer({ min: 1, max: 2 }), version: fc.integer({ min: 1, max: 9 }),
      error: fc.constantFrom(undefined, { code: 'corrupt' as const, message: 'no' }),
    }), { nil: undefined });
    const validator = new Validator(eventDetailSchema as object, '4');
    fc.assert(fc.property(rows, rows, (before, after) => {
      const claim = { attempt: 1, token: 'SECRET', startedAt: 'SECRET' };
      const secret = { jobId: 'SECRET', claim, media: { hls: 'SECRET' }, description: 'SECRET', metadata: { SECRET: 'SECRET' } };
      for (const { type, detail } of eventsOf(before && row({ ...before, ...secret }), after && row({ ...after, ...secret }))) {
        expect(Object.keys(VIDEO_EVENTS)).toContain(type);
        expect(validator.validate(detail)).toMatchObject({ valid: true });
        expect(JSON.stringify(detail)).not.toMatch(/SECRET|source|sources/);
      }
    }));
  });
});
