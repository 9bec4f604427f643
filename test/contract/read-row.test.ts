import { readRow } from '../../src/contract/read-row';
import { SCHEMA_VERSION } from '../../src/contract/table';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

const row = videoRow({ videoId: idOf(1), status: 'processing' });

test('does not change a row of the current format', () => expect(readRow(row)).toBe(row));

test('adds the attributes of the current format to a row of format 0', () => {
  const { schemaVersion, stageKey, version, ...old } = row;
  expect(readRow(old)).toEqual({ ...row, version: 0 });
  expect(readRow({ ...old, version: 7 })).toEqual({ ...row, version: 7 });
});

test('rejects a row of a newer format, whose attributes it may not know', () => {
  expect(() => readRow({ ...row, schemaVersion: SCHEMA_VERSION + 1 })).toThrow(`${row.pk} video has the format 2; this version of serverless-vod reads formats up to 1. Deploy the version that wrote the row`);
});
