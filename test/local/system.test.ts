import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { ensure } from '../../local/system';

describe('an installed program', () => {
  const originalPath = process.env.PATH;
  let folder: string;
  const program = (name: string, body = 'exit 0') => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  const asUser = (id: number) => jest.spyOn(process, 'getuid').mockReturnValue(id);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vod-system-'));
    process.env.PATH = folder;
  });
  afterEach(() => {
    process.env.PATH = originalPath;
    jest.restoreAllMocks();
  });

  it('is found by each of its names', () => {
    program('ffmpeg');
    program('google-chrome');
    expect(ensure('ffmpeg')).toBe(path.join(folder, 'ffmpeg'));
    expect(ensure('chromium')).toBe(path.join(folder, 'google-chrome'));
  });

  it('is not a file without execute permission', () => {
    asUser(1000);
    writeFileSync(path.join(folder, 'ffmpeg'), '');
    expect(() => ensure('ffmpeg')).toThrow('ffmpeg is not installed');
  });

  it('is named in the error, with the install command, for a user without root', () => {
    asUser(1000);
    program('apt-get', 'exit 9');
    expect(() => ensure('ffmpeg')).toThrow('ffmpeg is not installed. Install it with\n  sudo apt-get install ffmpeg');
  });

  it('is installed automatically for root with apt-get', () => {
    asUser(0);
    const made = path.join(folder, 'ffmpeg');
    program('apt-get', `echo "$@" >> ${folder}/calls; [ "$1" = install ] && echo > ${made} && /bin/chmod 755 ${made}; exit 0`);
    expect(ensure('ffmpeg')).toBe(made);
    expect(readFileSync(path.join(folder, 'calls'), 'utf8')).toBe('update\ninstall -y --no-install-recommends ffmpeg\n');
  });

  it('fails with apt-get\'s message if the installation fails', () => {
    asUser(0);
    program('apt-get', 'echo no network >&2; exit 100');
    expect(() => ensure('ffmpeg')).toThrow('Command failed: apt-get update\nno network');
  });
});
