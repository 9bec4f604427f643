import { readFileSync } from 'fs';
import * as path from 'path';

const root = path.join(__dirname, '..');

const document = (name: string): string => readFileSync(path.join(root, name), 'utf8');

describe('the documents in the package', () => {
  test('API.md shows no markers of fixtures in its examples: @exampleMetadata keeps them out', () => {
    expect(document('API.md').match(/^.*(?:\/\/\/|fixture).*$/gm) ?? []).toEqual([]);
  });
});
