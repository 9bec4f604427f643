import { execFile, execFileSync } from 'child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'fs';
import { createServer } from 'http';
import { isBuiltin } from 'module';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import * as path from 'path';
import { promisify } from 'util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ENVIRONMENT } from '../bench/environment';
import { checkReplacements, REPLACEMENTS } from '../build/left-out';
import { videoRow } from './runtime/rows/catalog-table';
import { ENVIRONMENTS } from '../src/contract/environment';

/** The separate files of SDK clients that a handler loads only for some requests. */
const SEPARATE = /^\.\/client-[a-z0-9-]+\.js$/;

/** A module that the SDK loads only for operations that no handler calls. */
const NOT_BUNDLED = '@smithy/core/event-streams';

const root = path.join(__dirname, '..');
const filesOf = (folder: string, handler: string): string[] => readdirSync(path.join(folder, 'assets', handler)).sort();
/** Returns all files of a handler: its bundle, and its separate SDK clients. */
const bundle = (folder: string, handler: string): string => filesOf(folder, handler).map((file) => readFileSync(path.join(folder, 'assets', handler, file), 'utf8')).join('\n');

test.each(Object.keys(ENVIRONMENTS))('the bundle of %s contains all modules except those that cannot run in Lambda', (handler) => {
  const code = bundle(root, handler);
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
  expect(required.filter((name) => !isBuiltin(name) && name !== NOT_BUNDLED && !SEPARATE.test(name))).toEqual([]);
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

describe('a bundle without the unused errors of its SDK clients', () => {
  const videoId = '0193a1b2-0000-7000-8000-0123456789ac';
  const found = JSON.stringify({ Item: marshall(videoRow({ videoId, status: 'processing', attempt: 1, jobId: 'j' }), { removeUndefinedValues: true }) });
  const failed = (type: string): string => JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'from the table' });

  /** Sends the event of a failed job to the handler. DynamoDB rejects the write with an error. Returns the outcome of the handler. */
  async function outcomeAfter(type: string): Promise<string> {
    const server = createServer((request, response) => {
      const isWrite = request.headers['x-amz-target'] === 'DynamoDB_20120810.UpdateItem';
      request.resume().on('end', () => response.writeHead(isWrite ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' }).end(isWrite ? failed(type) : found));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = {
      ...ENVIRONMENT, PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret',
    };
    const event = { detail: { status: 'ERROR', jobId: 'j', userMetadata: { videoId, attempt: '1' }, outputGroupDetails: [] } };
    const child = path.join(root, 'bench', 'cold-start-child.js');
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [child, path.join(root, 'assets/transcode/record-job-event/index.js'), JSON.stringify(event)], { env });
      return JSON.parse(stdout).outcome;
    } finally {
      server.close();
    }
  }

  test('handles an error that the code of the handler names', async () => {
    expect(await outcomeAfter('ConditionalCheckFailedException')).toBe('done');
  });

  test('throws any other error with its message', async () => {
    expect(await outcomeAfter('ItemCollectionSizeLimitExceededException')).toBe('from the table');
  });
});

test('the build fails if a library renames a file that the build replaces', () => {
  const files = REPLACEMENTS.map(({ file }) => `node_modules/${file}`);
  expect(() => checkReplacements(files)).not.toThrow();
  expect(() => checkReplacements(files.slice(1))).toThrow(`expected the handlers to import ${REPLACEMENTS[0].file}.`);
});
