import { oversizedField, titleOf } from '../../src/domain/user-data-limits';

test('a title from a file name does not cut surrogate pairs', () => {
  expect(titleOf('holiday.mp4')).toBe('holiday.mp4');
  expect(titleOf('🎬'.repeat(255))).toBe('🎬'.repeat(200));
});

describe('the size of user data', () => {
  const filler = (bytes: number) => ({ description: 'x'.repeat(32 * 1024 - bytes) });
  test.each([
    ['a string', 'abc', 3],
    ['a Cyrillic letter', 'ж', 2],
    ['an emoji', '🎬', 4],
    ['undefined', undefined, 0],
    ['a list', ['ab', 'ж'], 3 + 1 + 2 + 1 + 2],
    ['an empty list', [], 3],
    ['a map', { ж: 'a', b: '🎬' }, 3 + 1 + 3 + 1 + 5],
  ])('is counted as DynamoDB does for %s', (_, field, bytes) => {
    expect(oversizedField({ field, ...filler(bytes) })).toBeUndefined();
    expect(oversizedField({ field, ...filler(bytes - 1) })).toEqual({ name: 'description', bytes: 32 * 1024 - bytes + 1, totalBytes: 32 * 1024 + 1 });
  });
});
