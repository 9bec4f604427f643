import { execFile } from 'child_process';
import { readFileSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import { SignIn } from '../../local/client';
import { makeClip } from '../../local/clip';
import { ensure } from '../../local/system';

jest.setTimeout(PATIENCE_MS);
afterAll(stopAll);

test('the commands of README upload a video and start its playback', async () => {
  ensure('curl');
  ensure('jq');
  const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
  const [, commands] = /^```sh\n(URL=[^]*?)\n```$/m.exec(readme)!;
  const stack = await StackProcess.start();
  const { id_token } = await (await SignIn.begin(stack.facts)).tokens(stack.facts.users[0]);
  const folder = temporaryFolder();
  makeClip(path.join(folder, 'clip.mp4'), 3);

  const filled = commands.replace('URL=https://...', `URL=${stack.facts.origin}`).replace('TOKEN=...', `TOKEN=${id_token}`).replace('sleep 5', 'sleep 0.5');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', filled], { cwd: folder });
  expect(stdout).toMatch(/^ready\n#EXTM3U\n/);
});
