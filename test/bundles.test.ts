import { execFileSync } from 'child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'fs';
import { isBuiltin } from 'module';
import { tmpdir } from 'os';
import * as path from 'path';
import { ENVIRONMENTS } from '../src/contract/environment';

/** The separate files of SDK clients that a handler loads only for some requests. */
const SEPARATE = /^\.\/client-[a-z0-9-]+\.js$/;

/** Modules that the SDK loads only when a client needs them: credential providers for use outside Lambda, event streams, and native code for SigV4a. */
const NOT_BUNDLED = /^@(aws-sdk\/(credential-provider-|signature-v4-crt)|smithy\/(credential-provider-imds|core\/event-streams))/;

const root = path.join(__dirname, '..');
const filesOf = (folder: string, handler: string): string[] => readdirSync(path.join(folder, 'assets', handler)).sort();
/** Returns all files of a handler: its bundle, and its separate SDK clients. */
const bundle = (folder: string, handler: string): string => filesOf(folder, handler).map((file) => readFileSync(path.join(folder, 'assets', handler, file), 'utf8')).join('\n');

test.each(Object.keys(ENVIRONMENTS))('the bundle of %s contains all modules except those that cannot run in Lambda', (handler) => {
  const code = bundle(root, handler);
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
  expect(required.filter((name) => !isBuiltin(name) && !NOT_BUNDLED.test(name) && !SEPARATE.test(name))).toEqual([]);
  expect(['index.js', ...new Set(required.filter((name) => SEPARATE.test(name)))].map((name) => path.basename(name)).sort()).toEqual(filesOf(root, handler));
  // For a dynamic `import()`, Node loads an additional module. This takes longer than loading the rest of the SDK.
  expect(code).not.toMatch(/\bimport\(/);
});

test('bundles from folders with different paths are equal, byte for byte', () => {
  const temporary = mkdtempSync(path.join(tmpdir(), 'bundles-'));
  const folders = ['first', 'a/deeper/second'].map((name) => path.join(temporary, name));
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    for (const part of ['src', 'build', 'package.json', 'tsconfig.json']) cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    execFileSync(process.execPath, ['--import', 'tsx', 'build/bundle.ts'], { cwd: folder, stdio: 'pipe' });
  }
  const handlers = Object.keys(ENVIRONMENTS);
  const [first, second] = folders.map((folder) => handlers.filter((handler) => bundle(folder, handler) === bundle(root, handler)));
  rmSync(temporary, { recursive: true });
  expect([first, second]).toEqual([handlers, handlers]);
});
