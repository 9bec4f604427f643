import { App } from 'aws-cdk-lib';
import { nag } from './nag';
import { example, EXAMPLE_NAMES, EXAMPLES } from './templates';
import { Finding, isKept, validate } from './validate';

/** Accepted findings of cdk-nag. The library acknowledges the findings about its own resources. */
const NAG_ACCEPTED: [string, RegExp, string][] = [
  ['AwsSolutions-S1', /^Videos\/(Sources|Media)\//, 'the owner of an existing bucket decides on access logs'],
  ['AwsSolutions-S1', /^Videos\/Web\//, 'the page of the example: public files need no access logs'],
  ['AwsSolutions-IAM4', /^Videos\/Custom::CDKBucketDeployment/, 'created by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM5', /^Videos\/Custom::CDKBucketDeployment/, 'created by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM4', /^Videos\/Announce\//, 'a function of the example, with CDK\'s default role'],
  ['AwsSolutions-SQS3', /^Videos\/Undelivered\//, 'a dead-letter queue for two rules of the example'],
  ['AwsSolutions-IAM4', /^Videos\/WhoCalls\//, 'a custom authorizer, with CDK\'s default role'],
  ['AwsSolutions-L1', /^Videos\/Custom::CDKBucketDeployment/, 'created by CDK\'s BucketDeployment'],
];

let findings: Finding[][];

beforeAll(() => {
  findings = validate(EXAMPLE_NAMES.map(example));
}, 300_000);

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  test('passes AWS\'s template validator', () => {
    expect(findings[EXAMPLE_NAMES.indexOf(name)]).toEqual([]);
  });

  test('passes cdk-nag\'s AwsSolutions', () => {
    const app = new App();
    const stack = new EXAMPLES[name](app, 'Videos');
    const found = nag(app, stack);
    expect(found.filter(({ ruleId, place }) => !isKept(NAG_ACCEPTED, ruleId, place))).toEqual([]);
  });
});
