import { mkdirSync, readdirSync, rmSync } from 'fs';
import { join } from 'path';
import { readJson, writeJson } from './services/json';

export type DurableRecords<T> = ReturnType<typeof durableRecords<T>>;

/**
 * Creates a store of small records, which survive `kill -9`. Each record is a file, and the file gets its final name before `set` returns.
 *
 * @param folder - a folder for these records only; ids become file names
 */
export function durableRecords<T>(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: string) => join(folder, `${id}.json`);
  const ids = readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  const records = new Map<string, T>(ids.map((id) => [id, readJson(fileOf(id))]));
  return {
    /** Returns a copy, so that callers can change records during iteration. */
    entries: (): [id: string, record: T][] => [...records],
    get: (id: string): T | undefined => records.get(id),
    set(id: string, record: T): void {
      writeJson(fileOf(id), record);
      records.set(id, record);
    },
    delete(id: string): void {
      rmSync(fileOf(id), { force: true });
      records.delete(id);
    },
  };
}
