import { execFile } from 'child_process';
import { existsSync, promises as fs, statSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';
import { ENVIRONMENT } from './resources';

/** A resource of the template, with unresolved intrinsic functions. */
export interface Definition {
  readonly Type: string; readonly Properties?: Record<string, unknown>; readonly DependsOn?: string | string[]; readonly Condition?: string;
}

/** One stack of a cloud assembly. */
export interface Assembly {
  readonly stackName: string;
  readonly template: { readonly Resources: Record<string, Definition>; readonly Outputs?: Record<string, { readonly Value: unknown }> };
  /** The local folder or file of each asset, by the asset's key in the bootstrap bucket. */
  readonly assets: Record<string, string>;
}

const ROOT = path.join(__dirname, '..', '..');
const isAssembly = (folder: string): boolean => existsSync(path.join(folder, 'manifest.json'));

/** Returns an error message for an invalid path of an app. A valid path is the file of a CDK app, or the folder of a cloud assembly. */
export function appProblem(app: string): string | undefined {
  const expected = 'expected the file of a TypeScript or JavaScript CDK app, or the folder that cdk synth created (cdk.out)';
  if (!existsSync(app)) return `${expected}, but '${app}' does not exist`;
  return statSync(app).isDirectory() && !isAssembly(app) ? `${expected}, but the folder '${app}' has no manifest.json` : undefined;
}

/** Reads an app's stack. The CDK CLI must synthesize an app before this call if the app's language is not TypeScript or JavaScript. */
export async function assemblyOf(app: string, outputFolder: string): Promise<Assembly> {
  return statSync(app).isDirectory() ? readAssembly(app) : synthesize(app, outputFolder);
}

/** Synthesizes a CDK app as the CDK CLI would, and reads the app's stack. */
export async function synthesize(app: string, outputFolder: string): Promise<Assembly> {
  await fs.rm(outputFolder, { recursive: true, force: true });
  await fs.mkdir(outputFolder, { recursive: true });
  const { account: CDK_DEFAULT_ACCOUNT, region: CDK_DEFAULT_REGION } = ENVIRONMENT;
  // The CDK's template validation is disabled, because the validation takes seconds, and `npm test` runs the validation.
  const env = { ...process.env, CDK_OUTDIR: outputFolder, CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_VALIDATION: 'false', ...librarySource(app) };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', app], { env }).catch(({ stderr }) => {
    throw new Error(`${app} failed to synthesize:\n${reasonIn(stderr)}`);
  });
  if (!isAssembly(outputFolder)) throw new Error(`${app} created no cloud assembly: expected a CDK app with one stack`);
  return readAssembly(outputFolder);
}

/** An app in this repository imports the library's source by the package name. Any other app imports the library that the app has installed. */
export function librarySource(app: string): { TSX_TSCONFIG_PATH?: string } {
  const outside = path.relative(ROOT, path.resolve(app)).startsWith('..');
  return outside ? {} : { TSX_TSCONFIG_PATH: path.join(ROOT, 'tsconfig.dev.json') };
}

/**
 * Extracts an app's error message and the line of the app that threw the error. Omits the other stack frames, and Node's code excerpt, which can be a whole
 * minified file.
 */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const isFrame = (line: string) => /^\s+at /.test(line);
  const from = lines.findIndex((line) => /^(Uncaught |\w*Error\b)/.test(line));
  if (from === -1) return stderr.trim();
  const frames = lines.findIndex((line, index) => index > from && isFrame(line));
  const place = lines.find((line) => isFrame(line) && !/node_modules|node:/.test(line));
  return [...lines.slice(from, frames === -1 ? undefined : frames), ...place ? [place] : []].join('\n');
}

/** Removes the resource in which the CDK CLI reports the versions of the libraries to AWS. */
function withoutMetadata(template: Assembly['template']): Assembly['template'] {
  return { ...template, Resources: Object.fromEntries(Object.entries(template.Resources).filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')) };
}

export function readAssembly(folder: string): Assembly {
  // The schema version is not checked, because a newer CDK can write a newer version that contains the same artifacts and stacks.
  const { artifacts, stacks } = new CloudAssembly(folder, { skipVersionCheck: true, skipEnumCheck: true });
  if (stacks.length !== 1) throw new Error(`the local stack supports apps with exactly one stack; this app has ${stacks.length}: ${stacks.map(({ id }) => id).join(', ')}`);
  const files = artifacts.filter(AssetManifestArtifact.isAssetManifestArtifact).flatMap(({ contents }) => Object.values(contents.files ?? {}));
  const assets = files.flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }) => [objectKey, path.join(folder, source.path!)]));
  return { stackName: stacks[0].stackName, template: withoutMetadata(stacks[0].template), assets: Object.fromEntries(assets) };
}
