import { idOf, videoRow } from './catalog-table';
import { SCHEMA_VERSION } from '../../../src/contract/table';
import { readRow } from '../../../src/runtime/rows/read-row';

const row = videoRow({ videoId: idOf(1), status: 'processing' });

test('a row of this format is read as it is', () => expect(readRow(row)).toBe(row));

test('a row of the format 0 gets what this format has', () => {
  const { schemaVersion, stageKey, version, ...old } = row;
  expect(readRow(old)).toEqual({ ...row, version: 0 });
  expect(readRow({ ...old, version: 7 })).toEqual({ ...row, version: 7 });
});

test('a row of a newer format is refused: this version may not know what it must not lose', () => {
  expect(() => readRow({ ...row, schemaVersion: SCHEMA_VERSION + 1 })).toThrow(`${row.pk} video has the format 2; this version of serverless-vod reads formats up to 1. Deploy the version that wrote the row`);
});
