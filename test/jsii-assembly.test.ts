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

/** Compiled afresh: a stale assembly would prove nothing. */
function assembly(): JsiiType[] {
  execFileSync(process.execPath, [require.resolve('jsii/bin/jsii'), '--silence-warnings=reserved-word'], { cwd: root, stdio: 'pipe' });
  return Object.values(JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8')).types);
}

describe('the public API', () => {
  let types: JsiiType[];
  beforeAll(() => { types = assembly(); }, 120_000);

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
    expect(types.filter(({ datatype, properties }) => datatype && (properties ?? []).length > 8).map(({ name }) => name)).toEqual([]);
  });
});
