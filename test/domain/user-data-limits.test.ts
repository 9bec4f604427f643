import { oversizedField, titleOf } from '../../src/domain/user-data-limits';

test('a title made of a file name keeps whole characters', () => {
  expect(titleOf('holiday.mp4')).toBe('holiday.mp4');
  expect(titleOf('🎬'.repeat(255))).toBe('🎬'.repeat(200));
});

describe('what people may write about a video', () => {
  const filler = (bytes: number) => ({ description: 'x'.repeat(32 * 1024 - bytes) });
  test.each([
    ['a text', 'abc', 3],
    ['Cyrillic', 'ж', 2],
    ['an emoji', '🎬', 4],
    ['nothing', undefined, 0],
    ['a list', ['ab', 'ж'], 3 + 1 + 2 + 1 + 2],
    ['an empty list', [], 3],
    ['a map', { ж: 'a', b: '🎬' }, 3 + 1 + 3 + 1 + 5],
  ])('counts %s as DynamoDB does', (_, field, bytes) => {
    expect(oversizedField({ field, ...filler(bytes) })).toBeUndefined();
    expect(oversizedField({ field, ...filler(bytes - 1) })).toEqual({ name: 'description', bytes: 32 * 1024 - bytes + 1, totalBytes: 32 * 1024 + 1 });
  });
});
