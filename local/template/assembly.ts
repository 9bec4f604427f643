import { spawn } from 'child_process';
import { promises as fs } from 'fs';
import * as path from 'path';

/** The account and region that stand for whatever an environment-agnostic stack will be deployed to. */
export const ENVIRONMENT = { account: '123456789012', region: 'us-east-1' };

/** A resource as the template writes it. */
export interface Definition {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
  readonly DependsOn?: string | string[];
}

/** The parts of a CloudFormation template that are read here. */
export interface Template {
  readonly Resources: Record<string, Definition>;
  readonly Parameters?: Record<string, { Type: string; Default?: unknown }>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Conditions?: Record<string, unknown>;
  readonly Outputs?: Record<string, { Value: unknown; Condition?: string }>;
}

/** One stack of a cloud assembly. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** From an asset's key in the bootstrap bucket to its folder or file here. */
  readonly assets: Record<string, string>;
}

/** Runs a CDK app as the CDK CLI would, and reads the stack that it synthesizes. */
export async function synthesize(app: string, outputFolder: string): Promise<Assembly> {
  await fs.rm(outputFolder, { recursive: true, force: true });
  const environment = {
    ...process.env,
    CDK_OUTDIR: outputFolder,
    CDK_DEFAULT_ACCOUNT: ENVIRONMENT.account,
    CDK_DEFAULT_REGION: ENVIRONMENT.region,
    // The CDK's own check of the template takes seconds, and `npm test` has it.
    CDK_VALIDATION: 'false',
  };
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', app], { env: environment, stdio: ['ignore', 'inherit', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => { complaint += chunk; });
    child.on('error', reject);
    // Node shows the line of an uncaught error, which in a minified library is the whole file.
    const readable = () => complaint.split('\n').filter((line) => line.trim() && line.length < 500).join('\n');
    child.on('close', (code) => code === 0 ? resolve() : reject(new Error(`${app} does not synthesize:\n${readable()}`)));
  });
  return readAssembly(outputFolder);
}

/** Reads the one stack of a cloud assembly. */
export async function readAssembly(folder: string): Promise<Assembly> {
  const read = async (file: string): Promise<any> => JSON.parse(await fs.readFile(path.join(folder, file), 'utf8'));
  const artifacts: Record<string, any> = (await read('manifest.json')).artifacts;
  const stacks = Object.entries(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  if (stacks.length !== 1) throw new Error(`one machine runs one stack, this app has ${stacks.length}: ${stacks.map(([name]) => name).join(', ')}`);
  const [name, { properties }] = stacks[0];
  const assets: Record<string, string> = {};
  for (const { properties: { file } } of Object.values(artifacts).filter((artifact) => artifact.type === 'cdk:asset-manifest')) {
    for (const { source, destinations } of Object.values<any>((await read(file)).files)) {
      for (const { objectKey } of Object.values<any>(destinations)) assets[objectKey] = path.join(folder, source.path);
    }
  }
  return { stackName: properties.stackName ?? name, template: await read(properties.templateFile), assets };
}
