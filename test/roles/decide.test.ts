import type { Roles } from '../../src/contract/roles';
import { VIDEO_STATUSES } from '../../src/domain/video-status';
import { decide, Decision, GuardedVideo } from '../../src/roles/decide';

const OPEN: Roles = { admins: ['bosses'] };
const CLOSED: Roles = { uploaders: ['makers'], viewers: ['watchers'], admins: ['bosses'] };

/** Every combination of groups, what it may do where roles are groups, and what where all but admins are everyone. */
const CALLERS = [
  { groups: [], closed: { upload: false, view: false, admin: false } },
  { groups: ['makers'], closed: { upload: true, view: false, admin: false } },
  { groups: ['watchers'], closed: { upload: false, view: true, admin: false } },
  { groups: ['makers', 'watchers'], closed: { upload: true, view: true, admin: false } },
  { groups: ['bosses'], closed: { upload: true, view: true, admin: true } },
  { groups: ['others', 'watchers', 'bosses'], closed: { upload: true, view: true, admin: true } },
  // No part of a name, no other case, and no default name where another is configured.
  { groups: ['maker', 'Watchers', 'boss', 'bosses ', 'admins', 'uploaders', 'viewers', ''], closed: { upload: false, view: false, admin: false } },
];
const CASES = CALLERS.flatMap(({ groups, closed }) => [
  { in: 'groups', roles: CLOSED, groups, ...closed },
  { in: 'the default', roles: OPEN, groups, upload: true, view: true, admin: closed.admin },
]);
const VISIBILITIES: GuardedVideo['visibility'][] = ['signed-in', 'unlisted', 'private'];

describe.each(CASES)('with roles of $in, a caller of the groups $groups', ({ roles, groups, upload, view, admin }) => {
  const caller = { userId: 'ann', groups };
  const role = (holds: boolean): Decision => (holds ? 'allowed' : 'wrong_role');

  test(`${upload ? 'may' : 'may not'} upload`, () => {
    expect(decide(caller, { type: 'upload' }, roles)).toBe(role(upload));
  });

  test(`may list their own, and ${view ? 'may' : 'may not'} list what is published`, () => {
    expect(decide(caller, { type: 'list', videos: 'own' }, roles)).toBe('allowed');
    expect(decide(caller, { type: 'list', videos: 'published' }, roles)).toBe(role(view));
  });

  /** What may be known of a video that is not there. */
  const absent: Decision = view ? 'not_found' : 'wrong_role';

  describe.each(VIDEO_STATUSES)('of what is %s', (status) => {
    test.each(VISIBILITIES)('and %s: watches and manages what they may', (visibility) => {
      const decisionOn = (type: 'watch' | 'manage', owner: string) => decide(caller, { type, video: { owner, status, visibility } }, roles);
      const gone = status === 'deleting';
      expect([decisionOn('watch', 'ann'), decisionOn('manage', 'ann')]).toEqual(gone ? [absent, absent] : ['allowed', 'allowed']);

      const shown = view && status === 'ready' && visibility !== 'private';
      const others: [Decision, Decision] = shown ? ['allowed', 'wrong_role'] : [absent, absent];
      expect([decisionOn('watch', 'bob'), decisionOn('manage', 'bob')]).toEqual(admin && !gone ? ['allowed', 'allowed'] : others);
    });
  });

  test('learns of a video that is not there what is said of one that may not be known', () => {
    for (const type of ['watch', 'manage'] as const) expect(decide(caller, { type, video: undefined }, roles)).toBe(absent);
  });
});

describe('a value that this version does not know', () => {
  const watch = (userId: string, groups: string[], given: object) => decide(
    { userId, groups }, { type: 'watch', video: { owner: 'ann', status: 'ready', visibility: 'signed-in', ...given } as GuardedVideo }, CLOSED,
  );

  test.each([['PRIVATE'], ['public'], ['Signed-In'], ['signed-in '], [''], ['constructor'], [undefined], [null], [['signed-in']]])('visibility %j is private', (visibility) => {
    expect(watch('bob', ['watchers'], { visibility })).toBe('not_found');
    expect([watch('ann', [], { visibility }), watch('bob', ['bosses'], { visibility })]).toEqual(['allowed', 'allowed']);
  });

  test.each([['READY'], ['purging'], ['Deleting'], [''], ['toString'], [undefined], [null], [['ready']]])('status %j means that there is no such video', (status) => {
    expect(watch('bob', ['watchers'], { status })).toBe('not_found');
    expect([watch('ann', ['watchers'], { status }), watch('bob', ['bosses'], { status })]).toEqual(['not_found', 'not_found']);
  });
});
