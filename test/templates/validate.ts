import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';

/** A finding of AWS's template validator. */
export interface Finding {
  readonly ruleId: string;
  readonly place: string;
  readonly message: string;
}

/** What AWS's template validator finds and we keep, each with its reason: rule, part of the place, reason. */
const KEPT: [string, RegExp, string][] = [
  ['W3005', /DependsOn/, 'CDK\'s own Function depends on its role explicitly'],
];

/** What AWS's template validator says of each template. A process of its own: in a worker that has run fifty files its first call takes a minute and more. */
export function validate(templates: object[]): Finding[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
  try {
    const files = templates.map((template, index) => {
      const file = path.join(folder, `${index}.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    const findings: any[][] = JSON.parse(execFileSync(process.execPath, [path.join(__dirname, 'aws-validator.js'), ...files], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
    return findings.map((found) => found.filter(({ severity }) => severity !== 'INFO')
      .map(({ ruleId, message, entity, propertyPath }) => ({ ruleId, place: `${JSON.stringify(entity ?? '')} ${propertyPath ?? ''}`, message }))
      .filter(({ ruleId, place }) => !isKept(KEPT, ruleId, place)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a finding is among those that are kept. */
export function isKept(kept: [string, RegExp, string][], rule: string, place: string): boolean {
  return kept.some(([id, where]) => rule.startsWith(id) && where.test(place));
}
