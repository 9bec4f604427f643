import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'fs';
import { createServer } from 'net';
import * as path from 'path';
import { temporaryFolder } from './template/stacks';
import { prepareDataFolder, writeAtOnce } from '../../local/data-folder';
import { freePorts } from '../../local/ports';

describe('the data folder', () => {
  it('is made for its owner alone, and keeps what is in it', async () => {
    const folder = path.join(temporaryFolder(), 'deep/data');
    await prepareDataFolder(folder, false);
    expect(statSync(folder).mode.toString(8)).toBe('40700');
    writeFileSync(path.join(folder, 'video'), 'x');
    await prepareDataFolder(folder, false);
    expect(existsSync(path.join(folder, 'video'))).toBe(true);
  });

  it('is emptied when asked, as often as asked', async () => {
    const folder = path.join(temporaryFolder(), 'data');
    for (let run = 0; run < 2; run++) {
      await prepareDataFolder(folder, true);
      expect(readdirSync(folder)).toEqual(['.serverless-vod']);
      writeFileSync(path.join(folder, 'video'), 'x');
    }
  });

  it('is never somebody else\'s', async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'thesis'), 'x');
    await prepareDataFolder(folder, false);
    await expect(prepareDataFolder(folder, true)).rejects.toThrow('was not made by this program');
    expect(existsSync(path.join(folder, 'thesis'))).toBe(true);
  });

  it('has files that are whole', async () => {
    const folder = temporaryFolder();
    await writeAtOnce(path.join(folder, 'stack.json'), '{}');
    expect([readdirSync(folder), readFileSync(path.join(folder, 'stack.json'), 'utf8')]).toEqual([['stack.json'], '{}']);
  });
});

it('free ports differ, and can be listened on', async () => {
  const ports = await freePorts(3);
  expect(new Set(ports).size).toBe(3);
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(ports[0], '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
});
