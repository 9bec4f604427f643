import { promises as fs } from 'fs';
import * as path from 'path';
import { run } from '../../build/shell';
import { APPS, type AppName, type Consumer, copy, EXAMPLES, runCdkApp } from '../consumer';

const APP_NAMES: AppName[] = ['smallest', 'all'];

export const java: Consumer = async ({ artifacts, folder, cdk }) => {
  const mvn = (app: string, ...args: string[]): Promise<string> => run(path.join(folder, app), 'mvn', ['-B', ...args]);
  await copy(artifacts.java, path.join(folder, 'library'));
  for (const app of APP_NAMES) await copy(path.join(EXAMPLES, 'java/smallest'), path.join(folder, app));
  await copy(path.join(APPS, 'java'), path.join(folder, 'all'));

  // The library is installed in a separate Maven repository, so that the developer's own Maven repository never contains an unpublished version.
  const options = [
    `-Dmaven.repo.local=${path.join(folder, 'repository')}`, `-Dserverless-vod.version=${artifacts.version}`,
    ...cdk === 'newest' ? ['-Daws-cdk.version=[2.260.0,3.0.0)', '-Dconstructs.version=[10.5.1,11.0.0)'] : [`-Daws-cdk.version=${cdk.lib}`, `-Dconstructs.version=${cdk.constructs}`],
  ];
  for (const project of ['library', ...APP_NAMES]) {
    await fs.mkdir(path.join(folder, project, '.mvn'));
    await fs.writeFile(path.join(folder, project, '.mvn/maven.config'), options.join('\n'));
  }
  await mvn('library', '-q', '-Dmaven.javadoc.skip', '-Dmaven.source.skip', '-Dgpg.skip', 'install');
  for (const app of APP_NAMES) {
    const output = await mvn(app, '-Dmaven.compiler.showWarnings=true', '-Dmaven.compiler.compilerArgument=-Xlint:all', 'compile');
    const warnings = output.split('\n').filter((line) => line.startsWith('[WARNING]') && line.includes('.java'));
    if (warnings.length > 0) throw new Error(`javac -Xlint:all warns:\n${warnings.join('\n')}`);
  }
  const dependencies = await mvn('all', 'dependency:list');
  return {
    cdk: /aws-cdk-lib:jar:([\d.]+)/.exec(dependencies)![1], typeCheck: 'javac -Xlint:all', apps: APP_NAMES,
    synth: (app, environment) => runCdkApp(path.join(folder, app), environment),
  };
};
