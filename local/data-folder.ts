import { promises as fs } from 'fs';
import * as path from 'path';

const MARK = '.serverless-vod';

/** Makes the folder that everything is kept in; `reset` empties it, if it is one of ours. */
export async function prepareDataFolder(folder: string, reset: boolean): Promise<void> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = await fs.readdir(folder);
  const ours = entries.length === 0 || entries.includes(MARK);
  if (reset && !ours) throw new Error(`${folder} was not made by this program: --reset would delete what others keep there`);
  if (reset) await Promise.all(entries.map((entry) => fs.rm(path.join(folder, entry), { recursive: true, force: true })));
  if (ours) await fs.writeFile(path.join(folder, MARK), '');
}

/** Writes a file whole or not at all. */
export async function writeAtOnce(file: string, content: string): Promise<void> {
  await fs.writeFile(`${file}.new`, content, { mode: 0o600 });
  await fs.rename(`${file}.new`, file);
}
