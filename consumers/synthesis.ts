import { promises as fs } from 'fs';
import * as path from 'path';
import type { AppName, Consumer, Task } from './consumer';

/** Templates by file name. */
export type Templates = Readonly<Record<string, string>>;

/** The templates of one `Consumer`. */
export interface Synthesis {
  readonly cdk: string;
  readonly typeCheck: string;
  readonly seconds: number;
  readonly templates: Templates;
  /** The templates of the app `all` after one prop in the stack `Props` has changed. */
  readonly control?: Templates;
}

const EXPECTED: Readonly<Record<AppName, readonly string[]>> = {
  smallest: ['Videos.template.json'], all: ['Oidc.template.json', 'Pool.template.json', 'Props.template.json'],
};

async function templatesIn(folder: string): Promise<Templates> {
  const names = (await fs.readdir(folder)).filter((name) => name.endsWith('.template.json')).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await fs.readFile(path.join(folder, name), 'utf8')])));
}

/** Installs the library in a new folder with `consumer`, and then synthesizes the apps in this folder. */
export async function synthesize(consumer: Consumer, task: Task): Promise<Synthesis> {
  const started = performance.now();
  await fs.mkdir(task.folder, { recursive: true });
  const { apps, cdk, typeCheck, synth } = await consumer(task);
  const templatesOf = async (app: AppName, environment: Record<string, string> = {}): Promise<Templates> => {
    const output = path.join(task.folder, 'out', app + (environment.CHANGED ?? ''));
    await synth(app, { ...environment, CDK_OUTDIR: output });
    const templates = await templatesIn(output);
    if (Object.keys(templates).join() !== EXPECTED[app].join()) throw new Error(`the app '${app}': expected the templates ${EXPECTED[app].join(', ')}, got ${Object.keys(templates).join(', ')}`);
    return templates;
  };
  let templates: Templates = {};
  for (const app of apps) templates = { ...templates, ...await templatesOf(app) };
  const control = apps.includes('all') ? await templatesOf('all', { CHANGED: 'yes' }) : undefined;
  return { cdk, typeCheck, seconds: Math.round((performance.now() - started) / 1000), templates, control };
}

const differing = (templates: Templates, reference: Templates): string[] => Object.keys(templates).filter((name) => templates[name] !== reference[name]);

/**
 * Compares the templates of one `Consumer` with TypeScript's templates for the same CDK. Also checks that `control` differs from `templates` only in
 * `Props.template.json`.
 */
export function problemsOf({ templates, control }: Synthesis, reference: Templates): string[] {
  const different = differing(templates, reference);
  const changed = control && differing(control, templates);
  return [
    ...different.length > 0 ? [`differs from TypeScript in ${different.join(', ')}`] : [],
    ...changed && changed.join() !== 'Props.template.json' ? [`expected the changed prop to change Props.template.json and no other template, got ${changed.join(', ') || 'no change'}`] : [],
  ];
}
