import { execFile } from 'child_process';
import { existsSync, promises as fs } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { AssetManifestArtifact, CloudAssembly } from 'aws-cdk-lib/cx-api';
import { ENVIRONMENT } from './resources';

/** A resource in the template, not resolved. */
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

/** Synthesizes a CDK app as the CDK CLI would, and reads its stack. */
export async function synthesize(app: string, outputFolder: string): Promise<Assembly> {
  await fs.rm(outputFolder, { recursive: true, force: true });
  await fs.mkdir(outputFolder, { recursive: true });
  const { account: CDK_DEFAULT_ACCOUNT, region: CDK_DEFAULT_REGION } = ENVIRONMENT;
  // The CDK's validation of the template takes seconds. It is disabled here, because `npm test` includes it.
  const env = { ...process.env, CDK_OUTDIR: outputFolder, CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_VALIDATION: 'false' };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', app], { env }).catch(({ stderr }) => {
    throw new Error(`${app} failed to synthesize:\n${reasonIn(stderr)}`);
  });
  if (!existsSync(path.join(outputFolder, 'manifest.json'))) throw new Error(`${app} created no cloud assembly: expected a CDK app with one stack`);
  return readAssembly(outputFolder);
}

/** Extracts the error of an app and the app's line that threw it. Omits Node's code excerpt, which can be a whole minified file, and other frames. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const isFrame = (line: string) => /^\s+at /.test(line);
  const from = lines.findIndex((line) => /^(Uncaught |\w*Error\b)/.test(line));
  if (from === -1) return stderr.trim();
  const frames = lines.findIndex((line, index) => index > from && isFrame(line));
  const place = lines.find((line) => isFrame(line) && !/node_modules|node:/.test(line));
  return [...lines.slice(from, frames === -1 ? undefined : frames), ...place ? [place] : []].join('\n');
}

/** Reads a cloud assembly with one stack. */
export function readAssembly(folder: string): Assembly {
  const { artifacts, stacks } = new CloudAssembly(folder);
  if (stacks.length !== 1) throw new Error(`the local stack supports apps with exactly one stack; this app has ${stacks.length}: ${stacks.map(({ id }) => id).join(', ')}`);
  const files = artifacts.filter(AssetManifestArtifact.isAssetManifestArtifact).flatMap(({ contents }) => Object.values(contents.files ?? {}));
  const assets = files.flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }) => [objectKey, path.join(folder, source.path!)]));
  return { stackName: stacks[0].stackName, template: stacks[0].template, assets: Object.fromEntries(assets) };
}
