import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';

const src = path.join(__dirname, '..', '..', 'src');

test('all warning ids have the same form', () => {
  const ids = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    .flatMap((file) => Array.from(readFileSync(path.join(src, file), 'utf8').matchAll(/'serverless-vod:([^']*)'/g), ([, id]) => id));
  expect(ids.length).toBeGreaterThan(10);
  expect(ids.filter((id) => !/^[a-z][A-Za-z]*$/.test(id))).toEqual([]);
});
