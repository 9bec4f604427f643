import { promises as fs } from 'fs';
import * as path from 'path';
import { ClassicLevel } from 'classic-level';
import type { Part } from './types';

/** A LevelDB folder that marks the data folder as created by this program. LevelDB locks this folder until the process ends. */
const LOCK = '.serverless-vod';
/**
 * Older versions of this program created data folders without a lock, but with these two entries. `cdk.out` alone does not mark a data folder, because the
 * folder of any CDK app can contain `cdk.out`.
 */
const EARLIER = ['cdk.out', 'custom-resources.json'];

/**
 * Creates the data folder, or empties it if `reset` is set. The folder is locked until `stop` of the returned object is called.
 *
 * @throws if the folder contains files that this program did not create, or if another local stack uses it
 */
export async function holdDataFolder(folder: string, reset: boolean): Promise<Part> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = await fs.readdir(folder);
  const isOurs = entries.includes(LOCK) || EARLIER.every((name) => entries.includes(name));
  if (entries.length > 0 && !isOurs) throw new Error(`${folder} contains files that this program did not create: pass an empty folder with --data`);
  const lock = await openDatabase(path.join(folder, LOCK), `another local stack is using ${folder}: stop it first`);
  for (const entry of entries) {
    if (reset ? entry !== LOCK : entry === 'stack.json') await fs.rm(path.join(folder, entry), { recursive: true, force: true });
  }
  return { stop: () => lock.close() };
}

export async function openDatabase(folder: string, inUse = `another process is using ${folder}: stop it first`): Promise<ClassicLevel> {
  const database = new ClassicLevel(folder);
  await database.open().catch(({ cause }) => {
    throw new Error(cause?.code === 'LEVEL_LOCKED' ? inUse : `${folder} can't be opened: ${cause?.message}. Delete this folder to continue without its data`);
  });
  return database;
}
