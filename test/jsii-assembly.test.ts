import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import * as path from 'path';

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
  readonly targets: Record<string, Record<string, string>>;
  readonly types: Record<string, JsiiType>;
}

/** Compiled afresh: a stale assembly would prove nothing. */
function compile(): Assembly {
  execFileSync(process.execPath, [require.resolve('jsii/bin/jsii'), '--silence-warnings=reserved-word'], { cwd: root, stdio: 'pipe' });
  return JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8'));
}

describe('the public API', () => {
  let assembly: Assembly;
  let types: JsiiType[];
  beforeAll(() => {
    assembly = compile();
    types = Object.values(assembly.types);
  }, 120_000);

  test('has a construct for each area, and the one that joins them', () => {
    const constructs = types.filter(({ kind }) => kind === 'class').map(({ name }) => name);
    expect(constructs).toEqual(expect.arrayContaining(['ServerlessVod', 'VodApi', 'VodAuth', 'VodCatalog', 'VodDelivery', 'VodTranscode', 'VodUpload']));
  });

  test('says of each public member what it is', () => {
    const silent = types.flatMap((type) => [type, ...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])]
      .filter(({ docs }) => !docs?.summary)
      .map(({ name }) => `${type.name}.${name}`));
    expect(silent).toEqual([]);
  });

  test('says of each optional prop what its absence means', () => {
    const silent = types.filter(({ datatype }) => datatype).flatMap((type) => (type.properties ?? [])
      .filter(({ optional, docs }) => optional && !docs?.default)
      .map(({ name }) => `${type.name}.${name}`));
    expect(silent).toEqual([]);
  });

  test('keeps structs small enough to read', () => {
    const large = types.filter(({ datatype, properties }) => datatype && (properties ?? []).length > 8).map(({ name }) => name);
    // What most users set stands on the construct itself, beside the areas' own structs; options for functions are CDK's, of which there are fifty.
    expect(large).toEqual(['ServerlessVodProps', 'VodFunctionOptions']);
  });

  // C# finds a namespace before a class that a `using` brings, whichever part of the namespace has the class's name.
  test('has no part of a package or namespace named as a class, or as what C# code of jsii refers to', () => {
    const { python, java, go, dotnet } = assembly.targets;
    const taken = new Set([...types.map(({ name }) => name), 'Amazon', 'Constructs', 'System']);
    const names = { python: python.module, java: java.package, go: go.moduleName, dotnet: dotnet.namespace };
    const clashes = Object.entries(names).flatMap(([language, name]) => name.split(/[./]/).filter((part) => taken.has(part)).map((part) => `${language}: ${part}`));
    expect(clashes).toEqual([]);
  });
});
