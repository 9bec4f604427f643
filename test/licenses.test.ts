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

  const AGPL = '@cloud-copilot/iam-simulate';
  test.each(['dependencies', 'peerDependencies', 'devDependencies'])('rejects the AGPL package of the local stack in `%s` of the published package', (list) => {
    expect(problemsWith({ '': { [list]: { [AGPL]: '*' } } })).toContainEqual(expect.stringContaining(`package.json depends on ${AGPL}`));
  });

  test('rejects the AGPL package in a bundle, and as the dependency of another package', () => {
    expect(problemsWith({}, ['@cloud-copilot/iam-utils'])).toEqual([expect.stringContaining('iam-utils is part of the published package')]);
    expect(problemsWith({ 'node_modules/uuid': { dependencies: { [AGPL]: '*' } } })).toEqual([expect.stringContaining(`node_modules/uuid depends on ${AGPL}`)]);
  });
});
