import { promises as fs } from 'fs';
import * as path from 'path';
import { run } from '../../build/shell';
import { copy, EXAMPLES, type Task } from '../consumer';

/**
 * Copies an example, and writes the packed library and the task's CDK version into the package.json of the copy. If the task requires the newest CDK, the
 * version ranges of the example stay unchanged. The fields in `settings` are added to the package.json.
 */
export async function copyNpmExample(name: string, folder: string, { artifacts, cdk }: Task, settings: object = {}): Promise<void> {
  await copy(path.join(EXAMPLES, name), folder);
  const file = path.join(folder, 'package.json');
  const manifest = JSON.parse(await fs.readFile(file, 'utf8'));
  Object.assign(manifest.dependencies, { 'serverless-vod': `file:${artifacts.tarball}` }, cdk === 'newest' ? {} : { 'aws-cdk-lib': cdk.lib, 'constructs': cdk.constructs });
  await fs.writeFile(file, JSON.stringify({ ...manifest, ...settings }, null, 2));
}

export async function installedCdk(folder: string): Promise<string> {
  return JSON.parse(await fs.readFile(path.join(folder, 'node_modules/aws-cdk-lib/package.json'), 'utf8')).version;
}

export async function npmInstall(folder: string, ...packages: string[]): Promise<void> {
  await run(folder, 'npm', ['install', '--silent', '--no-audit', '--no-fund', ...packages]);
}
