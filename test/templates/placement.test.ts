import { App, NestedStack, RemovalPolicies, Stack, Stage, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CHECKS } from './checks';
import { Finding, validate } from './validate';
import { ServerlessVod } from '../../src';
import { ENV, templateOf } from '../toolkit/stacks';
import { CloudFormationTemplate, ours } from '../toolkit/template';

const PLACEMENTS: Record<string, (app: App) => [Stack, ...string[]][]> = {
  'two services in a stack': (app) => [[new Stack(app, 'Videos', { env: ENV }), 'VodA', 'VodB']],
  'two stacks in two regions': (app) => [[new Stack(app, 'Here', { env: ENV }), 'Vod'], [new Stack(app, 'There', { env: { ...ENV, region: 'eu-west-1' } }), 'Vod']],
  'a nested stack': (app) => [[new NestedStack(new Stack(app, 'Parent'), 'Nested'), 'Vod']],
  'two stages': (app) => ['Test', 'Live'].map((id) => [new Stack(new Stage(app, id), 'Videos'), 'Vod']),
};

function addAspects(stack: Stack): void {
  Tags.of(stack).add('team', 'video');
  RemovalPolicies.of(stack).destroy();
  iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'DeveloperBoundary'));
}

function synthesize(place: (app: App) => [Stack, ...string[]][], aspects: boolean): CloudFormationTemplate[] {
  const app = new App();
  const placed = place(app);
  for (const [stack, ...ids] of placed) for (const id of ids) new ServerlessVod(stack, id);
  if (aspects) placed.forEach(([stack]) => addAspects(stack));
  app.synth();
  return placed.map(([stack]) => templateOf(stack));
}

const CASES = Object.entries(PLACEMENTS).flatMap(([name, place]) => [false, true].map((aspects) => ({
  name: aspects ? `${name}, with aspects` : name, aspects, templates: synthesize(place, aspects),
})));

let findings: Finding[][];
beforeAll(() => { findings = validate(CASES.flatMap(({ templates }) => templates)); }, 300_000);

describe.each(CASES)('$name', ({ name, aspects, templates }) => {
  test('passes AWS\'s template validator', () => {
    const before = CASES.slice(0, CASES.findIndex((each) => each.name === name)).flatMap((each) => each.templates).length;
    expect(findings.slice(before, before + templates.length)).toEqual(templates.map(() => []));
  });

  // The template checks support only templates with one service and without a fixed region.
  if (/^(a nested stack|two stages)/.test(name)) {
    test('passes our own checks', () => {
      // The checks of `data` expect that data is retained, but the aspect sets the removal policy DESTROY.
      const { data, ...others } = CHECKS;
      const failed = templates.flatMap((template) => Object.entries(aspects ? others : { data, ...others }).flatMap(([topic, checks]) => Object.entries(checks)
        .flatMap(([requirement, check]) => check(template).map((problem) => `${topic}: ${requirement}: ${problem}`))));
      expect(failed).toEqual([]);
    });
  }

  if (aspects) {
    test('applies tags, removal policy and permissions boundary to all resources', () => {
      const all = (type: string) => templates.flatMap((template) => ours(template, type));
      for (const { id, properties } of all('AWS::IAM::Role')) {
        expect([id, JSON.stringify(properties.PermissionsBoundary)]).toEqual([id, expect.stringContaining('DeveloperBoundary')]);
      }
      for (const { id, properties } of ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::SecretsManager::Secret', 'AWS::Lambda::Function', 'AWS::CloudFront::Distribution'].flatMap(all)) {
        expect([id, properties.Tags ?? properties.Replicas?.[0].Tags]).toEqual([id, expect.arrayContaining([{ Key: 'team', Value: 'video' }])]);
      }
      for (const { id, resource } of ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::SecretsManager::Secret', 'AWS::Cognito::UserPool'].flatMap(all)) {
        expect([id, resource.DeletionPolicy]).toEqual([id, 'Delete']);
      }
    });
  }
});
