import { CHECKS } from './checks';
import type { Check } from './checks/check';
import { example, EXAMPLE_NAMES } from './templates';
import type { CloudFormationTemplate, TemplateResource } from '../toolkit/template';

const requirements = Object.entries(CHECKS).flatMap(([topic, checks]) => Object.entries(checks).map(([name, check]): [string, Check] => [`${topic}: ${name}`, check]));

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  const template = example(name);

  test.each(requirements)('%s', (_name, check) => expect(check(template)).toEqual([]));
});

describe('a check detects', () => {
  const intact = example('smallest');

  type Resources = Record<string, TemplateResource & { DependsOn?: string | string[]; Properties: any }>;
  const find = (resources: Resources, beginning: string, type: string): string => (
    Object.keys(resources).find((id) => id.startsWith(beginning) && resources[id].Type === type)!);
  const propertiesOf = (resources: Resources, beginning: string, type: string): any => resources[find(resources, beginning, type)].Properties;

  const FAULTS: Record<string, [requirement: string, make: (resources: Resources) => void]> = {
    'a deployment without dependencies': ['dependencies: the deployment depends on the whole API', (resources) => {
      delete (resources as any)[find(resources, 'Vod', 'AWS::ApiGateway::Deployment')].DependsOn;
    }],
    'a custom resource of the client\'s secret without its policy': ['least privilege: roles have exactly the permissions that they need', (resources) => {
      delete resources[find(resources, 'VodAuthFillClientSecret', 'AWS::IAM::Policy')];
    }],
    'a disabled rule for job events': ['events: rules match their events and have a dead-letter queue', (resources) => {
      propertiesOf(resources, 'VodTranscodeJobEvents', 'AWS::Events::Rule').State = 'DISABLED';
    }],
    'a dead-letter queue for job events without its policy': ['callers: queues are written by their rules', (resources) => {
      delete resources[find(resources, 'VodTranscodeJobEventsDeadLetterQueue', 'AWS::SQS::QueuePolicy')];
    }],
    'a rule without dead-letter queue': ['events: rules match their events and have a dead-letter queue', (resources) => {
      delete propertiesOf(resources, 'VodTranscodeJobEvents', 'AWS::Events::Rule').Targets[0].DeadLetterConfig;
    }],
    'a stage without throttles': ['API: the stage is throttled', (resources) => {
      delete propertiesOf(resources, 'Vod', 'AWS::ApiGateway::Stage').MethodSettings;
    }],
    'an open route without a separate throttle': ['API: open routes have separate throttles', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::ApiGateway::Stage').MethodSettings.length = 1;
    }],
    'a reader without GetItem': ['least privilege: roles have exactly the permissions that they need', (resources) => {
      const { PolicyDocument } = propertiesOf(resources, 'VodCatalogReadVideos', 'AWS::IAM::Policy');
      PolicyDocument.Statement = PolicyDocument.Statement.filter(({ Action }: any) => Action !== 'dynamodb:GetItem');
    }],
    'a sweeper that does not know the uploads': ['functions: the sweeper has the variables for uploads', (resources) => {
      delete propertiesOf(resources, 'VodSweeperSweepVideos', 'AWS::Lambda::Function').Environment.Variables.UPLOAD_EXPIRY;
    }],
    'media without response headers': ['delivery: responses have security headers', (resources) => {
      delete propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.CacheBehaviors[0].ResponseHeadersPolicyId;
    }],
    'a callback on another host': ['address: all parts use one service URL', (resources) => {
      propertiesOf(resources, 'VodAuthUserPoolClient', 'AWS::Cognito::UserPoolClient').CallbackURLs[0] = 'https://other.example.com/api/authorize';
    }],
    'a domain name that only the distribution has': ['address: all parts use one service URL', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.Aliases = ['videos.example.com'];
    }],
    'a domain name without certificate': ['address: domain names have a certificate', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.Aliases = ['videos.example.com'];
    }],
    'pages at every name': ['address: pages at other names are redirected', (resources) => {
      const { DistributionConfig: config } = propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution');
      config.Aliases = ['videos.example.com'];
      delete config.DefaultCacheBehavior.FunctionAssociations;
    }],
    'two resources that depend on each other': ['dependencies: the template has no cycle', (resources) => {
      (resources as any)[find(resources, 'VodCatalog', 'AWS::DynamoDB::GlobalTable')].DependsOn = find(resources, 'VodCatalogReadVideos', 'AWS::Lambda::Function');
    }],
  };

  test.each(Object.entries(FAULTS))('%s', (_name, [requirement, make]) => {
    const template: CloudFormationTemplate = structuredClone(intact);
    make(template.Resources as Resources);
    const noticedBy = requirements.filter(([, check]) => check(template).length > 0).map(([name]) => name);
    expect(noticedBy).toContain(requirement);
  });
});
