import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { checkTypes } from './type-checker';

const files = readdirSync(__dirname).filter((file) => file.endsWith('.types.ts'));

describe('types', () => {
  const { expected, unexpected } = checkTypes(Object.fromEntries(files.map((file) => [file, readFileSync(path.join(__dirname, file), 'utf8')])));

  test.each(expected)('$file:$line: $message', ({ message, found }) => {
    expect(found).toEqual([expect.stringContaining(message)]);
  });

  test('every other line compiles', () => {
    expect(files).not.toEqual([]);
    expect(unexpected).toEqual([]);
  });
});

test('the checker reports a line that compiles, a different error and an error in another line', () => {
  const { expected, unexpected } = checkTypes({
    'some.types.ts': [
      '// @ts-expect-error is not assignable', 'export const right: number = 1;',
      '// @ts-expect-error is not assignable', 'export const misspelled: number = nmae;',
      'export const elsewhere: number = \'1\';',
    ].join('\n'),
  });
  expect(expected.map(({ line, found }) => [line, ...found])).toEqual([[2], [4, 'Cannot find name \'nmae\'.']]);
  expect(unexpected).toEqual(['test/types/some.types.ts:5: Type \'string\' is not assignable to type \'number\'.']);
});
