import { promises as fs } from 'fs';
import * as path from 'path';
import { type Consumer, copy, EXAMPLES, type Installed, type Task } from './consumer';
import { cdkPackages, installedCdk, installWithNpm } from './languages/npm';
import { run } from '../build/shell';

/** The example for JavaScript. The usual way to install the library is npm in a separate folder. This file tests other ways. */
const EXAMPLE = path.join(EXAMPLES, 'javascript/smallest');

const installed = (cdk: string, synth: Installed['synth']): Installed => ({ cdk, typeCheck: 'none', apps: ['smallest'], synth });

/** Returns the dependencies in the example's package.json. `task` contains their versions. */
function dependencies(task: Task): Record<string, string> {
  const cdk = cdkPackages(task).map((each) => each.split('@') as [string, string]);
  return { ...Object.fromEntries(cdk), 'serverless-vod': `file:${task.artifacts.tarball}` };
}

const write = (folder: string, manifest: object): Promise<void> => fs.writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));

const pnpm: Consumer = async (task) => {
  const { folder } = task;
  await copy(EXAMPLE, folder);
  await write(folder, { dependencies: dependencies(task) });
  await run(folder, 'npx', ['--yes', 'pnpm@12', 'install', '--silent', '--store-dir', path.join(folder, 'store')]);
  return installed(await installedCdk(folder), (_, environment) => run(folder, process.execPath, ['app.js'], environment));
};

/** Yarn's Plug'n'Play has no node_modules: the library and its handlers are read from archives. */
const yarn: Consumer = async (task) => {
  const { folder } = task;
  await copy(EXAMPLE, folder);
  await write(folder, { dependencies: dependencies(task) });
  const settings = { YARN_ENABLE_GLOBAL_CACHE: 'false', YARN_NODE_LINKER: 'pnp', YARN_ENABLE_TELEMETRY: 'false', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
  const command = (...args: string[]) => ['--yes', '--package', '@yarnpkg/cli-dist@4', '--', 'yarn', ...args];
  await fs.writeFile(path.join(folder, 'yarn.lock'), '');
  await run(folder, 'npx', command('install'), settings);
  const cdk = await run(folder, 'npx', command('node', '-p', 'require("aws-cdk-lib/package.json").version'), settings);
  return installed(cdk.trim(), (_, environment) => run(folder, 'npx', command('node', 'app.js'), { ...settings, ...environment }));
};

/** The app is one package of an npm workspace, so the library is in the node_modules of the parent folder. */
const workspace: Consumer = async (task) => {
  const app = path.join(task.folder, 'apps/videos');
  await copy(EXAMPLE, app);
  await write(app, { name: 'videos', dependencies: dependencies(task) });
  await write(task.folder, { workspaces: ['apps/*'] });
  await run(task.folder, 'npm', ['install', '--silent', '--no-audit', '--no-fund']);
  return installed(await installedCdk(task.folder), (_, environment) => run(app, process.execPath, ['app.js'], environment));
};

/** An app that esbuild bundles. The option `--external` keeps the library out of the bundle. Without it, the app fails, and the error names the option. */
const bundled: Consumer = async (task) => {
  const { folder } = task;
  const cdk = await installWithNpm(task, 'esbuild@^0.28.0');
  await copy(EXAMPLE, path.join(folder, 'smallest'));
  const bundle = (output: string, ...external: string[]): Promise<string> =>
    run(folder, 'npx', ['esbuild', 'smallest/app.js', '--bundle', '--platform=node', `--outfile=${output}`, '--log-level=error', ...external.map((name) => `--external:${name}`)]);
  await bundle('inside/app.js', 'aws-cdk-lib', 'constructs');
  const refused: Error = await run(folder, process.execPath, ['inside/app.js']).then(() => new Error('expected an error for an app with a bundled library, got none'), (error) => error);
  if (!refused.message.includes('--external:serverless-vod')) throw refused;
  await bundle('outside/app.js', 'aws-cdk-lib', 'constructs', 'serverless-vod');
  return installed(cdk, (_, environment) => run(folder, process.execPath, ['outside/app.js'], environment));
};

export const PACKAGE_MANAGERS: Readonly<Record<string, Consumer>> = {
  'pnpm': pnpm, 'Yarn-PnP': yarn, 'npm-workspace': workspace, 'bundled-app': bundled,
};
