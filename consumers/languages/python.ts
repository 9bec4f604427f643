import * as path from 'path';
import { run } from '../../build/shell';
import { APPS, type Consumer, copy, EXAMPLES } from '../consumer';

export const python: Consumer = async ({ artifacts, folder, cdk }) => {
  await run(folder, 'python3', ['-m', 'venv', 'venv']);
  const program = (name: string): string => path.join(folder, 'venv/bin', name);
  const versions = cdk === 'newest' ? ['aws-cdk-lib'] : [`aws-cdk-lib==${cdk.lib}`, `constructs==${cdk.constructs}`];
  await run(folder, program('pip'), ['wheel', '--quiet', '--no-deps', '--wheel-dir', 'wheels', artifacts.python]);
  await run(folder, '/bin/sh', ['-c', '"$0" install --quiet "$@" wheels/*.whl', program('pip'), 'mypy', ...versions]);
  await copy(path.join(EXAMPLES, 'python/smallest'), path.join(folder, 'smallest'));
  await copy(path.join(APPS, 'python'), path.join(folder, 'all'));
  // Both files are modules named `app`, which mypy accepts only in two runs. The cache of the first run makes the second run short.
  for (const app of ['all', 'smallest']) await run(folder, program('mypy'), ['--strict', `${app}/app.py`]);
  const version = /^Version: (.*)$/m.exec(await run(folder, program('pip'), ['show', 'aws-cdk-lib']))![1];
  return {
    cdk: version, typeCheck: 'mypy --strict', apps: ['smallest', 'all'],
    synth: (app, environment) => run(folder, program('python'), [`${app}/app.py`], environment),
  };
};
