import { spawn } from 'child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'fs';
import * as path from 'path';
import { temporaryFolder } from './template/stacks';
import { holdDataFolder, writeAtOnce } from '../../local/data-folder';

describe('the data folder', () => {
  it('is made for its owner alone, and keeps what is in it', async () => {
    const folder = path.join(temporaryFolder(), 'deep/data');
    await (await holdDataFolder(folder, false)).stop();
    expect(statSync(folder).mode.toString(8)).toBe('40700');
    writeFileSync(path.join(folder, 'video'), 'x');
    await holdDataFolder(folder, false);
    expect(existsSync(path.join(folder, 'video'))).toBe(true);
  });

  it('is emptied when asked, as often as asked', async () => {
    const folder = path.join(temporaryFolder(), 'data');
    for (let run = 0; run < 2; run++) {
      await holdDataFolder(folder, true);
      expect(readdirSync(folder)).toEqual(['.serverless-vod']);
      writeFileSync(path.join(folder, 'video'), 'x');
    }
  });

  it.each([true, false])('is never somebody else\'s (reset: %s)', async (reset) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'thesis'), 'x');
    await expect(holdDataFolder(folder, reset)).rejects.toThrow('holds what this program did not make');
    expect(readdirSync(folder)).toEqual(['thesis']);
  });

  it('is held by one process at a time, and left by one that was killed', async () => {
    const folder = path.join(temporaryFolder(), 'data');
    await holdDataFolder(folder, false);
    const other = spawn('sleep', ['60']);
    const ended = new Promise((resolve) => other.once('exit', resolve));
    writeFileSync(path.join(folder, '.serverless-vod'), String(other.pid));
    await expect(holdDataFolder(folder, true)).rejects.toThrow(`process ${other.pid} is using ${folder}`);
    other.kill('SIGKILL');
    await ended;
    await (await holdDataFolder(folder, false)).stop();
    expect(readFileSync(path.join(folder, '.serverless-vod'), 'utf8')).toBe('');
  });

  it('has files that are whole', async () => {
    const folder = temporaryFolder();
    await writeAtOnce(path.join(folder, 'stack.json'), '{}');
    expect([readdirSync(folder), readFileSync(path.join(folder, 'stack.json'), 'utf8')]).toEqual([['stack.json'], '{}']);
  });
});
