import { execFileSync, spawnSync } from 'child_process';
import { randomBytes } from 'crypto';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { ENVIRONMENTS } from '../src/contract/environment';

const root = path.join(__dirname, '..');
const handlers = Object.keys(ENVIRONMENTS).map((handler) => `assets/${handler}/index.js`);

const PUBLISHED = /^(?:\.jsii|LICENSE|NOTICE|README\.md|openapi\.json|package\.json|rosetta\/[\w.-]+-fixture|assets\/[a-z/-]+\/index\.js|lib\/[\w/-]+\.(?:js|d\.ts))$/;

/** Files that can exist in a working copy and must not be published. */
const LEFTOVERS = ['serverless-vod-0.0.0.tgz', 'dist/js/serverless-vod@0.0.0.jsii.tgz', '.env', '.jsii.tabl.json', '.local/stack.json', 'cdk.out/tree.json'];

function repository(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'package-'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  for (const file of files) cpSync(path.join(root, file), path.join(copy, file), { force: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  const code = files.filter((file) => /^src\/(?!runtime\/)(?!.*\.(lambda|runtime)\.ts$)/.test(file)).map((file) => file.replace(/^src(.*)\.ts$/, 'lib$1'));
  for (const file of ['.jsii', ...code.flatMap((name) => [`${name}.js`, `${name}.d.ts`]), ...handlers, ...LEFTOVERS]) {
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    writeFileSync(path.join(copy, file), '{}');
  }
  return copy;
}

function pack(cwd: string) {
  // `npm pack` must not get the npm options of this test run, which are in environment variables.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  return spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd, env, encoding: 'utf8' });
}

describe('the published package', () => {
  let copy: string;
  beforeEach(() => { copy = repository(); });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  test('contains the library, the handlers and the documents, and no other files of the working copy', () => {
    const { stdout, stderr } = pack(copy);
    const files: string[] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0]?.files.map((file: { path: string }) => file.path);
    expect({ stderr, unexpected: files.filter((file) => !PUBLISHED.test(file)) }).toMatchObject({ unexpected: [] });
    expect(files).toEqual(expect.arrayContaining([
      '.jsii', 'LICENSE', 'NOTICE', 'README.md', 'openapi.json', 'lib/index.js', 'lib/index.d.ts', 'rosetta/default.ts-fixture', 'rosetta/readme.ts-fixture', ...handlers,
    ]));
  });

  test('is not created without handlers, code or assembly, and the error names each missing file', () => {
    for (const entry of ['assets', 'lib/index.js', '.jsii']) rmSync(path.join(copy, entry), { recursive: true });
    const { status, stderr } = pack(copy);
    expect(stderr).toContain(`In the package, these files are missing or empty: .jsii, lib/index.js, ${handlers.join(', ')}. Run "npm run build" to rebuild lib and assets.`);
    expect(status).not.toBe(0);
  });

  const inCopy = (file: string): string => path.join(copy, file);
  test.each<[string, RegExp, () => void]>([
    ['handlers behind a symbolic link, which npm does not pack', /missing or empty: assets\/.*manage-uploads/, () => {
      renameSync(inCopy('assets'), inCopy('elsewhere'));
      symlinkSync(inCopy('elsewhere'), inCopy('assets'));
    }],
    ['an area without its code', /missing or empty: lib\/upload\/vod-upload\.js\./, () => rmSync(inCopy('lib/upload/vod-upload.js'))],
    ['an empty handler', /missing or empty: assets\/upload\/manage-uploads\/index\.js\./, () => writeFileSync(inCopy('assets/upload/manage-uploads/index.js'), '')],
    ['code and handlers whose source was deleted', /files that no file in src produces: assets\/\.env, assets\/old\/index\.js, lib\/old\.js\./, () => {
      for (const file of ['assets/old/index.js', 'assets/.env', 'lib/old.js']) {
        mkdirSync(path.dirname(inCopy(file)), { recursive: true });
        writeFileSync(inCopy(file), '{}');
      }
    }],
    ['a handler that is older than its source', /older than src: assets\/upload\/manage-uploads\/index\.js\./, () => utimesSync(inCopy('assets/upload/manage-uploads/index.js'), 0, 0)],
    ['more than 2 MB', /has 2\.[12]\d MB, but at most 2 MB are allowed/, () => writeFileSync(inCopy('lib/index.js'), randomBytes(2_100_000))],
    ['a missing fixture of Construct Hub, or a missing NOTICE', /missing or empty: NOTICE, rosetta\/readme\.ts-fixture\./, () => {
      for (const file of ['NOTICE', 'rosetta/readme.ts-fixture']) rmSync(inCopy(file));
    }],
  ])('is not created with %s', (_, message, spoil) => {
    spoil();
    const { status, stderr } = pack(copy);
    expect(stderr).toMatch(message);
    expect(status).not.toBe(0);
  });
});
