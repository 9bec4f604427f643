import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';

/** The public API that is stored: `npx tsx build/public-api.ts` writes it anew from the assembly of the last build. */
export const STORED = path.join(__dirname, '..', 'test', 'public-api', 'assembly.json');

const DROPPED = [
  'author', 'dependencyClosure', 'description', 'fingerprint', 'homepage', 'jsiiVersion', 'keywords', 'license', 'locationInModule', 'metadata', 'overrides', 'readme', 'repository', 'symbolId', 'targets', 'version',
];

/**
 * What users of a jsii assembly rely on: names, members, types, what may be left out, and the defaults that the docs name. Its types stay those of an
 * assembly, for jsii-diff.
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
