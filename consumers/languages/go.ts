import * as path from 'path';
import { APPS, type AppName, type Consumer, copy, EXAMPLES } from '../consumer';
import { run } from '../shell';

const APP_NAMES: AppName[] = ['smallest', 'all'];
const CDK = 'github.com/aws/aws-cdk-go/awscdk/v2';
const LIBRARY = 'github.com/serverless-vod/serverless-vod-go/serverlessvod';

export const go: Consumer = async ({ artifacts, folder, cdk }) => {
  await copy(artifacts.go, path.join(folder, 'library'));
  for (const app of APP_NAMES) await copy(path.join(EXAMPLES, 'go/smallest'), path.join(folder, app));
  await copy(path.join(APPS, 'go'), path.join(folder, 'all'));
  let version = '';
  for (const app of APP_NAMES) {
    const cwd = path.join(folder, app);
    // The library is not in the Go index before a release.
    await run(cwd, 'go', ['mod', 'edit', '-require', `${LIBRARY}@v${artifacts.version}`, '-replace', `${LIBRARY}=../library`]);
    if (cdk === 'newest') await run(cwd, 'go', ['get', `${CDK}@latest`]);
    await run(cwd, 'go', ['mod', 'tidy']);
    await run(cwd, 'go', ['vet', '.']);
    await run(cwd, 'go', ['build', '-o', 'app', '.']);
    version = (await run(cwd, 'go', ['list', '-m', '-f', '{{.Version}}', CDK])).trim().slice(1);
  }
  return { cdk: version, typeCheck: 'go vet', apps: APP_NAMES, synth: (app, environment) => run(path.join(folder, app), './app', [], environment) };
};
