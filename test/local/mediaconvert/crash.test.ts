import { execFileSync, spawn } from 'child_process';
import { randomUUID } from 'crypto';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { run } from '../../../local/mediaconvert/ffmpeg';

const running = (name: string) => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').filter((line) => /^ffmpeg/.test(line) && line.includes(name)).length;
const becomes = async (name: string, count: number) => {
  for (let tries = 0; tries < 200 && running(name) !== count; tries++) await wait(50);
  return running(name);
};

describe('FFmpeg', () => {
  it('ends if its parent process is killed', async () => {
    const name = randomUUID();
    const parent = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'crash.fixture.ts'), name], { stdio: 'ignore' });
    expect(await becomes(name, 1)).toBe(1);
    parent.kill('SIGKILL');
    expect(await becomes(name, 0)).toBe(0);
  });

  it('ends if its signal is aborted', async () => {
    const name = randomUUID();
    const stopping = new AbortController();
    const ended = run('ffmpeg', ['-re', '-f', 'lavfi', '-i', 'testsrc2', '-metadata', `title=${name}`, '-t', '60', '-f', 'null', '-'], '.', stopping.signal);
    const outcome = expect(ended).rejects.toThrow('aborted');
    expect(await becomes(name, 1)).toBe(1);
    stopping.abort();
    await outcome;
    expect(await becomes(name, 0)).toBe(0);
  });

  it('rejects with the last line of its error output', async () => {
    await expect(run('ffmpeg', ['-i', 'missing', 'x.mp4'], '.', new AbortController().signal)).rejects.toThrow('missing: No such file or directory');
    expect(await run('ffprobe', ['-f', 'lavfi', '-show_entries', 'stream=width', '-of', 'csv=p=0', 'testsrc2=size=64x48'], '.', new AbortController().signal)).toBe('64');
  });
});
