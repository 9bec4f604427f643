import { execFileSync } from 'child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'fs';
import * as path from 'path';
import * as ts from 'typescript';
import { ENVIRONMENTS } from '../src/contract/environment';

/*
 * This script runs before each `npm pack` and `npm publish`. npm omits symbolic links, and does not report missing files. Therefore, the script compares the
 * files that npm would pack with the required files. The script also checks the size of the package.
 */
/** The bundles of the handlers, about 75 kB each, are the largest part of the package. */
const MAX_BYTES = 2_000_000;
const root = path.join(__dirname, '..');
const sources = path.join(root, 'src');

const { fileNames } = ts.parseJsonConfigFileContent(JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')), ts.sys, root);
const code = fileNames.map((file) => path.relative(sources, file).replace(/\.ts$/, '')).flatMap((name) => [`lib/${name}.js`, `lib/${name}.d.ts`]);
const handlers = Object.keys(ENVIRONMENTS).flatMap((handler) => [`assets/${handler}/index.js`, ...clientsOf(`assets/${handler}`)]);
const required = ['.jsii', 'NOTICE', 'openapi.json', 'rosetta/default.ts-fixture', 'rosetta/readme.ts-fixture', ...code, ...handlers];

/** Returns the separate files of SDK clients that the bundle in a folder loads. */
function clientsOf(folder: string): string[] {
  const bundle = path.join(root, folder, 'index.js');
  const loaded = existsSync(bundle) ? readFileSync(bundle, 'utf8').matchAll(/\brequire\("\.\/(client-[a-z0-9-]+\.js)"\)/g) : [];
  return [...new Set(Array.from(loaded, ([, file]) => `${folder}/${file}`))];
}

const documents = /^(?:LICENSE|README\.md|package\.json)$/;

// npm passes its options to scripts in variables that begin with `npm_`, so these variables are removed for the inner npm.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
const answer = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, env, encoding: 'utf8' });
const [{ files: packed, size }]: [{ files: { path: string; size: number }[]; size: number }] = JSON.parse(answer);
const full = new Set(packed.filter((file) => file.size > 0).map((file) => file.path));

const changed = (file: string): number => statSync(path.join(root, file)).mtimeMs;
const lastChange = Math.max(...readdirSync(sources, { recursive: true, encoding: 'utf8' }).map((file) => changed(path.join('src', file))));

/**
 * npm sets this modification time for all files in a package. A release packs the files of an unpacked package again, so a file with this time can be up to
 * date.
 */
const PACKED = Date.parse('1985-10-26T08:15:00.000Z');

const problems: [what: string, files: string[]][] = [
  ['In the package, these files are missing or empty', required.filter((file) => !full.has(file))],
  ['The package contains files that no file in src produces', packed.map((file) => file.path).filter((file) => !required.includes(file) && !documents.test(file))],
  ['The package contains files that are older than src', ['.jsii', ...handlers].filter((file) => full.has(file) && changed(file) < lastChange && changed(file) !== PACKED)],
];
for (const [what, files] of problems.filter(([, found]) => found.length > 0)) {
  console.error(`${what}: ${files.join(', ')}. Run "npm run build" to rebuild lib and assets.`);
  process.exitCode = 1;
}
if (size > MAX_BYTES) {
  console.error(`The package has ${(size / 1e6).toFixed(2)} MB, but at most ${MAX_BYTES / 1e6} MB are allowed. "npm pack --dry-run" lists the size of each file.`);
  process.exitCode = 1;
}
