import { readFileSync } from 'fs';
import * as path from 'path';
import { type Lock, licenseProblems } from '../build/license-rules';

const lock: Lock = JSON.parse(readFileSync(path.join(__dirname, '../package-lock.json'), 'utf8'));

function problemsWith(changes: Record<string, object>, bundled = ['uuid']): string[] {
  const changed = Object.entries(changes).map(([place, change]) => [place, { ...lock.packages[place], ...change }]);
  return licenseProblems({ packages: { ...lock.packages, ...Object.fromEntries(changed) } }, bundled);
}

describe('the license check', () => {
  test('accepts every installed package', () => expect(problemsWith({})).toEqual([]));

  test('accepts a package if one of its alternative licenses is allowed', () => {
    expect(problemsWith({ 'node_modules/tool': { license: '(MIT OR GPL-3.0-or-later)' } })).toEqual([]);
    expect(problemsWith({ 'node_modules/tool': { license: '(MIT AND GPL-3.0-or-later)' } })).toHaveLength(1);
  });

  test.each([['GPL-3.0-only'], ['AGPL-3.0-or-later'], ['SEE LICENSE IN LICENSE.txt'], [undefined]])('rejects an installed package with the license %s', (license) => {
    expect(problemsWith({ 'node_modules/a/node_modules/tool': { license } })).toEqual([expect.stringContaining('node_modules/a/node_modules/tool is installed')]);
  });

  test('rejects bundled code whose license is allowed for tools only', () => {
    expect(problemsWith({ 'node_modules/uuid': { license: 'CC-BY-4.0' } })).toEqual([expect.stringContaining('node_modules/uuid is part of the published package')]);
  });

  test.each(['dependencies', 'optionalDependencies'])('rejects a license for tools in a dependency of a package in `%s` of the published package', (list) => {
    const problems = problemsWith({
      '': { [list]: { direct: '*' } },
      'node_modules/direct': { license: 'MIT', dependencies: { transitive: '*' } },
      'node_modules/transitive': { license: 'CC-BY-4.0' },
    });
    expect(problems).toEqual([expect.stringContaining('node_modules/transitive is part of the published package')]);
  });

  test('rejects a license for tools in `bundleDependencies` of the published package', () => {
    const problems = problemsWith({ '': { bundleDependencies: ['tool'] }, 'node_modules/tool': { license: 'CC-BY-4.0' } });
    expect(problems).toEqual([expect.stringContaining('node_modules/tool is part of the published package')]);
  });

  test('rejects a link to a folder without an allowed license', () => {
    const link = { 'node_modules/tool': { link: true, resolved: '../tool' } };
    expect(problemsWith({ ...link, '../tool': { license: 'CC-BY-4.0' } }, ['tool'])).toEqual([expect.stringContaining('node_modules/tool is part of the published package')]);
    expect(problemsWith(link)).toEqual([expect.stringContaining('node_modules/tool is installed')]);
  });

  const AGPL = '@cloud-copilot/iam-simulate';
  test.each(['dependencies', 'peerDependencies', 'devDependencies'])('rejects the AGPL package of the local stack in `%s` of the published package', (list) => {
    expect(problemsWith({ '': { [list]: { [AGPL]: '*' } } })).toContainEqual(expect.stringContaining(`package.json depends on ${AGPL}`));
  });

  test('rejects the AGPL package in a bundle, and as the dependency of another package', () => {
    expect(problemsWith({}, ['@cloud-copilot/iam-utils'])).toEqual([expect.stringContaining('iam-utils is part of the published package')]);
    expect(problemsWith({ 'node_modules/uuid': { dependencies: { [AGPL]: '*' } } })).toEqual([expect.stringContaining(`node_modules/uuid depends on ${AGPL}`)]);
  });

  test('rejects another license of the package that only the local stack can use', () => {
    expect(problemsWith({ [`node_modules/${AGPL}`]: { license: 'GPL-2.0-only' } })).toEqual([expect.stringContaining(`node_modules/${AGPL} is installed`)]);
  });

  test('rejects the AGPL package as the dependency of a package with the name of the workspace', () => {
    expect(problemsWith({ 'node_modules/local': { license: 'MIT', dependencies: { [AGPL]: '*' } } })).toEqual([expect.stringContaining(`node_modules/local depends on ${AGPL}`)]);
  });
});
