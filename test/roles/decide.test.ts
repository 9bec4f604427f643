import type { Roles } from '../../src/contract/roles';
import { VIDEO_STATUSES } from '../../src/domain/video-status';
import { decide, Decision, GuardedVideo } from '../../src/roles/decide';

const OPEN: Roles = { admins: ['bosses'] };
const CLOSED: Roles = { uploaders: ['makers'], viewers: ['watchers'], admins: ['bosses'] };

/** `closed` states which actions the roles `CLOSED` allow for a caller in these groups. */
const CALLERS = [
  { groups: [], closed: { upload: false, view: false, admin: false } },
  { groups: ['makers'], closed: { upload: true, view: false, admin: false } },
  { groups: ['watchers'], closed: { upload: false, view: true, admin: false } },
  { groups: ['makers', 'watchers'], closed: { upload: true, view: true, admin: false } },
  { groups: ['bosses'], closed: { upload: true, view: true, admin: true } },
  { groups: ['others', 'watchers', 'bosses'], closed: { upload: true, view: true, admin: true } },
  // A group name does not match if it is incomplete, differs in case, or is the default name of a role.
  { groups: ['maker', 'Watchers', 'boss', 'bosses ', 'admins', 'uploaders', 'viewers', ''], closed: { upload: false, view: false, admin: false } },
];
const CASES = CALLERS.flatMap(({ groups, closed }) => [
  { in: 'groups', roles: CLOSED, groups, ...closed },
  { in: 'the defaults', roles: OPEN, groups, upload: true, view: true, admin: closed.admin },
]);
const VISIBILITIES: GuardedVideo['visibility'][] = ['signed-in', 'unlisted', 'private'];

describe.each(CASES)('if the roles are $in, a caller in the groups $groups', ({ roles, groups, upload, view, admin }) => {
  const caller = { userId: 'ann', groups };
  const role = (holds: boolean): Decision => (holds ? 'allowed' : 'wrong_role');

  test(`${upload ? 'can' : 'cannot'} upload`, () => {
    expect(decide(caller, { type: 'upload' }, roles)).toBe(role(upload));
  });

  test(`can list their own videos, and ${view ? 'can' : 'cannot'} list published videos`, () => {
    expect(decide(caller, { type: 'list', videos: 'own' }, roles)).toBe('allowed');
    expect(decide(caller, { type: 'list', videos: 'published' }, roles)).toBe(role(view));
  });

  const absent: Decision = view ? 'not_found' : 'wrong_role';

  describe.each(VIDEO_STATUSES)('with a video that is %s', (status) => {
    test.each(VISIBILITIES)('and %s: can watch and manage their own videos, and others according to their role', (visibility) => {
      const decisionOn = (type: 'watch' | 'manage', owner: string) => decide(caller, { type, video: { owner, status, visibility } }, roles);
      const gone = status === 'deleting';
      expect([decisionOn('watch', 'ann'), decisionOn('manage', 'ann')]).toEqual(gone ? [absent, absent] : ['allowed', 'allowed']);

      const shown = view && status === 'ready' && visibility !== 'private';
      const others: [Decision, Decision] = shown ? ['allowed', 'wrong_role'] : [absent, absent];
      expect([decisionOn('watch', 'bob'), decisionOn('manage', 'bob')]).toEqual(admin && !gone ? ['allowed', 'allowed'] : others);
    });
  });

  test('gets the same decision for an unknown video as for a hidden one', () => {
    for (const type of ['watch', 'manage'] as const) expect(decide(caller, { type, video: undefined }, roles)).toBe(absent);
  });
});

describe('publication times', () => {
  const now = new Date('2026-12-01T10:00:00.000Z');
  const decisions = (userId: string, groups: string[], times: object) => (['watch', 'manage'] as const).map((type) => decide(
    { userId, groups }, { type, video: { owner: 'ann', status: 'ready', visibility: 'signed-in', ...times } }, CLOSED, now,
  ));

  test.each([
    ['before publishAt', { publishAt: '2026-12-01T10:00:00.001Z' }],
    ['after unpublishAt', { unpublishAt: '2026-12-01T10:00:00.000Z' }],
    ['after both', { publishAt: '2026-11-01T10:00:00.000Z', unpublishAt: '2026-12-01T09:00:00.000Z' }],
  ])('%s, a video is private', (_, times) => {
    expect(decisions('bob', ['watchers'], times)).toEqual(['not_found', 'not_found']);
    expect(decisions('bob', [], times)).toEqual(['wrong_role', 'wrong_role']);
    expect(decisions('ann', [], times)).toEqual(['allowed', 'allowed']);
    expect(decisions('eve', ['bosses'], times)).toEqual(['allowed', 'allowed']);
  });

  test('between the times, the visibility decides', () => {
    const times = { publishAt: '2026-12-01T10:00:00.000Z', unpublishAt: '2026-12-01T10:00:00.001Z' };
    expect(decisions('bob', ['watchers'], times)).toEqual(['allowed', 'wrong_role']);
    expect(decisions('bob', ['watchers'], { ...times, visibility: 'private' })).toEqual(['not_found', 'not_found']);
  });

  test('without a given time, the time of the machine decides', () => {
    const watch = (times: object) => decide(
      { userId: 'bob', groups: ['watchers'] }, { type: 'watch', video: { owner: 'ann', status: 'ready', visibility: 'signed-in', ...times } }, CLOSED,
    );
    expect(watch({ publishAt: new Date(Date.now() + 60_000).toISOString() })).toBe('not_found');
    expect(watch({ publishAt: new Date(Date.now() - 60_000).toISOString() })).toBe('allowed');
  });
});

describe('an unknown value', () => {
  const watch = (userId: string, groups: string[], given: object) => decide(
    { userId, groups }, { type: 'watch', video: { owner: 'ann', status: 'ready', visibility: 'signed-in', ...given } as GuardedVideo }, CLOSED,
  );

  test.each([['PRIVATE'], ['public'], ['Signed-In'], ['signed-in '], [''], ['constructor'], [undefined], [null], [['signed-in']]])('of visibility (%j) means private', (visibility) => {
    expect(watch('bob', ['watchers'], { visibility })).toBe('not_found');
    expect([watch('ann', [], { visibility }), watch('bob', ['bosses'], { visibility })]).toEqual(['allowed', 'allowed']);
  });

  test.each([['READY'], ['purging'], ['Deleting'], [''], ['toString'], [undefined], [null], [['ready']]])('of status (%j) means that the video does not exist', (status) => {
    expect(watch('bob', ['watchers'], { status })).toBe('not_found');
    expect([watch('ann', ['watchers'], { status }), watch('bob', ['bosses'], { status })]).toEqual(['not_found', 'not_found']);
  });
});
