import { readFileSync, realpathSync, statSync } from 'fs';
import * as path from 'path';

export interface Definition {
  readonly Type: string; readonly Properties?: Record<string, unknown>; readonly DependsOn?: string | string[]; readonly Condition?: string;
}

export interface Assembly {
  readonly stackName: string;
  readonly template: { readonly Resources: Record<string, Definition>; readonly Outputs?: Record<string, { readonly Value: unknown }> };
  /** The local folder or file of each asset, by the asset's key in the bootstrap bucket. */
  readonly assets: Record<string, string>;
}

/**
 * The part of the manifest that the local stack reads. The schema version is not checked, because a newer CDK can write a newer version that contains the same
 * artifacts.
 */
interface Artifact {
  readonly type: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly file?: string; readonly directoryName?: string };
}

const AGAIN = 'Run cdk synth in the folder of the app, and pass the folder that it creates (cdk.out)';
const SERVICE_TYPES = ['AWS::ApiGateway::RestApi', 'AWS::CloudFront::Distribution'];

export const isAssembly = (folder: string): boolean => statSync(path.join(folder, 'manifest.json'), { throwIfNoEntry: false }) !== undefined;

export function readAssembly(folder: string): Assembly {
  const manifest = path.join(folder, 'manifest.json');
  const { artifacts } = readObject(manifest, 'the manifest of a cloud assembly', 'artifacts');
  const ofType = (type: string): [id: string, properties: NonNullable<Artifact['properties']>][] =>
    Object.entries<Artifact>(artifacts).filter(([, artifact]) => artifact?.type === type).map(([id, { properties = {} }]) => [id, properties]);
  const [[id, stack] = [], ...others] = ofType('aws:cloudformation:stack');
  if (!id || !stack || others.length > 0) {
    const found = id ? `${others.length + 1}: ${[id, ...others.map(([other]) => other)].join(', ')}` : 'none';
    const stages = ofType('cdk:cloud-assembly').map(([, { directoryName = '' }]) => path.join(folder, directoryName));
    throw new Error(`the local stack supports apps with exactly one stack; this app has ${found}${stages.length > 0 ? `. Pass the folder of a stage: ${stages.join(' or ')}` : ''}`);
  }
  const pathOf = (name: unknown, what: string): string => {
    if (typeof name !== 'string') throw new Error(`${manifest}: expected the file name of the ${what}, got ${JSON.stringify(name)}. ${AGAIN}`);
    return pathIn(folder, name, what);
  };
  const template = readObject(pathOf(stack.templateFile, `template of the stack ${id}`), 'a CloudFormation template', 'Resources') as Assembly['template'];
  const lists = ofType('cdk:asset-manifest').map(([, { file }]) => pathOf(file, 'list of assets'));
  const assets = lists.flatMap((file) => Object.entries<any>(readObject(file, 'a list of assets').files ?? {}).flatMap(([key, asset]) => {
    if (typeof asset?.source?.path !== 'string') throw new Error(`${file}: the asset ${key} has no path. The local stack does not support assets that a command builds (source.executable)`);
    const source = pathIn(folder, asset.source.path, `asset ${key}`);
    return Object.values<any>(asset.destinations ?? {}).map(({ objectKey }) => [objectKey, source]);
  }));
  const assembly = { stackName: stack.stackName ?? id, template: withoutMetadata(template), assets: Object.fromEntries(assets) };
  rejectZippedCode(assembly);
  return assembly;
}

/** Rejects a function whose code is a zip file, because the local stack runs a function in the folder of its asset. */
function rejectZippedCode({ template, assets }: Assembly): void {
  for (const [logicalId, { Type, Properties }] of Object.entries(template.Resources)) {
    const { S3Key: key } = (Type === 'AWS::Lambda::Function' ? Properties?.Code ?? {} : {}) as { readonly S3Key?: unknown };
    const asset = typeof key === 'string' ? assets[key] : undefined;
    if (asset === undefined || statSync(asset).isDirectory()) continue;
    throw new Error(`${logicalId}: the local stack does not support a zip file as the code of a function, got ${asset}. Pass a folder with the unzipped code to Code.fromAsset`);
  }
}

export function requireService({ stackName, template }: Assembly): void {
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  if (SERVICE_TYPES.every((type) => types.includes(type))) return;
  throw new Error(`the stack ${stackName} does not contain the video service: expected the resource types ${SERVICE_TYPES.join(' and ')}. `
    + 'Pass an app whose stack creates a ServerlessVod');
}

function readObject(file: string, what: string, key?: string): Record<string, any> {
  const isObject = (value: unknown): value is Record<string, any> => typeof value === 'object' && value !== null && !Array.isArray(value);
  const fail = (problem: string): never => {
    throw new Error(`${file}: expected ${what}, a JSON object${key ? ` with "${key}"` : ''}, but the file ${problem}. ${AGAIN}`);
  };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(code === 'ENOENT' ? 'does not exist' : code ? `cannot be read (${code})` : 'is not valid JSON');
  }
  if (!isObject(content)) return fail('contains another value');
  return key && !isObject(content[key]) ? fail(`has no "${key}"`) : content;
}

/** Rejects a path or a symbolic link that leads out of the cloud assembly. Otherwise, the local stack could run or publish any file of this computer. */
function pathIn(folder: string, name: string, what: string): string {
  // A stack in a CDK stage uses the assets of the whole app, which are one folder above.
  const above = path.dirname(path.resolve(folder));
  const root = path.basename(path.resolve(folder)).startsWith('assembly-') && isAssembly(above) ? above : path.resolve(folder);
  const file = path.resolve(folder, name);
  const expected = `${folder}: expected the path of the ${what} to be inside this folder, got ${name}`;
  if (!isInside(root, file)) throw new Error(`${expected}. ${AGAIN}`);
  if (!statSync(file, { throwIfNoEntry: false })) throw new Error(`${folder}: the ${what} (${name}) does not exist. ${AGAIN}`);
  const target = realpathSync(file);
  if (!isInside(realpathSync(root), target)) throw new Error(`${expected}, a link to ${target}. ${AGAIN}`);
  return file;
}

function isInside(folder: string, file: string): boolean {
  const [first] = path.relative(folder, file).split(path.sep);
  return first !== '' && first !== '..';
}

/** Removes the resource in which the CDK CLI reports the versions of the libraries to AWS. */
function withoutMetadata(template: Assembly['template']): Assembly['template'] {
  return { ...template, Resources: Object.fromEntries(Object.entries(template.Resources).filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')) };
}
