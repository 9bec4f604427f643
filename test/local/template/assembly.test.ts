import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import * as path from 'path';
import { App, Stack, Stage, aws_lambda as lambda } from 'aws-cdk-lib';
import { temporaryFolder } from './stacks';
import { readAssembly, requireService } from '../../../local/template/assembly';

const AGAIN = 'Run cdk synth in the folder of the app, and pass the folder that it creates (cdk.out)';

function assembly(): string {
  const folder = temporaryFolder();
  const app = new App({ outdir: folder });
  functionIn(new Stack(app, 'Fixture'));
  return app.synth().directory;
}

function functionIn(stack: Stack, code = __dirname): void {
  new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromAsset(code) });
}

const contentOf = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const write = (folder: string, name: string, content: unknown) => writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

function change(folder: string, name: string, by: (content: any) => void): void {
  const content = contentOf(path.join(folder, name));
  by(content);
  write(folder, name, content);
}

const sourceOf = ({ files }: any) => Object.values<any>(files).find(({ source }) => source.path.startsWith('asset.')).source;
const assetIn = (folder: string): string => sourceOf(contentOf(path.join(folder, 'Fixture.assets.json'))).path;
const message = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

describe('a cloud assembly', () => {
  const manifest = 'manifest.json: expected the manifest of a cloud assembly, a JSON object with "artifacts", but the file';

  it.each<[string, (folder: string) => void, string]>([
    ['has no manifest', (folder) => rmSync(path.join(folder, 'manifest.json')), `${manifest} does not exist. ${AGAIN}`],
    ['has a manifest that is not JSON', (folder) => write(folder, 'manifest.json', 'nope\n'), `${manifest} is not valid JSON. ${AGAIN}`],
    ['has a list as the manifest', (folder) => write(folder, 'manifest.json', '[]'), `${manifest} contains another value. ${AGAIN}`],
    ['has null as the manifest', (folder) => write(folder, 'manifest.json', 'null'), `${manifest} contains another value. ${AGAIN}`],
    ['has a manifest without artifacts', (folder) => write(folder, 'manifest.json', { name: 'web' }), `${manifest} has no "artifacts". ${AGAIN}`],
    ['has a number as the artifacts', (folder) => write(folder, 'manifest.json', { artifacts: 7 }), `${manifest} has no "artifacts". ${AGAIN}`],
    ['has a stack without a template', (folder) => change(folder, 'manifest.json', ({ artifacts }) => delete artifacts.Fixture.properties.templateFile),
      `manifest.json: expected the file name of the template of the stack Fixture, got undefined. ${AGAIN}`],
    ['lacks the template file', (folder) => rmSync(path.join(folder, 'Fixture.template.json')), `the template of the stack Fixture (Fixture.template.json) does not exist. ${AGAIN}`],
    ['has a template that is not JSON', (folder) => write(folder, 'Fixture.template.json', 'Resources:\n'),
      `Fixture.template.json: expected a CloudFormation template, a JSON object with "Resources", but the file is not valid JSON. ${AGAIN}`],
    ['has a template without resources', (folder) => write(folder, 'Fixture.template.json', {}),
      `Fixture.template.json: expected a CloudFormation template, a JSON object with "Resources", but the file has no "Resources". ${AGAIN}`],
    ['lacks the file of the assets', (folder) => rmSync(path.join(folder, 'Fixture.assets.json')), `the list of assets (Fixture.assets.json) does not exist. ${AGAIN}`],
    ['has assets that are not JSON', (folder) => write(folder, 'Fixture.assets.json', 'x'),
      `Fixture.assets.json: expected a list of assets, a JSON object, but the file is not valid JSON. ${AGAIN}`],
    ['has a directory as the file of the assets', (folder) => {
      rmSync(path.join(folder, 'Fixture.assets.json'));
      mkdirSync(path.join(folder, 'Fixture.assets.json'));
    }, `Fixture.assets.json: expected a list of assets, a JSON object, but the file cannot be read (EISDIR). ${AGAIN}`],
    ['has an asset without a source', (folder) => change(folder, 'Fixture.assets.json', (content) => { sourceOf(content).path = undefined; }),
      ' has no path. The local stack does not support assets that a command builds'],
  ])('that %s is rejected with a solution', (_, damage, expected) => {
    const folder = assembly();
    damage(folder);
    const text = message(() => readAssembly(folder));
    expect(text).toContain(expected);
    expect(text).toContain(folder);
  });

  it('that lacks an asset is rejected with the name of the asset', () => {
    const folder = assembly();
    const asset = assetIn(folder);
    rmSync(path.join(folder, asset), { recursive: true });
    expect(message(() => readAssembly(folder))).toBe(`${folder}: the asset ${asset.slice('asset.'.length)} (${asset}) does not exist. ${AGAIN}`);
  });

  it.each<[string, (folder: string, outside: string) => void]>([
    ['a template with .. in its path', (folder) => {
      renameSync(path.join(folder, 'Fixture.template.json'), path.join(folder, '..', `${path.basename(folder)}.json`));
      change(folder, 'manifest.json', ({ artifacts }) => { artifacts.Fixture.properties.templateFile = `../${path.basename(folder)}.json`; });
    }],
    ['a template with an absolute path', (folder, outside) => change(folder, 'manifest.json', ({ artifacts }) => { artifacts.Fixture.properties.templateFile = outside; })],
    ['a template that is a link', (folder, outside) => {
      rmSync(path.join(folder, 'Fixture.template.json'));
      symlinkSync(outside, path.join(folder, 'Fixture.template.json'));
    }],
    ['a list of assets with .. in its path', (folder) => change(folder, 'manifest.json', ({ artifacts }) => { artifacts['Fixture.assets'].properties.file = '../x.json'; })],
    ['an asset with .. in its path', (folder) => change(folder, 'Fixture.assets.json', (content) => { sourceOf(content).path = 'x/../../other'; })],
    ['an asset with an absolute path', (folder, outside) => change(folder, 'Fixture.assets.json', (content) => { sourceOf(content).path = path.dirname(outside); })],
    ['an asset that is a link', (folder, outside) => {
      const asset = path.join(folder, assetIn(folder));
      rmSync(asset, { recursive: true });
      symlinkSync(path.dirname(outside), asset);
    }],
    ['the folder itself as an asset', (folder) => change(folder, 'Fixture.assets.json', (content) => { sourceOf(content).path = '.'; })],
  ])('cannot contain %s', (_, damage) => {
    const folder = assembly();
    const outside = path.join(temporaryFolder(), 'template.json');
    writeFileSync(outside, JSON.stringify({ Resources: {} }));
    damage(folder, outside);
    expect(message(() => readAssembly(folder))).toMatch(/^\S+: expected the path of the (template of the stack Fixture|list of assets|asset \w+) to be inside this folder, got \S+(, a link to \S+)?\. Run cdk synth/);
  });

  it('can have a link as its folder, and links that stay in the folder', () => {
    const folder = assembly();
    const asset = assetIn(folder);
    renameSync(path.join(folder, asset), path.join(folder, 'moved'));
    symlinkSync('moved', path.join(folder, asset));
    const link = path.join(temporaryFolder(), 'cdk.out');
    symlinkSync(folder, link);
    expect(readAssembly(link).stackName).toBe('Fixture');
  });

  it('must have exactly one stack', () => {
    const folder = assembly();
    change(folder, 'manifest.json', ({ artifacts }) => { artifacts.Second = artifacts.Fixture; });
    expect(message(() => readAssembly(folder))).toBe('the local stack supports apps with exactly one stack; this app has 2: Fixture, Second');
  });

  it('without a stack is rejected', () => {
    const { directory } = new App({ outdir: temporaryFolder() }).synth();
    expect(message(() => readAssembly(directory))).toBe('the local stack supports apps with exactly one stack; this app has none');
  });

  it('with a zip file as the code of a function is rejected with a solution', () => {
    const zip = path.join(temporaryFolder(), 'handler.zip');
    writeFileSync(zip, 'PK');
    const app = new App({ outdir: temporaryFolder() });
    functionIn(new Stack(app, 'Fixture'), zip);
    const { directory } = app.synth();
    expect(message(() => readAssembly(directory))).toMatch(
      /^Handler\w+: the local stack does not support a zip file as the code of a function, got \S+\/asset\.\w+\.zip\. Pass a folder with the unzipped code to Code\.fromAsset$/,
    );
  });

  it('with stages is rejected, and the folder of a stage is accepted', () => {
    const app = new App({ outdir: temporaryFolder() });
    functionIn(new Stack(new Stage(app, 'Prod'), 'Fixture'));
    const { directory } = app.synth();
    const stage = path.join(directory, 'assembly-Prod');
    expect(message(() => readAssembly(directory))).toBe(`the local stack supports apps with exactly one stack; this app has none. Pass the folder of a stage: ${stage}`);
    const { stackName, assets } = readAssembly(stage);
    expect(stackName).toBe('Prod-Fixture');
    expect(Object.values(assets)).toContainEqual(expect.stringMatching(/\/asset\.\w+$/));
  });
});

test('a stack without the service is rejected', () => {
  expect(() => requireService(readAssembly(assembly()))).toThrow('the stack Fixture does not contain the video service: expected the resource types '
    + 'AWS::ApiGateway::RestApi and AWS::CloudFront::Distribution. Pass an app whose stack creates a ServerlessVod');
});
