import { promises as fs } from 'fs';
import * as path from 'path';
import { ClassicLevel } from 'classic-level';
import type { Part } from './types';

/** Marks the folder as ours. LevelDB holds it for one process, and the operating system lets go of it when that process ends, killed or not. */
const LOCK = '.serverless-vod';
/** What the folder has when a version without the lock made it. A `cdk.out` alone is in the folder of each CDK app. */
const EARLIER = ['cdk.out', 'custom-resources.json'];

/**
 * Makes the folder of everything that is kept, or empties it when asked, and holds it until the part is stopped.
 *
 * @throws when the folder holds what this program did not make, or when another stack holds it
 */
export async function holdDataFolder(folder: string, reset: boolean): Promise<Part> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = await fs.readdir(folder);
  const isOurs = entries.includes(LOCK) || EARLIER.every((name) => entries.includes(name));
  if (entries.length > 0 && !isOurs) throw new Error(`${folder} holds what this program did not make: name an empty folder with --data`);
  const lock = await openDatabase(path.join(folder, LOCK), `a stack is running in ${folder}: stop it first`);
  for (const entry of entries) {
    if (reset ? entry !== LOCK : entry === 'stack.json') await fs.rm(path.join(folder, entry), { recursive: true, force: true });
  }
  return { stop: () => lock.close() };
}

/** Opens a LevelDB folder; one that is damaged is named, with the way out. */
export async function openDatabase(folder: string, inUse = `${folder} is in use`): Promise<ClassicLevel> {
  const database = new ClassicLevel(folder);
  await database.open().catch(({ cause }) => {
    throw new Error(cause?.code === 'LEVEL_LOCKED' ? inUse : `${folder} can't be opened: ${cause?.message}. Remove it to go on without what it keeps`);
  });
  return database;
}
