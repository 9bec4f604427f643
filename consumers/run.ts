import { promises as fs, readFileSync } from 'fs';
import * as path from 'path';
import { parseArgs } from 'util';
import type { Consumer, Cdk } from './consumer';
import { compileDotnet } from './dotnet';
import { go } from './languages/go';
import { java } from './languages/java';
import { commonJs, esModules } from './languages/javascript';
import { python } from './languages/python';
import { typescript } from './languages/typescript';
import { type Artifacts, pack } from './pack';
import { PACKAGE_MANAGERS } from './package-managers';
import { problemsOf, synthesize, type Synthesis } from './synthesis';
import { temporaryFolder } from '../build/temporary-folder';

/*
 * Uses the packed library in empty folders, in each language, as its users do. Each template must be equal to the template of the TypeScript app with the same
 * CDK version.
 * Usage: npm run consumers -- [--newest] [--only NAME]... [--rename WORD]
 *
 * - `--newest`: uses the newest CDK of each registry, in addition to the oldest supported CDK.
 * - `--only NAME`: runs only the consumer with this name.
 * - `--rename WORD`: renames a word in the packed library, for example a prop that the apps use. With this option, each consumer must fail.
 */
const { values: options } = parseArgs({
  options: { newest: { type: 'boolean', default: false }, only: { type: 'string', multiple: true }, rename: { type: 'string' } },
});

/** The consumers by name. The slowest consumers start first. */
const CONSUMERS: Readonly<Record<string, Consumer>> = {
  'TypeScript': typescript,
  'Go': go,
  'Python': python,
  'Java': java,
  'JavaScript-CommonJS': commonJs,
  'JavaScript-ESM': esModules,
  ...PACKAGE_MANAGERS,
};
const AT_ONCE = 2;

const installed = (name: string): string => JSON.parse(readFileSync(path.join(__dirname, '../node_modules', name, 'package.json'), 'utf8')).version;
const FLOOR = { lib: installed('aws-cdk-lib'), constructs: installed('constructs') };

interface Row { 'CDK': string; 'seconds': number | ''; 'type check': string; 'templates': string }

/**
 * Runs each entry of `CONSUMERS` with the artifacts, and compares the entry's templates with the templates of the TypeScript app. Returns the rows of the
 * printed table, and the failures.
 */
async function runConsumers(artifacts: Artifacts, work: string) {
  const rows: Record<string, Row> = {};
  const failures: string[] = [];
  let folders = 0;
  const run = (consumer: Consumer, cdk: Cdk): Promise<Synthesis> => synthesize(consumer, { artifacts, folder: path.join(work, String(folders++)), cdk });

  // The newest CDK can be a different version in each registry. For each CDK version, the templates of the TypeScript app with this version are the reference.
  const references = new Map<string, Promise<Synthesis>>();
  const reference = (lib: string, constructs = '^10.5.1'): Promise<Synthesis> => {
    const made = references.get(lib) ?? run(typescript, { lib, constructs });
    references.set(lib, made);
    return made;
  };

  const tasks = (['floor', ...options.newest ? ['newest'] : []] as const).flatMap((version) => Object.entries(CONSUMERS)
    .filter(([name]) => !options.only || options.only.includes(name))
    .map(([name, consumer]) => ({ consumer, label: version === 'floor' ? name : `${name}, newest`, cdk: version === 'floor' ? FLOOR : 'newest' as const })));
  for (const { label } of tasks) rows[label] = { 'CDK': '', 'seconds': '', 'type check': '', 'templates': 'FAILED' };

  const workThrough = async (): Promise<void> => {
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      const { consumer, label, cdk } = task;
      try {
        const isReference = consumer === typescript && cdk !== 'newest';
        const synthesis = isReference ? await reference(cdk.lib, cdk.constructs) : await run(consumer, cdk);
        const problems = problemsOf(synthesis, (await reference(synthesis.cdk)).templates);
        failures.push(...problems.map((problem) => `${label}: ${problem}`));
        rows[label] = {
          'CDK': synthesis.cdk, 'seconds': synthesis.seconds, 'type check': synthesis.typeCheck,
          'templates': problems.length > 0 ? 'FAILED' : `${Object.keys(synthesis.templates).length} equal`,
        };
      } catch (error) {
        failures.push(`${label}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, workThrough));
  return { rows, failures };
}

async function main(): Promise<void> {
  const unknown = options.only?.filter((name) => !(name in CONSUMERS)) ?? [];
  if (unknown.length > 0) throw new Error(`--only: expected ${Object.keys(CONSUMERS).join(', ')}, got ${unknown.join(', ')}`);
  const work = temporaryFolder('consumers-');
  const artifacts = await pack(work, options.rename);
  const { rows, failures } = await runConsumers(artifacts, work);
  try {
    const files = await compileDotnet(artifacts, await fs.mkdtemp(path.join(work, 'dotnet-')));
    rows['.NET'] = { 'CDK': '', 'seconds': '', 'type check': `mcs, ${files} files`, 'templates': 'not run' };
  } catch (error) {
    failures.push(`.NET: ${(error as Error).message}`);
  }
  console.table(rows);
  failures.forEach((failure) => console.error(`FAILED  ${failure}`));
  if (failures.length > 0) process.exitCode = 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
