import { CHECKS } from './checks';
import type { Check } from './checks/check';
import { example, EXAMPLE_NAMES } from './templates';
import type { CloudFormationTemplate, TemplateResource } from '../toolkit/template';

const requirements = Object.entries(CHECKS).flatMap(([topic, checks]) => Object.entries(checks).map(([name, check]): [string, Check] => [`${topic}: ${name}`, check]));

describe.each(EXAMPLE_NAMES)('the template of %s', (name) => {
  const template = example(name);

  test.each(requirements)('%s', (_name, check) => expect(check(template)).toEqual([]));
});

describe('a fault is noticed', () => {
  const intact = example('smallest');

  type Resources = Record<string, TemplateResource & { DependsOn?: string | string[]; Properties: any }>;
  const find = (resources: Resources, beginning: string, type: string): string => (
    Object.keys(resources).find((id) => id.startsWith(beginning) && resources[id].Type === type)!);
  const propertiesOf = (resources: Resources, beginning: string, type: string): any => resources[find(resources, beginning, type)].Properties;

  /** What it was that nothing noticed before these checks were there. */
  const FAULTS: Record<string, [requirement: string, make: (resources: Resources) => void]> = {
    'a deployment that waits for nothing': ['dependencies: the deployment waits for all of the API', (resources) => {
      delete (resources as any)[find(resources, 'Vod', 'AWS::ApiGateway::Deployment')].DependsOn;
    }],
    'a custom resource of the client\'s secret without its policy': ['least privilege: roles may do exactly what is needed', (resources) => {
      delete resources[find(resources, 'VodAuthFillClientSecret', 'AWS::IAM::Policy')];
    }],
    'a rule of the job events that is off': ['events: rules hear, and keep what they could not deliver', (resources) => {
      propertiesOf(resources, 'VodTranscodeJobEvents', 'AWS::Events::Rule').State = 'DISABLED';
    }],
    'a dead-letter queue of the job events without its policy': ['callers: queues are written by their rules', (resources) => {
      delete resources[find(resources, 'VodTranscodeJobEventsDeadLetterQueue', 'AWS::SQS::QueuePolicy')];
    }],
    'a rule without dead-letter queue': ['events: rules hear, and keep what they could not deliver', (resources) => {
      delete propertiesOf(resources, 'VodTranscodeJobEvents', 'AWS::Events::Rule').Targets[0].DeadLetterConfig;
    }],
    'a stage without throttles': ['API: the stage is throttled', (resources) => {
      delete propertiesOf(resources, 'Vod', 'AWS::ApiGateway::Stage').MethodSettings;
    }],
    'an open route without a throttle of its own': ['API: open routes have throttles of their own', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::ApiGateway::Stage').MethodSettings.length = 1;
    }],
    'a reader without GetItem': ['least privilege: roles may do exactly what is needed', (resources) => {
      const { PolicyDocument } = propertiesOf(resources, 'VodCatalogReadVideos', 'AWS::IAM::Policy');
      PolicyDocument.Statement = PolicyDocument.Statement.filter(({ Action }: any) => Action !== 'dynamodb:GetItem');
    }],
    'media without response headers': ['delivery: answers have security headers', (resources) => {
      delete propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.CacheBehaviors[0].ResponseHeadersPolicyId;
    }],
    'a callback at another address': ['address: everyone knows the one address', (resources) => {
      propertiesOf(resources, 'VodAuthUserPoolClient', 'AWS::Cognito::UserPoolClient').CallbackURLs[0] = 'https://other.example.com/api/authorize';
    }],
    'a domain name that nobody was told': ['address: everyone knows the one address', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.Aliases = ['videos.example.com'];
    }],
    'a domain name without certificate': ['address: domain names have a certificate', (resources) => {
      propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution').DistributionConfig.Aliases = ['videos.example.com'];
    }],
    'pages at every name': ['address: pages have one name', (resources) => {
      const { DistributionConfig: config } = propertiesOf(resources, 'Vod', 'AWS::CloudFront::Distribution');
      config.Aliases = ['videos.example.com'];
      delete config.DefaultCacheBehavior.FunctionAssociations;
    }],
    'two resources that wait for each other': ['dependencies: there is no cycle', (resources) => {
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
