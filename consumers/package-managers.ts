import { promises as fs } from 'fs';
import * as path from 'path';
import { type Consumer, type Installed, runCdkApp } from './consumer';
import { copyNpmExample, installedCdk, npmInstall } from './languages/npm';
import { run } from '../build/shell';

/** The example for JavaScript. Most users install the library with npm, without a workspace and without a bundler. This file tests the other cases. */
const EXAMPLE = 'javascript/smallest';

const installed = (cdk: string, synth: Installed['synth']): Installed => ({ cdk, typeCheck: 'none', apps: ['smallest'], synth });

const pnpm: Consumer = async (task) => {
  const { folder } = task;
  await copyNpmExample(EXAMPLE, folder, task);
  await run(folder, 'npx', ['--yes', 'pnpm@12', 'install', '--silent', '--store-dir', path.join(folder, 'store')]);
  return installed(await installedCdk(folder), (_, environment) => runCdkApp(folder, environment));
};

/**
 * Yarn does not use the dependencies that are bundled in aws-cdk-lib. Yarn installs these dependencies from the registry. The newest aws-cdk-lib can require a
 * version of `@aws/cloudformation-validate` that is not in the registry yet.
 */
const NEWEST_CDK = { resolutions: { '@aws/cloudformation-validate': 'npm:latest' } };

/** Yarn's Plug'n'Play has no node_modules: the library and its handlers are read from archives. */
const yarn: Consumer = async (task) => {
  const { folder } = task;
  await copyNpmExample(EXAMPLE, folder, task, task.cdk === 'newest' ? NEWEST_CDK : {});
  const settings = { YARN_ENABLE_GLOBAL_CACHE: 'false', YARN_NODE_LINKER: 'pnp', YARN_ENABLE_TELEMETRY: 'false', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
  const yarnCommand = (environment: Record<string, string>, ...args: string[]): Promise<string> =>
    run(folder, 'npx', ['--yes', '--package', '@yarnpkg/cli-dist@4', '--', 'yarn', ...args], { ...settings, ...environment });
  await fs.writeFile(path.join(folder, 'yarn.lock'), '');
  await yarnCommand({}, 'install');
  const cdk = await yarnCommand({}, 'node', '-p', 'require("aws-cdk-lib/package.json").version');
  const { app } = JSON.parse(await fs.readFile(path.join(folder, 'cdk.json'), 'utf8'));
  return installed(cdk.trim(), (_, environment) => yarnCommand(environment, 'exec', app));
};

/** The app is one package of an npm workspace, so the library is in the node_modules of the parent folder. */
const workspace: Consumer = async (task) => {
  const app = path.join(task.folder, 'apps/videos');
  await copyNpmExample(EXAMPLE, app, task);
  await fs.writeFile(path.join(task.folder, 'package.json'), JSON.stringify({ private: true, workspaces: ['apps/*'] }));
  await npmInstall(task.folder);
  return installed(await installedCdk(task.folder), (_, environment) => runCdkApp(app, environment));
};

/**
 * An app that esbuild bundles. The option `--external` keeps the library out of the bundle. Without this option, the app fails, and the error names the option.
 */
const bundled: Consumer = async (task) => {
  const { folder } = task;
  await copyNpmExample(EXAMPLE, folder, task);
  await npmInstall(folder, 'esbuild@^0.28.0');
  const bundle = (output: string, ...external: string[]): Promise<string> =>
    run(folder, 'npx', ['esbuild', 'app.js', '--bundle', '--platform=node', `--outfile=${output}`, '--log-level=error', ...external.map((name) => `--external:${name}`)]);
  await bundle('inside/app.js', 'aws-cdk-lib', 'constructs');
  const refused: Error = await run(folder, process.execPath, ['inside/app.js']).then(() => new Error('expected an error for an app whose bundle contains serverless-vod, got none'), (error) => error);
  if (!refused.message.includes('--external:serverless-vod')) throw refused;
  await bundle('outside/app.js', 'aws-cdk-lib', 'constructs', 'serverless-vod');
  return installed(await installedCdk(folder), (_, environment) => run(folder, process.execPath, ['outside/app.js'], environment));
};

export const PACKAGE_MANAGERS: Readonly<Record<string, Consumer>> = {
  'pnpm': pnpm, 'Yarn-PnP': yarn, 'npm-workspace': workspace, 'bundled-app': bundled,
};
