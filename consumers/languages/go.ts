import { promises as fs } from 'fs';
import * as path from 'path';
import { run } from '../../build/shell';
import { APPS, type AppName, type Consumer, copy, EXAMPLES, runCdkApp } from '../consumer';

const APP_NAMES: AppName[] = ['smallest', 'all'];
const CDK = 'github.com/aws/aws-cdk-go/awscdk/v2';
const LIBRARY = 'github.com/serverless-vod/serverless-vod-go/serverlessvod';

/**
 * Returns the newest version of the CDK that is both in the Go index and on npm. A new version can be in one registry some time before it is in the other. Go
 * and TypeScript need the same version, because their templates are compared.
 */
async function newestCdk(folder: string): Promise<string> {
  const onNpm = new Set<string>(JSON.parse(await run(folder, 'npm', ['view', 'aws-cdk-lib', 'versions', '--json'])));
  const [, ...versions] = (await run(folder, 'go', ['list', '-m', '-versions', CDK])).trim().split(' ');
  return versions.map((version) => version.slice(1)).filter((version) => onNpm.has(version)).at(-1)!;
}

/**
 * Checks that Go rejects an `Identity` in place of an `Access`, and an `Access` in place of an `Identity`. Without public members, both classes would be empty
 * interfaces in Go, which accept every value.
 */
async function rejectWrongType(folder: string): Promise<void> {
  const file = path.join(folder, 'wrong.go');
  await fs.writeFile(file, `package main\n\nimport vod "${LIBRARY}"\n\nvar _ vod.Access = vod.Identity_UserPool(nil)\nvar _ vod.Identity = vod.Access_Nobody()\n`);
  const output = await run(folder, 'go', ['build', '-gcflags=-e', '-o', '/dev/null', '.']).catch(({ message }: Error) => message);
  await fs.rm(file);
  if (output.match(/^.*wrong\.go:\d+.*does not implement.*$/gm)?.length !== 2) throw new Error(`expected two type errors (for an Identity in place of an Access, and for an Access in place of an Identity), got: ${output}`);
}

export const go: Consumer = async ({ artifacts, folder, cdk }) => {
  await copy(artifacts.go, path.join(folder, 'library'));
  for (const app of APP_NAMES) await copy(path.join(EXAMPLES, 'go/smallest'), path.join(folder, app));
  await copy(path.join(APPS, 'go'), path.join(folder, 'all'));
  let version = '';
  for (const app of APP_NAMES) {
    const cwd = path.join(folder, app);
    // Before its release, this version of the library is not in the Go index.
    await run(cwd, 'go', ['mod', 'edit', '-require', `${LIBRARY}@v${artifacts.version}`, '-replace', `${LIBRARY}=../library`]);
    if (cdk === 'newest') await run(cwd, 'go', ['get', `${CDK}@v${await newestCdk(cwd)}`]);
    await run(cwd, 'go', ['mod', 'tidy']);
    await run(cwd, 'go', ['vet', '.']);
    if (app === 'all') await rejectWrongType(cwd);
    version = (await run(cwd, 'go', ['list', '-m', '-f', '{{.Version}}', CDK])).trim().slice(1);
  }
  return { cdk: version, typeCheck: 'go vet', apps: APP_NAMES, synth: (app, environment) => runCdkApp(path.join(folder, app), environment) };
};
