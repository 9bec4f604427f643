import * as path from 'path';
import { copyNpmExample, installedCdk, npmInstall } from './npm';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, runCdkApp } from '../consumer';

const javascript = (extension: 'cjs' | 'mjs'): Consumer => async (task) => {
  const { folder } = task;
  await copyNpmExample('javascript/smallest', folder, task);
  await npmInstall(folder);
  await copy(path.join(APPS, 'javascript'), folder);
  return {
    cdk: await installedCdk(folder), typeCheck: 'none', apps: ['smallest', 'all'],
    synth: (app, environment) => app === 'smallest' ? runCdkApp(folder, environment) : run(folder, process.execPath, [`app.${extension}`], environment),
  };
};

export const commonJs = javascript('cjs');
export const esModules = javascript('mjs');
