import { App } from 'aws-cdk-lib';
import { nag } from './nag';
import { example, EXAMPLE_NAMES, EXAMPLES } from './templates';
import { Finding, isKept, validate } from './validate';

/** Findings of cdk-nag that are kept. Those in the library are acknowledged by it, so that no user has to, wherever the CDK takes the note. */
const NAG_KEPT: [string, RegExp, string][] = [
  ['AwsSolutions-S1', /^Videos\/(Sources|Media)\//, 'access logs are the choice of who brings the bucket'],
  ['AwsSolutions-S1', /^Videos\/Web\//, 'the page of the example: public files without a log of who read them'],
  ['AwsSolutions-IAM4', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM5', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM4', /^Videos\/Announce\//, 'a function of the example: CDK\'s role of a function'],
  ['AwsSolutions-SQS3', /^Videos\/Undelivered\//, 'a dead-letter queue, of two rules of the example'],
  ['AwsSolutions-IAM4', /^Videos\/WhoCalls\//, 'the user\'s own authorizer: CDK\'s role of a function'],
  ['AwsSolutions-L1', /^Videos\/Custom::CDKBucketDeployment/, 'made by CDK\'s BucketDeployment'],
  ['AwsSolutions-IAM5', /^Videos\/Vod\/Sweeper\/SweepVideos\/Role\/DefaultPolicy\//, 'acknowledged, but CDK before 2.262 takes no id with a second `::`'],
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
    expect(found.filter(({ ruleId, place }) => !isKept(NAG_KEPT, ruleId, place))).toEqual([]);
  });
});
