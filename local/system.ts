import { execFileSync } from 'child_process';
import { accessSync, constants, existsSync } from 'fs';
import * as path from 'path';

/** A program of the machine, by the name that its package has with every package manager here. */
export type Program = 'ffmpeg' | 'chromium';

const NAMES: Record<Program, string[]> = {
  ffmpeg: ['ffmpeg'],
  chromium: [
    'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
};

const INSTALLERS: Record<string, string> = {
  'apt-get': 'sudo apt-get update && sudo apt-get install -y',
  'dnf': 'sudo dnf install -y',
  'brew': 'brew install',
};

/** The path of a program; installed first where this is a root shell with apt-get, else an error with the one line to type. */
export function ensure(program: Program): string {
  const found = find(NAMES[program]);
  if (found) return found;
  const installer = Object.keys(INSTALLERS).find((name) => find([name]));
  if (installer === 'apt-get' && process.getuid?.() === 0) {
    installQuietly(program);
    const installed = find(NAMES[program]);
    if (installed) return installed;
  }
  throw new Error(`${program} is not on this machine${installer ? `: type\n  ${INSTALLERS[installer]} ${program}` : ': install it and start again'}`);
}

function find(names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => path.isAbsolute(name) ? [name] : folders.map((folder) => path.join(folder, name)));
  return candidates.find((candidate) => existsSync(candidate) && isExecutable(candidate));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installQuietly(program: Program): void {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', program]]) {
    try {
      execFileSync('apt-get', args, { env: environment, stdio: 'pipe' });
    } catch (error) {
      throw new Error(`apt-get ${args.join(' ')} failed:\n${(error as { stderr?: Buffer }).stderr ?? error}`);
    }
  }
}
