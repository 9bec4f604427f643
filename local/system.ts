import { execFileSync, spawnSync } from 'child_process';

/** Command names of each program. The key is also the package name for apt-get, brew and dnf. */
const NAMES = {
  'ffmpeg': ['ffmpeg'],
  'curl': ['curl'],
  'jq': ['jq'],
  'python3': ['python3'],
  'mono-mcs': ['mcs'],
  'chromium': ['chromium', 'chromium-browser', 'google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
};

/** A missing program is installed with apt-get if the process runs as root. Otherwise, the error contains the install command. */
export function ensure(program: keyof typeof NAMES): string {
  const found = find(NAMES[program]);
  if (found) return found;
  if (process.getuid?.() !== 0 || !find(['apt-get'])) {
    throw new Error(`${program} is not installed. Install it with\n  sudo apt-get install ${program}   (or brew install ${program}, dnf install ${program})`);
  }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', program]]) {
    execFileSync('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'pipe' });
  }
  return find(NAMES[program])!;
}

function find(names: string[]): string | undefined {
  const where = (name: string) => spawnSync('/bin/sh', ['-c', 'command -v "$0"', name], { env: process.env, encoding: 'utf8' }).stdout.trim();
  return names.map(where).find(Boolean);
}
