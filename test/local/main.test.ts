import { spawnSync } from 'child_process';
import { mkdtempSync, writeFileSync } from 'fs';
import { createServer } from 'http';
import { tmpdir } from 'os';
import * as path from 'path';
import { listen } from '../../local/listen';

const usage = 'usage: npm start -- [--port N] [--data DIR] [--reset] [--check] [--divide-lifetimes N] [--divide-sessions N] [--app PATH]';
const main = (...args: string[]) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', path.join(__dirname, '../../local/main.ts'), ...args], { encoding: 'utf8' });
  return { status, stderr, stdout };
};

describe('npm start', () => {
  it.each([
    [['--bogus'], 'Unknown option \'--bogus\''],
    [['--port'], 'Option \'--port <value>\' argument missing'],
    [['--port', 'http'], '--port: expected a whole number from 0 to 65535, got \'http\''],
    [['--port', '70000'], '--port: expected a whole number from 0 to 65535, got \'70000\''],
    [['--divide-lifetimes', '0'], '--divide-lifetimes: expected a whole number of at least 1, got \'0\''],
    [['--divide-sessions', '0'], '--divide-sessions: expected a whole number of at least 1, got \'0\''],
    [['--divide-lifetimes', '1.5'], '--divide-lifetimes: expected a whole number of at least 1, got \'1.5\''],
    [['--app', 'nowhere.ts'], 'but \'nowhere.ts\' does not exist'],
    [['--app', 'src'], '--app: expected the file of a TypeScript or JavaScript CDK app, or the folder that cdk synth created (cdk.out), but the folder \'src\' has no manifest.json'],
    [['somewhere'], 'Unexpected argument \'somewhere\''],
  ])('rejects %j and shows the usage', (args, message) => {
    const { status, stderr, stdout } = main(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).toContain(message);
    expect(stderr).toContain(usage);
  });

  it.each(['--help', '-h'])('shows the usage for %s', (argument) => {
    const { status, stderr, stdout } = main(argument, '--port', '0');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(usage);
  });

  it('explains what to do if the port is in use', async () => {
    const { port, stop } = await listen(createServer(), 0);
    const data = mkdtempSync(path.join(tmpdir(), 'vod-local-'));
    const { status, stderr, stdout } = main('--port', String(port), '--data', data);
    await stop();
    expect([status, stderr.trim(), stdout]).toEqual([1, `port ${port} is in use: choose another port with --port`, '']);
  });

  it('explains what to do if the cloud assembly is damaged', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vod-local-'));
    writeFileSync(path.join(folder, 'manifest.json'), 'nope');
    const { status, stderr, stdout } = main('--port', '0', '--app', folder, '--data', path.join(folder, 'data'));
    expect([status, stderr.trim(), stdout]).toEqual([1, `${folder}/manifest.json: expected the manifest of a cloud assembly, a JSON object with "artifacts", `
      + 'but the file is not valid JSON. Run cdk synth in the folder of the app, and pass the folder that it creates (cdk.out)', '']);
  });
});
