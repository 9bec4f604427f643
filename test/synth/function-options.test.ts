import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { VodCatalog, VodFunctionOptions } from '../../src';
import type { HandlerName } from '../../src/contract/environment';
import { functionOf, functionsOf } from '../toolkit/functions';
import { permissionsOf } from '../toolkit/permissions';
import { catalogIn, ENV, SERVICE_URL, templateOf, testStack, vodIn } from '../toolkit/stacks';
import { type CloudFormationTemplate, ofType, references, withoutHash } from '../toolkit/template';

const LAYER = 'arn:aws:lambda:us-east-1:123456789012:layer:observe:1';
const boundaryArn = (name: string) => `arn:aws:iam::${ENV.account}:policy/${name}`;

const vpcIn = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Network', {
  vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], privateSubnetIds: ['subnet-private'], publicSubnetIds: ['subnet-public'],
});

const importedVpc = (stack: Stack, vpcId: string) => ec2.Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['us-east-1a'], privateSubnetIds: [`subnet-of-${vpcId}`] });
const ownVpc = (stack: Stack, id: string) => new ec2.Vpc(stack, id, { availabilityZones: ['us-east-1a'] });

function service(options: (stack: Stack) => VodFunctionOptions): CloudFormationTemplate {
  const stack = testStack({ env: ENV });
  return templateOf(vodIn(stack, { functions: options(stack) }));
}

function each(template: CloudFormationTemplate, property: string): Record<string, unknown> {
  return Object.fromEntries(functionsOf(template).map(({ name, properties }) => [name, properties[property]]));
}

const stack = testStack();
const NAMES = vodIn(stack)._areas.flatMap(({ handlers }) => Object.keys(handlers)) as HandlerName[];
const all = (value: unknown, others: Partial<Record<HandlerName, unknown>> = {}) => ({ ...Object.fromEntries(NAMES.map((name) => [name, value])), ...others });

describe('an option is set on the functions of every area', () => {
  test.each<[keyof VodFunctionOptions, (stack: Stack) => VodFunctionOptions, property: string, expected: unknown]>([
    ['memorySize', () => ({ memorySize: 1769 }), 'MemorySize', 1769],
    ['tracing', () => ({ tracing: lambda.Tracing.ACTIVE }), 'TracingConfig', { Mode: 'Active' }],
    ['layers', (scope) => ({ layers: [lambda.LayerVersion.fromLayerVersionArn(scope, 'Layer', LAYER)] }), 'Layers', [LAYER]],
    ['environmentEncryption', (scope) => ({ environmentEncryption: new kms.Key(scope, 'Key') }), 'KmsKeyArn', { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] }],
    ['vpc', (scope) => ({ vpc: vpcIn(scope) }), 'VpcConfig', {
      SubnetIds: ['subnet-private'], SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringMatching(/^VodFunctionsSecurityGroup/), 'GroupId'] }],
    }],
    ['vpcSubnets', (scope) => ({ vpc: vpcIn(scope), vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(scope, 'One', 'subnet-one')] } }), 'VpcConfig', expect.objectContaining({ SubnetIds: ['subnet-one'] })],
    ['securityGroups', (scope) => ({ vpc: vpcIn(scope), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1')] }), 'VpcConfig', expect.objectContaining({ SecurityGroupIds: ['sg-1'] })],
  ])('%s', (_, options, property, expected) => expect(each(service(options), property)).toEqual(all(expected)));

  test('logRetention is set on each log group', () => {
    const template = service(() => ({ logRetention: logs.RetentionDays.ONE_YEAR }));
    const groups = functionsOf(template).map(({ properties }) => template.Resources[references(properties.LoggingConfig)[0]].Properties);
    expect(groups).toEqual(NAMES.map(() => ({ RetentionInDays: 365 })));
  });

  test('permissionsBoundary is set on every role, including the role of MediaConvert jobs and the signing role of uploads', () => {
    const roles = ofType(service((scope) => ({ permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', boundaryArn('boundary')) })), 'AWS::IAM::Role');
    expect(roles.map(({ properties }) => properties.PermissionsBoundary)).toEqual(Array(NAMES.length + 2).fill(boundaryArn('boundary')));
    expect(roles.map(({ id }) => withoutHash(id))).toEqual(expect.arrayContaining(['VodTranscodeJobRole', 'VodUploadSigningRole']));
  });
});

describe('an option does not apply to functions that need another value', () => {
  test('timeout does not apply to functions with a fixed timeout', () => {
    expect(each(service(() => ({ timeout: Duration.seconds(25) })), 'Timeout')).toEqual(all(25, {
      'auth/sign-in': 20, 'auth/fill-client-secret': 120, 'catalog/resend-events': 300, 'sweeper/sweep-videos': 600, 'delivery/make-key-pair': 120, 'transcode/submit-job': 60,
      'upload/manage-uploads': 29,
    }));
  });

  test('reservedConcurrentExecutions does not apply to functions that serve no API requests', () => {
    expect(each(service(() => ({ reservedConcurrentExecutions: 5 })), 'ReservedConcurrentExecutions')).toEqual(all(5, {
      'auth/fill-client-secret': undefined, 'catalog/publish-events': undefined, 'catalog/resend-events': undefined, 'sweeper/sweep-videos': undefined, 'delivery/make-key-pair': undefined, 'transcode/submit-job': undefined, 'transcode/record-job-event': undefined,
    }));
  });
});

describe('only the permissions that an option requires are granted', () => {
  const more = (options: (scope: Stack) => VodFunctionOptions) => {
    const before = permissionsOf(service(() => ({})), 'catalog/read-videos');
    return permissionsOf(service(options), 'catalog/read-videos').filter((permission) => !before.includes(permission));
  };

  test('tracing allows X-Ray actions, and DISABLED does not', () => {
    expect(more(() => ({ tracing: lambda.Tracing.PASS_THROUGH }))).toEqual(['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *']);
    expect(more(() => ({ tracing: lambda.Tracing.DISABLED }))).toEqual([]);
  });

  test('a VPC allows actions on network interfaces, without the managed policy that allows writing to every log group', () => {
    const names = ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'];
    expect(more((scope) => ({ vpc: vpcIn(scope) }))).toEqual(names.map((name) => `ec2:${name} on *`));
  });

  test.each<[string, (scope: Stack) => VodFunctionOptions]>([
    ['tracing', () => ({ tracing: lambda.Tracing.ACTIVE })], ['a VPC', (scope) => ({ vpc: vpcIn(scope) })],
  ])('the cdk-nag finding for the wildcard resource of %s is suppressed', (_, options) => {
    const scope = testStack();
    catalogIn(scope, { functions: options(scope) });
    const wildcards = new AwsSolutionsChecks(scope.node.scope as App).validateScope(scope).violations.filter(({ ruleName }) => ruleName.startsWith('AwsSolutions-IAM'));
    expect(wildcards).toEqual([]);
  });

  test('environmentEncryption allows decryption through Lambda, also for an alias', () => {
    const key = 'kms:Decrypt on Key.Arn if {"StringEquals":{"kms:ViaService":"lambda.us-east-1.amazonaws.com"}}';
    expect(more((scope) => ({ environmentEncryption: new kms.Key(scope, 'Key') }))).toEqual([key]);
    const aliased = (scope: Stack) => ({ environmentEncryption: new kms.Alias(scope, 'Alias', { aliasName: 'alias/mine', targetKey: new kms.Key(scope, 'Key') }) });
    expect(more(aliased)).toEqual([key]);
    expect(functionOf(service(aliased), 'catalog/read-videos').properties.KmsKeyArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
  });
});

describe('options of an area', () => {
  const nested = (options: (scope: Stack) => VodFunctionOptions, catalog: (scope: Stack) => VodFunctionOptions) => {
    const scope = testStack({ env: ENV });
    return templateOf(vodIn(scope, { functions: options(scope), catalog: { functions: catalog(scope) } }));
  };

  test('override single options of the service, also for nested constructs of the area', () => {
    const template = nested(() => ({ memorySize: 1024, tracing: lambda.Tracing.ACTIVE }), () => ({ memorySize: 2048, tracing: undefined }));
    expect(each(template, 'MemorySize')).toEqual(all(1024, { 'catalog/edit-videos': 2048, 'catalog/read-videos': 2048, 'catalog/publish-events': 2048, 'catalog/resend-events': 2048 }));
    expect(each(template, 'TracingConfig')).toEqual(all({ Mode: 'Active' }));
  });

  test('apply to an area that is used alone', () => {
    const template = templateOf(catalogIn(testStack(), { functions: { memorySize: 2048 } }));
    expect(functionOf(template, 'catalog/read-videos').properties.MemorySize).toBe(2048);
  });

  test('override the permissions boundary', () => {
    const policy = (name: string) => (scope: Stack) => ({ permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(scope, name, boundaryArn(name)) });
    const boundaries = Object.fromEntries(ofType(nested(policy('all'), policy('catalog')), 'AWS::IAM::Role').map(({ id, properties }) => [withoutHash(id), properties.PermissionsBoundary]));
    expect(boundaries).toMatchObject({ VodCatalogReadVideosRole: boundaryArn('catalog'), VodUploadManageUploadsRole: boundaryArn('all') });
  });

  test('with another VPC do not inherit the subnets and security groups of the service', () => {
    const other = (scope: Stack) => ec2.Vpc.fromVpcAttributes(scope, 'Other', { vpcId: 'vpc-2', availabilityZones: ['us-east-1a'], isolatedSubnetIds: ['subnet-other'] });
    const template = nested((scope) => ({ vpc: vpcIn(scope), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1')] }), (scope) => ({ vpc: other(scope) }));
    expect(functionOf(template, 'catalog/read-videos').properties.VpcConfig).toEqual({
      SubnetIds: ['subnet-other'], SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringMatching(/^VodCatalogFunctionsSecurityGroup/), 'GroupId'] }],
    });
    expect(functionOf(template, 'upload/manage-uploads').properties.VpcConfig.SecurityGroupIds).toEqual(['sg-1']);
    expect(ofType(template, 'AWS::EC2::SecurityGroup')).toHaveLength(1);
  });

  test('can select subnets of the VPC of the service', () => {
    const template = nested((scope) => ({ vpc: vpcIn(scope) }), (scope) => ({ vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(scope, 'One', 'subnet-one')] } }));
    expect(functionOf(template, 'catalog/read-videos').properties.VpcConfig.SubnetIds).toEqual(['subnet-one']);
  });
});

describe('an invalid option is rejected with its name', () => {
  test.each<[string, (scope: Stack) => VodFunctionOptions]>([
    ['memorySize: expected a whole number from 128 to 10240, got 64', () => ({ memorySize: 64 })],
    ['timeout: expected a Duration in whole seconds from 10 seconds to 29 seconds, got 30 seconds', () => ({ timeout: Duration.seconds(30) })],
    ['vpcSubnets: requires functions.vpc, got no VPC', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } })],
    ['vpcSubnets: expected private subnets', (scope) => ({ vpc: vpcIn(scope), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } })],
    ['vpcSubnets: expected subnets that the VPC contains: There are no \'Isolated\'', (scope) => ({ vpc: vpcIn(scope), vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } })],
    ['vpc: expected private subnets', (scope) => ({ vpc: ec2.Vpc.fromVpcAttributes(scope, 'Public', { vpcId: 'vpc-1', availabilityZones: ['a'], publicSubnetIds: ['s'] }) })],
    ['securityGroups[1]: expected a security group', (scope) => ({ vpc: vpcIn(scope), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1'), 'sg-2' as any] })],
    ['securityGroups[0]: expected a security group in the stack\'s region us-east-1, got a security group in the region eu-west-1', (scope) => ({
      vpc: vpcIn(scope), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(new Stack(scope.node.root as App, 'Other', { env: { region: 'eu-west-1' } }), 'Group', 'sg-1')],
    })],
    ['securityGroups: expected at most 5 items, got 6', (scope) => ({ vpc: vpcIn(scope), securityGroups: Array(6).fill(ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1')) })],
    ['securityGroups[0]: expected a security group of functions.vpc (Test/One), got a security group of another VPC (Test/Two)', (scope) => ({
      vpc: ownVpc(scope, 'One'), securityGroups: [new ec2.SecurityGroup(scope, 'Group', { vpc: ownVpc(scope, 'Two') })],
    })],
    ['securityGroups[0]: expected a security group of functions.vpc (vpc-1), got a security group of another VPC (vpc-2)', (scope) => ({
      vpc: vpcIn(scope), securityGroups: [new ec2.SecurityGroup(scope, 'Group', { vpc: importedVpc(scope, 'vpc-2') })],
    })],
    ['vpcSubnets.subnets[0]: expected a subnet of functions.vpc (Test/One), got a subnet of another VPC (Test/Two)', (scope) => ({
      vpc: ownVpc(scope, 'One'), vpcSubnets: { subnets: ownVpc(scope, 'Two').privateSubnets },
    })],
    ['vpcSubnets.subnets[0]: expected a subnet of functions.vpc (vpc-1), got a subnet of another VPC (vpc-2)', (scope) => ({
      vpc: vpcIn(scope), vpcSubnets: { subnets: importedVpc(scope, 'vpc-2').privateSubnets },
    })],
    ['layers: expected at most 5 items, got 6', (scope) => ({ layers: Array(6).fill(lambda.LayerVersion.fromLayerVersionArn(scope, 'Layer', LAYER)) })],
    ['layers[0]: expected a layer for nodejs24.x, got a layer for python3.13', (scope) => ({
      layers: [lambda.LayerVersion.fromLayerVersionAttributes(scope, 'Layer', { layerVersionArn: LAYER, compatibleRuntimes: [lambda.Runtime.PYTHON_3_13] })],
    })],
    ['environmentEncryption: expected a KMS key, got an alias that was imported by name', (scope) => ({ environmentEncryption: kms.Alias.fromAliasName(scope, 'Alias', 'alias/mine') })],
    ['environmentEncryption: expected a KMS key in the region us-east-1 of the resource, got a KMS key in the region eu-west-1', (scope) => ({
      environmentEncryption: kms.Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/1'),
    })],
  ])('functions.%s', (message, options) => {
    expect(() => service(options)).toThrow(`Test/Vod: functions.${message}`);
  });

  test('reports all problems at once, also for an area', () => {
    const wrong = { memorySize: 0, reservedConcurrentExecutions: 0 };
    expect(() => new VodCatalog(testStack(), 'Catalog', { url: SERVICE_URL, functions: wrong }))
      .toThrow(/^Test\/Catalog: functions\.memorySize: .*; functions\.reservedConcurrentExecutions: /);
  });
});

test('the warning of a key whose policy cannot be changed names the option', () => {
  const scope = new Stack(new App(), 'Test', { env: ENV });
  vodIn(scope, { functions: { environmentEncryption: kms.Key.fromKeyArn(scope, 'Key', `arn:aws:kms:${ENV.region}:${ENV.account}:key/1`) } });
  Annotations.fromStack(scope).hasWarning('*', Match.stringLikeRegexp('^functions.environmentEncryption: this stack can\'t change the policy of the KMS key'));
});
