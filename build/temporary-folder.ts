import { spawn } from 'child_process';
import { mkdtempSync, realpathSync } from 'fs';
import { constants, tmpdir } from 'os';
import * as path from 'path';

const DELETE = 'fs.rmSync(process.argv[1], { recursive: true, force: true, maxRetries: 5 })';

/**
 * Creates an empty folder. When this process ends, the folder is deleted, even after an error or an interruption. A separate process deletes the folder,
 * because tsx kills an interrupted script that does not end at once.
 */
export function temporaryFolder(prefix: string): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), prefix)));
  process.on('exit', () => spawn(process.execPath, ['-e', DELETE, folder], { detached: true, stdio: 'ignore' }).unref());
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(128 + constants.signals[signal]));
  return folder;
}
