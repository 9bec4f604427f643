import { promises as fs } from 'fs';
import * as path from 'path';
import type { Part } from './types';

/** Says that a folder is ours, and holds the id of the process that uses it. */
const MARK = '.serverless-vod';

/** Makes the folder that everything is kept in, and holds it until stopped; `reset` empties it, if it is one of ours. */
export async function holdDataFolder(folder: string, reset: boolean): Promise<Part> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const mark = path.join(folder, MARK);
  const entries = await fs.readdir(folder);
  const holder = Number(await fs.readFile(mark, 'utf8').catch(() => ''));
  if (holder && holder !== process.pid && isAlive(holder)) throw new Error(`process ${holder} is using ${folder}: end it first (if it is no run of this program, delete ${mark})`);
  if (entries.length > 0 && !entries.includes(MARK)) throw new Error(`${folder} holds what this program did not make: name an empty folder with --data`);
  if (reset) await Promise.all(entries.map((entry) => fs.rm(path.join(folder, entry), { recursive: true, force: true })));
  await fs.writeFile(mark, String(process.pid));
  return { stop: () => fs.writeFile(mark, '') };
}

/** Writes a file whole or not at all. */
export async function writeAtOnce(file: string, content: string): Promise<void> {
  await fs.writeFile(`${file}.new`, content, { mode: 0o600 });
  await fs.rename(`${file}.new`, file);
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
