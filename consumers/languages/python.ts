import { promises as fs } from 'fs';
import * as path from 'path';
import { pathToFileURL } from 'url';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, EXAMPLES, runCdkApp } from '../consumer';

export const python: Consumer = async ({ artifacts, folder, cdk }) => {
  await copy(path.join(EXAMPLES, 'python/smallest'), folder);
  await copy(path.join(APPS, 'python'), path.join(folder, 'all'));
  await run(folder, 'python3', ['-m', 'venv', '.venv']);
  const program = (name: string): string => path.join(folder, '.venv/bin', name);
  await run(folder, program('pip'), ['wheel', '--quiet', '--no-deps', '--wheel-dir', 'wheels', artifacts.python]);
  const [wheel] = await fs.readdir(path.join(folder, 'wheels'));
  const constraints = [
    `serverless-vod @ ${pathToFileURL(path.join(folder, 'wheels', wheel))}`,
    ...cdk === 'newest' ? [] : [`aws-cdk-lib==${cdk.lib}`, `constructs==${cdk.constructs}`],
  ];
  await fs.writeFile(path.join(folder, 'constraints.txt'), constraints.join('\n'));
  await run(folder, program('pip'), ['install', '--quiet', '-r', 'requirements.txt', '-c', 'constraints.txt', 'mypy']);
  // Both files are modules named `app`, and mypy rejects two modules with the same name. Therefore, mypy checks each file in a separate run. The second run is
  // short, because it uses the cache of the first run.
  for (const file of ['all/app.py', 'app.py']) await run(folder, program('mypy'), ['--strict', file]);
  const version = /^Version: (.*)$/m.exec(await run(folder, program('pip'), ['show', 'aws-cdk-lib']))![1];
  return {
    cdk: version, typeCheck: 'mypy --strict', apps: ['smallest', 'all'],
    synth: (app, environment) => app === 'smallest' ? runCdkApp(folder, environment) : run(folder, program('python'), ['all/app.py'], environment),
  };
};
