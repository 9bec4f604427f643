import * as path from 'path';
import { installWithNpm } from './npm';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, EXAMPLES } from '../consumer';

const javascript = (extension: 'cjs' | 'mjs'): Consumer => async (task) => {
  const { folder } = task;
  const cdk = await installWithNpm(task);
  await copy(path.join(EXAMPLES, 'javascript/smallest'), path.join(folder, 'smallest'));
  await copy(path.join(APPS, 'javascript'), folder);
  return {
    cdk, typeCheck: 'none', apps: ['smallest', 'all'],
    synth: (app, environment) => run(folder, process.execPath, [app === 'smallest' ? 'smallest/app.js' : `app.${extension}`], environment),
  };
};

export const commonJs = javascript('cjs');
export const esModules = javascript('mjs');
