import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { combinations } from './combinations';
import { missingRows } from './coverage';
import { Combination, LEFT_OUT } from './rules';
import { appOf } from './stacks';
import { nag } from '../../test/templates/nag';
import { isKept, validate } from '../../test/templates/validate';
import { cfnLint } from '../python';

const LEAST_TEMPLATES = 40;

const NAG_KEPT: [string, RegExp, string][] = [
  ['AwsSolutions-', /^(Videos\/Mine|Other)\//, 'the app creates these resources, not the library'],
];

const describe = (combination: Combination): string => Object.entries(combination).filter(([, way]) => way !== LEFT_OUT).map(([label, way]) => `${label}=${way}`).join(', ');

/** Runs cfn-lint, AWS's validator and cdk-nag on templates of combinations of all public props. Every allowed pair of values is in at least one combination. */
export function judgePairwise(): number {
  const start = Date.now();
  const missing = missingRows();
  missing.forEach((prop) => console.log(`pairwise: expected values of ${prop} in judges/pairwise/props.ts, got none`));
  const { rows, pairs } = combinations();
  const folder = mkdtempSync(path.join(tmpdir(), 'pairwise-'));
  try {
    const findings: string[] = [];
    const templates: { file: string; row: number }[] = [];
    rows.forEach((row, index) => {
      try {
        const { app, stack } = appOf(row, path.join(folder, String(index)));
        // In most combinations, the stack `Other` has no resources.
        templates.push(...app.synth().stacks.filter(({ template }) => template.Resources)
          .map(({ templateFullPath }) => ({ file: templateFullPath, row: index })));
        findings.push(...nag(app, stack).filter(({ ruleId, place }) => !isKept(NAG_KEPT, ruleId, place)).map(({ ruleId, place }) => `cdk-nag: ${ruleId} at ${place} (combination ${index})`));
      } catch (error) {
        findings.push(`rejected: ${(error as Error).message} (combination ${index})`);
      }
    });
    const contents = templates.map(({ file }) => JSON.parse(readFileSync(file, 'utf8')));
    validate(contents).forEach((found, at) => findings.push(...found.map(({ ruleId, place, message }) => `AWS's validator: ${ruleId} at ${place}: ${message} (combination ${templates[at].row})`)));
    const lint = cfnLint(templates.map(({ file }) => file));
    findings.forEach((finding) => console.log(finding));
    [...new Set(findings.map((finding) => Number(/\(combination (\d+)\)$/.exec(finding)![1])))].forEach((index) => console.log(`combination ${index}: ${describe(rows[index])}`));
    const found = findings.length + (lint ? 0 : 1) + missing.length;
    console.log(`pairwise: ${rows.length} combinations (required: at least ${LEAST_TEMPLATES}), ${templates.length} templates, ${pairs} pairs; ${found === 0 ? 'nothing found' : 'see above'}; ${Math.round((Date.now() - start) / 1000)} s`);
    return found === 0 && rows.length >= LEAST_TEMPLATES ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
