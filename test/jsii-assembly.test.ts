import { execFileSync, spawnSync } from 'child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { apiReference } from '../build/api-reference';
import { publicApi, STORED } from '../build/public-api';
import * as library from '../src';

const root = path.join(__dirname, '..');

interface Documented {
  readonly name: string;
  readonly docs?: { summary?: string; default?: string };
  readonly optional?: boolean;
}

interface JsiiType extends Documented {
  readonly kind: string;
  readonly datatype?: boolean;
  readonly properties?: Documented[];
  readonly methods?: Documented[];
  readonly members?: Documented[];
}

interface Assembly {
  readonly repository: { readonly url: string };
  readonly targets: Record<string, Record<string, string>>;
  readonly types: Record<string, JsiiType>;
}

/** Compiles the library, because an existing assembly may be out of date. */
function compile(): Assembly {
  execFileSync(process.execPath, [require.resolve('jsii/bin/jsii'), '--silence-warnings=reserved-word'], { cwd: root, stdio: 'pipe' });
  execFileSync(process.execPath, ['--import', 'tsx', 'build/assembly.ts'], { cwd: root, stdio: 'pipe' });
  return JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8'));
}

describe('the public API', () => {
  let assembly: Assembly;
  let types: JsiiType[];
  beforeAll(() => {
    assembly = compile();
    types = Object.values(assembly.types);
  }, 120_000);

  test('has a construct for each area, and ServerlessVod', () => {
    const constructs = types.filter(({ kind }) => kind === 'class').map(({ name }) => name);
    expect(constructs).toEqual(expect.arrayContaining(['ServerlessVod', 'VodApi', 'VodAuth', 'VodCatalog', 'VodDelivery', 'VodTranscode', 'VodUpload']));
  });

  test('has a repository URL that PyPI accepts', () => expect(assembly.repository.url).toMatch(/^https:/));

  test('has a summary for each public member', () => {
    const silent = types.flatMap((type) => [type, ...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])]
      .filter(({ docs }) => !docs?.summary)
      .map(({ name }) => `${type.name}.${name}`));
    expect(silent).toEqual([]);
  });

  test('has a default for each optional prop', () => {
    const silent = types.filter(({ datatype }) => datatype).flatMap((type) => (type.properties ?? [])
      .filter(({ optional, docs }) => optional && !docs?.default)
      .map(({ name }) => `${type.name}.${name}`));
    expect(silent).toEqual([]);
  });

  test('has structs with a limited number of members', () => {
    const large = types.filter(({ datatype, properties }) => datatype && (properties ?? []).length > 8).map(({ name }) => name);
    // Two structs may have more than 8 properties: `ServerlessVodProps` has one struct for each area, and `VodFunctionOptions` repeats options of the CDK.
    expect(large).toEqual(['ServerlessVodProps', 'VodFunctionOptions']);
  });

  // A change of the stored assembly must be a separate commit.
  test('is equal to the stored assembly', () => {
    const hint = 'If the change is intended, run npm run build, then npx tsx build/public-api.ts, and commit test/public-api/assembly.json separately.';
    expect({ hint, api: JSON.parse(publicApi(assembly)) }).toEqual({ hint, api: JSON.parse(readFileSync(STORED, 'utf8')) });
  });

  test('is described by API.md', () => {
    const hint = 'API.md is stale. Run npm run build to write it.';
    expect({ hint, text: readFileSync(path.join(root, 'API.md'), 'utf8') }).toEqual({ hint, text: apiReference(JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8'))) });
  });

  test('has no breaking change to the stored assembly, according to jsii-diff', () => {
    const before = mkdtempSync(path.join(tmpdir(), 'assembly-'));
    symlinkSync(path.join(root, 'node_modules'), path.join(before, 'node_modules'));
    cpSync(path.join(root, 'package.json'), path.join(before, 'package.json'));
    const { types: stored } = JSON.parse(readFileSync(STORED, 'utf8'));
    writeFileSync(path.join(before, '.jsii'), JSON.stringify({ ...assembly, types: stored }));
    const { status, stderr } = spawnSync(process.execPath, [require.resolve('jsii-diff/bin/jsii-diff'), before, root, '--error-on=all'], { encoding: 'utf8' });
    rmSync(before, { recursive: true });
    expect([status, stderr.split('\n').filter((line) => line.startsWith('err'))]).toEqual([0, []]);
  });

  // Apps may store the values of enums. jsii-diff does not compare them.
  test('keeps the values of enums', () => {
    const enums = types.filter(({ kind }) => kind === 'enum').map(({ name }) => [name, library[name as keyof typeof library]]);
    expect(Object.fromEntries(enums)).toMatchSnapshot();
  });

  // If a part of a C# namespace has the same name as a class, the name refers to the namespace and not to the class.
  test('has no package or namespace with a part that is the name of a class, or a name that C# code of jsii refers to', () => {
    const { python, java, go, dotnet } = assembly.targets;
    const taken = new Set([...types.map(({ name }) => name), 'Amazon', 'Constructs', 'System']);
    const names = { python: python.module, java: java.package, go: go.moduleName, dotnet: dotnet.namespace };
    const clashes = Object.entries(names).flatMap(([language, name]) => name.split(/[./]/).filter((part) => taken.has(part)).map((part) => `${language}: ${part}`));
    expect(clashes).toEqual([]);
  });
});
