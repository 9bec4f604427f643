import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { temporaryFolder } from './stacks';
import { appProblem, assemblyOf, synthesize } from '../../../local/template/app';
import { readAssembly } from '../../../local/template/assembly';

describe('an app', () => {
  it('is synthesized for the default account and region', async () => {
    const folder = path.join(temporaryFolder(), 'cdk.out');
    const assembly = await synthesize(path.join(__dirname, 'app.fixture.ts'), folder);
    expect(assembly.stackName).toBe('Fixture');
    expect(assembly.template.Outputs!.Environment.Value).toBe('123456789012/us-east-1');
    expect(readFileSync(path.join(Object.values(assembly.assets).find((asset) => asset.includes('asset.'))!, 'stacks.ts'), 'utf8')).toContain('synthesized');
  });

  it('reports why the app failed to synthesize', async () => {
    await expect(synthesize(path.join(__dirname, 'missing.ts'), temporaryFolder())).rejects.toThrow(/missing\.ts failed to synthesize: [^\n]* exit code 1\. Fix this error of the app:\nError \[ERR_MODULE_NOT_FOUND\][^\n]*$/);
  });

  it.each([
    ['throws', 'function deep() { throw new RangeError("too many\\nof them"); }\ndeep();', / exit code 1\. Fix this error of the app:\nRangeError: too many\nof them\n    at deep \(\S*app\.js:1:\d+\)$/],
    ['throws a string', 'throw "no account";', / exit code 1\. Fix this error of the app:\nno account$/],
    ['rejects a promise', 'Promise.reject(new TypeError("no stack"));', / exit code 1\. Fix this error of the app:\nTypeError: no stack\n    at .*app\.js:1:\d+\)?$/],
    ['prints an error and ends', 'console.error("no account"); process.exit(3);', / exit code 3\. Fix this error of the app:\nno account$/],
    ['ends without an error', 'process.exit(7);', / to end with exit code 0, but it ended with exit code 7 and printed no error\. Find the line of the app that ends the process$/],
    ['is killed', 'process.kill(process.pid, "SIGKILL");', / but it ended with the signal SIGKILL and printed no error\. Find/],
    ['is no CDK app', 'console.log("hello");', /app\.js created no cloud assembly: expected a CDK app with one stack\. Call app\.synth\(\) at the end of the app$/],
    ['prints a lot', 'console.log("x".repeat(3e6));', /app\.js created no cloud assembly/],
  ])('that %s is reported in few lines', async (_, code, message) => {
    const app = path.join(temporaryFolder(), 'app.js');
    writeFileSync(app, code);
    await expect(synthesize(app, path.join(temporaryFolder(), 'cdk.out'))).rejects.toThrow(message);
  });

  it('can contain the metadata that the CDK CLI adds', async () => {
    const folder = temporaryFolder();
    await synthesize(path.join(__dirname, 'app.fixture.ts'), folder);
    const file = path.join(folder, 'Fixture.template.json');
    const template = JSON.parse(readFileSync(file, 'utf8'));
    template.Resources.CDKMetadata = { Type: 'AWS::CDK::Metadata', Condition: 'CDKMetadataAvailable', Properties: { Analytics: 'v2' } };
    writeFileSync(file, JSON.stringify(template));
    expect(Object.keys(readAssembly(folder).template.Resources)).not.toContain('CDKMetadata');
  });

  it('can be the cloud assembly of an app in another language, also of a newer CDK', async () => {
    const folder = temporaryFolder();
    await synthesize(path.join(__dirname, 'app.fixture.ts'), folder);
    const manifest = path.join(folder, 'manifest.json');
    const contents = JSON.parse(readFileSync(manifest, 'utf8'));
    writeFileSync(manifest, JSON.stringify({ ...contents, version: '1000.0.0' }));
    expect((await assemblyOf(folder, path.join(temporaryFolder(), 'cdk.out'))).stackName).toBe('Fixture');
  });

  it('cannot be the folder of an app that is not synthesized', () => {
    expect(appProblem(__dirname)).toMatch(/^expected the file .* or the folder that cdk synth created \(cdk\.out\), but the folder .* has no manifest\.json$/);
  });

  it('cannot be a file in another language', () => {
    const app = path.join(temporaryFolder(), 'app.py');
    writeFileSync(app, 'app.synth()');
    expect(appProblem(app)).toMatch(/but the file '.*app\.py' is not TypeScript or JavaScript\. Run cdk synth in the folder of the app, and pass cdk\.out$/);
  });
});
