import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { example, EXAMPLE_NAMES, EXAMPLES } from './templates';

/** What AWS's template validator finds and we keep, each with its reason: rule, part of the place, reason. */
const KEPT: [string, RegExp, string][] = [
  ['W3005', /DependsOn/, 'CDK\'s own Function depends on its role explicitly'],
];

/** Findings of cdk-nag that are kept, none of them in the library: what it cannot mend, it acknowledges itself, so that no user has to. */
const NAG_KEPT: [string, RegExp, string][] = [
  ['AwsSolutions-S1', /^Videos\/(Sources|Media)\//, 'access logs are the choice of who brings the bucket'],
  ['AwsSolutions-S1', /^Videos\/Web\//, 'the page of the example: public files without a log of who read them'],
  ['AwsSolutions-IAM4', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM5', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM4', /^Videos\/WhoCalls\//, 'the user\'s own authorizer: CDK\'s role of a function'],
  ['AwsSolutions-L1', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
];

const isKept = (kept: [string, RegExp, string][], rule: string, place: string): boolean => kept.some(([id, where]) => rule.startsWith(id) && where.test(place));

/** What AWS's template validator says of each example. A process of its own: in a worker that has run fifty files its first call takes a minute and more. */
function validated(): Record<string, any[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
  try {
    const files = EXAMPLE_NAMES.map((name) => {
      const file = path.join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(example(name)));
      return file;
    });
    const findings: any[][] = JSON.parse(execFileSync(process.execPath, [path.join(__dirname, 'aws-validator.js'), ...files], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
    return Object.fromEntries(EXAMPLE_NAMES.map((name, index) => [name, findings[index]]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let findings: Record<string, any[]>;

beforeAll(() => {
  findings = validated();
}, 300_000);

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  test('passes AWS\'s template validator', () => {
    const found = findings[name].filter(({ severity }) => severity !== 'INFO')
      .map(({ ruleId, message, entity, propertyPath }) => ({ ruleId, place: `${JSON.stringify(entity ?? '')} ${propertyPath ?? ''}`, message }));
    expect(found.filter(({ ruleId, place }) => !isKept(KEPT, ruleId, place))).toEqual([]);
  });

  test('passes cdk-nag\'s AwsSolutions', () => {
    const app = new App();
    const stack = new EXAMPLES[name](app, 'Videos');
    const found = new AwsSolutionsChecks(app).validateScope(stack).violations
      .flatMap(({ ruleName, description, violatingResources }: any) => (
        violatingResources.map((resource: any) => ({ ruleName, place: resource.constructPath, description }))));
    expect(found.filter(({ ruleName, place }) => !isKept(NAG_KEPT, ruleName, place))).toEqual([]);
  });
});
