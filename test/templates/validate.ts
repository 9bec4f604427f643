import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';

export interface Finding {
  readonly ruleId: string;
  readonly place: string;
  readonly message: string;
}

/** Accepted findings of AWS's template validator: the rule, a pattern that matches the place, and the reason. */
const ACCEPTED: [string, RegExp, string][] = [
  ['W3005', /DependsOn/, 'CDK\'s Function depends on its role explicitly'],
];

/** Runs AWS's template validator in a separate process. In a jest worker that has run fifty files, the validator's first call takes more than a minute. */
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
      .filter(({ ruleId, place }) => !isKept(ACCEPTED, ruleId, place)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function isKept(accepted: [string, RegExp, string][], rule: string, place: string): boolean {
  return accepted.some(([id, where]) => rule.startsWith(id) && where.test(place));
}
