import { promises as fs, readdirSync } from 'fs';
import * as path from 'path';
import { copyNpmExample, installedCdk, npmInstall } from './npm';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, EXAMPLES, runCdkApp } from '../consumer';

const OTHER_EXAMPLES = readdirSync(path.join(EXAMPLES, 'typescript')).filter((name) => name !== 'smallest');
const TSCONFIG = { compilerOptions: { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: false } };

/**
 * Each example has only the packages in its own package.json. The app `all` is in the folder `smallest`. This app is an ES module in TypeScript, which Node
 * runs without a compiler.
 */
export const typescript: Consumer = async (task) => {
  const folderOf = (example: string): string => path.join(task.folder, example);
  for (const example of ['smallest', ...OTHER_EXAMPLES]) {
    await copyNpmExample(`typescript/${example}`, folderOf(example), task);
    await npmInstall(folderOf(example));
  }
  await copy(path.join(APPS, 'typescript'), folderOf('smallest'));
  await fs.writeFile(path.join(task.folder, 'package.json'), '{ "private": true }');
  await fs.writeFile(path.join(task.folder, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, include: ['*/**/*.ts', '*/*.mts'] }));
  await npmInstall(task.folder, 'typescript@~6.0.3', '@types/node@^24');
  await run(task.folder, 'npx', ['tsc']);
  for (const example of OTHER_EXAMPLES) await runCdkApp(folderOf(example), { CDK_OUTDIR: path.join(task.folder, 'out', example) });
  return {
    cdk: await installedCdk(folderOf('smallest')), typeCheck: 'tsc, strict, nodenext', apps: ['smallest', 'all'],
    synth: (app, environment) => app === 'smallest'
      ? runCdkApp(folderOf('smallest'), environment) : run(folderOf('smallest'), process.execPath, ['app.mts'], environment),
  };
};
