import { promises as fs } from 'fs';
import * as path from 'path';
import type { Artifacts } from './pack';
import { childEnvironment } from '../build/child-environment';
import { run } from '../build/shell';

/** The version of the CDK to install. `newest` is the newest version in the registry of the language. */
export type Cdk = { readonly lib: string; readonly constructs: string } | 'newest';

/** The packed library, the CDK to install, and an empty folder to use. */
export interface Task {
  readonly artifacts: Artifacts;
  readonly folder: string;
  readonly cdk: Cdk;
}

/** `smallest` is the app in the language's folder of examples/. `all` is an app with three stacks, which use all groups of props. */
export type AppName = 'smallest' | 'all';

/** An app in one language, in a folder where the library is installed. The code has passed the type check of the language. */
export interface Installed {
  /** The version of aws-cdk-lib that is installed. */
  readonly cdk: string;
  /** The name of the type check that the code has passed. */
  readonly typeCheck: string;
  /** The apps that can be synthesized. */
  readonly apps: readonly AppName[];
  synth(app: AppName, environment: Record<string, string>): Promise<unknown>;
}

/** Installs the library as the users of one language install it, and checks the types of the apps. Fails if one of these steps fails. */
export type Consumer = (task: Task) => Promise<Installed>;

export const APPS = path.join(__dirname, 'apps');
export const EXAMPLES = path.join(__dirname, '..', 'examples');

/** Copies a folder, without the files that package managers and synth have written there. */
export const copy = (from: string, to: string): Promise<void> =>
  fs.cp(from, to, { recursive: true, filter: (file) => !/node_modules|\.venv|target|cdk\.out|-lock\.|go\.sum/.test(path.relative(from, file)) });

/** Runs the command in `cdk.json` of an app, as the program `cdk` does. The programs that the app's dependencies have installed are in `PATH`. */
export async function runCdkApp(folder: string, environment: Record<string, string>): Promise<string> {
  const { app } = JSON.parse(await fs.readFile(path.join(folder, 'cdk.json'), 'utf8'));
  const PATH = [path.join(folder, 'node_modules/.bin'), path.join(folder, '.venv/bin'), childEnvironment.PATH].join(path.delimiter);
  return run(folder, '/bin/sh', ['-c', app], { ...environment, PATH });
}
