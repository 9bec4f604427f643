import { mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { readAssembly, type Assembly } from '../../../local/template/assembly';
import { TemplateStack } from '../../../local/template/template-stack';

export const PORTS = { edge: 8001, aws: 8002, auth: 8003, otherIssuer: 8004 };

export const temporaryFolder = () => mkdtempSync(path.join(tmpdir(), 'vod-local-'));

export async function synthesized(build: (stack: Stack) => void, dataFolder = temporaryFolder()): Promise<TemplateStack> {
  const app = new App({ outdir: temporaryFolder() });
  build(new Stack(app, 'Sample'));
  return new TemplateStack(readAssembly(app.synth().directory), dataFolder, PORTS);
}

export function written(template: Partial<Assembly['template']>, dataFolder = temporaryFolder()): TemplateStack {
  return new TemplateStack({ stackName: 'Sample', template: { Resources: {}, ...template }, assets: {} }, dataFolder, PORTS);
}
