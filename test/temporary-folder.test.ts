import { spawn } from 'child_process';
import { existsSync } from 'fs';
import * as path from 'path';
import { setTimeout as delay } from 'timers/promises';

const BUILD = path.join(__dirname, '../build');

/** A script that creates a temporary folder, prints its path, and runs a command that writes into this folder until the script ends. */
const SCRIPT = `
const { temporaryFolder } = require(${JSON.stringify(path.join(BUILD, 'temporary-folder.ts'))});
const { run } = require(${JSON.stringify(path.join(BUILD, 'shell.ts'))});
const folder = temporaryFolder('test-');
console.log(folder);
run(folder, '/bin/sh', ['-c', 'while mkdir -p "$0/written"; do sleep 0.01; done', folder]);
if (process.argv[1] === 'fail') setImmediate(() => { throw new Error('expected'); });
`;

describe('a temporary folder', () => {
  test.each([['fails', 'fail'], ['is interrupted', 'SIGINT'], ['is terminated', 'SIGTERM']] as const)('is deleted if its script %s', async (_, ending) => {
    const script = spawn(process.execPath, ['--import', 'tsx', '-e', SCRIPT, ending], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise((resolve) => script.on('close', resolve));
    const folder = await new Promise<string>((resolve) => script.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim())));
    if (ending !== 'fail') {
      expect(existsSync(folder)).toBe(true);
      script.kill(ending);
    }
    expect(await ended).not.toBe(0);
    for (let attempt = 0; existsSync(folder) && attempt < 200; attempt += 1) await delay(50);
    await delay(100);
    expect(existsSync(folder)).toBe(false);
  });
});
