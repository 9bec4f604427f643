import { promises as fs } from 'fs';
import * as path from 'path';
import { run } from '../../build/shell';
import type { Task } from '../consumer';

/** Returns the packages of the CDK version in a task, as arguments of a package manager: `aws-cdk-lib@VERSION` and `constructs@VERSION`. */
export function cdkPackages({ cdk }: Task): string[] {
  return cdk === 'newest' ? ['aws-cdk-lib@latest', 'constructs@latest'] : [`aws-cdk-lib@${cdk.lib}`, `constructs@${cdk.constructs}`];
}

export async function installedCdk(folder: string): Promise<string> {
  return JSON.parse(await fs.readFile(path.join(folder, 'node_modules/aws-cdk-lib/package.json'), 'utf8')).version;
}

/** Installs the library, the CDK and other packages with npm. Returns the version of the CDK. */
export async function installWithNpm(task: Task, ...others: string[]): Promise<string> {
  await fs.writeFile(path.join(task.folder, 'package.json'), '{ "private": true }');
  await run(task.folder, 'npm', ['install', '--silent', '--no-audit', '--no-fund', task.artifacts.tarball, ...cdkPackages(task), ...others]);
  return installedCdk(task.folder);
}
