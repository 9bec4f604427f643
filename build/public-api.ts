import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';

/** The stored public API. `npx tsx build/public-api.ts` writes this file from the assembly of the last build. */
export const STORED = path.join(__dirname, '..', 'test', 'public-api', 'assembly.json');

const DROPPED = [
  'author', 'dependencyClosure', 'description', 'fingerprint', 'homepage', 'jsiiVersion', 'keywords', 'license', 'locationInModule', 'metadata', 'overrides', 'readme', 'repository', 'symbolId', 'targets', 'version',
];

/**
 * Returns the part of a jsii assembly that users depend on: names, members, types, optionality and documented defaults. jsii-diff can read the result,
 * because it is a valid assembly.
 */
export function publicApi(assembly: object): string {
  const prune = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(prune);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).filter(([key]) => !DROPPED.includes(key)).sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, inner]) => {
      if (key !== 'docs') return [[key, prune(inner)]];
      const docs = Object.fromEntries(Object.entries(inner).filter(([name]) => name === 'default' || (name === 'stability' && 'fqn' in value)));
      return Object.keys(docs).length > 0 ? [[key, docs]] : [];
    }));
  };
  return `${JSON.stringify(prune(assembly), null, 1)}\n`;
}

if (require.main === module) writeFileSync(STORED, publicApi(JSON.parse(readFileSync(path.join(__dirname, '..', '.jsii'), 'utf8'))));
