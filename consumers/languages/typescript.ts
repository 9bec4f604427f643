import { promises as fs, readdirSync } from 'fs';
import * as path from 'path';
import { installWithNpm } from './npm';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, EXAMPLES } from '../consumer';

const EXAMPLE_NAMES = readdirSync(path.join(EXAMPLES, 'typescript'));
const TSCONFIG = { compilerOptions: { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: false } };

/** tsx runs the examples, as in their cdk.json. The other app is an ES module, and Node strips its types. */
export const typescript: Consumer = async (task) => {
  const { folder } = task;
  const cdk = await installWithNpm(task, 'typescript@~6.0.3', '@types/node@^24', 'tsx@^4', 'hls.js@^1');
  for (const name of EXAMPLE_NAMES) await copy(path.join(EXAMPLES, 'typescript', name), path.join(folder, name));
  await copy(path.join(APPS, 'typescript'), folder);
  await fs.writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ ...TSCONFIG, include: ['*/**/*.ts', '*.mts'] }));
  await run(folder, 'npx', ['tsc']);
  for (const name of EXAMPLE_NAMES.filter((each) => each !== 'smallest')) {
    await run(path.join(folder, name), 'npx', ['tsx', 'app.ts'], { CDK_OUTDIR: path.join(folder, 'out', name) });
  }
  return {
    cdk, typeCheck: 'tsc, strict, nodenext', apps: ['smallest', 'all'],
    synth: (app, environment) => app === 'smallest'
      ? run(path.join(folder, 'smallest'), 'npx', ['tsx', 'app.ts'], environment) : run(folder, process.execPath, ['app.mts'], environment),
  };
};
