import { spawnSync } from 'child_process';
import * as path from 'path';

const main = (...args: string[]) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', 'tsx', path.join(__dirname, '../../local/main.ts'), ...args], { encoding: 'utf8' });
  return { status, stderr, stdout };
};

describe('npm start', () => {
  it.each([
    [['--bogus'], 'Unknown option \'--bogus\''],
    [['--port'], 'Option \'--port <value>\' argument missing'],
    [['--port', 'http'], '--port must be a number from 0 to 65535, got \'http\''],
    [['--port', '70000'], '--port must be a number from 0 to 65535, got \'70000\''],
    [['somewhere'], 'Unexpected argument \'somewhere\''],
  ])('refuses %j and shows its usage', (args, message) => {
    const { status, stderr, stdout } = main(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('usage: npm start -- [--port N] [--data DIR] [--reset] [--check] [--app FILE]');
  });
});
