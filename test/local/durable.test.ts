import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { durableRecords } from '../../local/durable';

test.each(['', '{"body":'])('the error for a record with the content %p names its file and how to recover', (content) => {
  const folder = mkdtempSync(join(tmpdir(), 'vod-records-'));
  writeFileSync(join(folder, '1.json'), content);
  expect(() => durableRecords(folder)).toThrow(new RegExp(`^${join(folder, '1.json')} can't be read: .*JSON.*\\. Delete this file to continue without its data$`));
});
