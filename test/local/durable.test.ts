import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { durableRecords } from '../../local/durable';

test.each(['', '{"body":'])('a record that holds %p is named, and what to do about it', (content) => {
  const folder = mkdtempSync(join(tmpdir(), 'vod-records-'));
  writeFileSync(join(folder, '1.json'), content);
  expect(() => durableRecords(folder)).toThrow(new RegExp(`^${join(folder, '1.json')} can't be read: .*JSON.*\\. Delete this file to continue without its data$`));
});
