import { Aws, Bitrate, CfnParameter, Duration, Lazy, NestedStack, Size, Stack, Stage } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { outcome, PROPS } from './props';
import { Access, Identity, VodApi, VodCatalog } from '../../src';
import { makeTable } from '../templates/customer-keys-stack';
import { catalogIn, ENV as env, SERVICE_URL as url, testStack } from '../toolkit/stacks';

const ACCOUNT = env.account;
const arn = (service: string, resource: string, { partition = 'aws', region = 'us-east-1' } = {}) => `arn:${partition}:${service}:${region}:${ACCOUNT}:${resource}`;
const elsewhere = { region: 'eu-west-1' };

const other = (stack: Stack, place: object = env) => new Stack(stack.node.root as Construct, 'Other', { env: { ...env, ...place } });

const bucket = (scope: Construct) => new s3.Bucket(scope, 'Own');
const vpc = (scope: Construct, region = env.region) => ec2.Vpc.fromVpcAttributes(scope, 'Network', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['s'], region });
const group = (scope: Construct) => ec2.SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-1');
const pool = (scope: Construct) => new cognito.UserPool(scope, 'Pool');
const client = (scope: Construct) => cognito.UserPoolClient.fromUserPoolClientId(scope, 'Web', 'web');
const whoCalls = (scope: Construct) => new lambda.Function(scope, 'WhoCalls', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('//') });
const layers = (scope: Construct, ...arns: string[]) => arns.map((each, index) => lambda.LayerVersion.fromLayerVersionArn(scope, `Layer${index}`, each));
const ownLayer = (scope: Construct, compatibleArchitectures?: lambda.Architecture[]) => new lambda.LayerVersion(scope, 'Layer', { code: lambda.Code.fromAsset(__dirname), compatibleArchitectures });
const boundary = (scope: Construct) => new iam.ManagedPolicy(scope, 'Policy', {
  managedPolicyName: 'Boundary', statements: [new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] })],
});
const site = new origins.HttpOrigin('app.example.com');

type Case = [what: string, value: (stack: Stack) => unknown, outcome: 'rendered' | 'rejected'];

const BUCKETS: Case[] = [
  ['a table', makeTable, 'rejected'],
  ['an L1 resource', (stack) => new s3.CfnBucket(stack, 'Resource'), 'rejected'],
  ['the name of a bucket', () => 'media', 'rejected'],
  ['in another stack', (stack) => bucket(other(stack)), 'rendered'],
  ['in a nested stack', (stack) => bucket(new NestedStack(stack, 'Nested')), 'rendered'],
  ['in another region', (stack) => bucket(other(stack, elsewhere)), 'rejected'],
  ['of another account', (stack) => bucket(other(stack, { account: '999999999999' })), 'rejected'],
  ['in China', (stack) => s3.Bucket.fromBucketArn(stack, 'Own', 'arn:aws-cn:s3:::media'), 'rejected'],
];

const lazy = (value: string) => Lazy.string({ produce: () => value });
const lazyList = (...values: string[]) => Lazy.list({ produce: () => values });
const ORIGINS: Case[] = [
  ['a lazy list with a wildcard', () => lazyList('https://app.example.com', '*'), 'rejected'],
  ['a lazy origin without TLS', () => [lazy('http://evil.example.com')], 'rejected'],
  ['a lazy list of origins', () => lazyList('https://app.example.com', `https://${Aws.STACK_NAME}.example.com`), 'rendered'],
];

const CASES: Record<string, Case[]> = {
  'VodApiProps.appOrigins': ORIGINS,
  'VodAuthProps.appOrigins': ORIGINS,
  'VodUploadProps.appOrigins': ORIGINS,
  'VodDeliveryProps.domainNames': [
    ['a lazy URL', () => [lazy('https://videos.example.com/')], 'rejected'],
    ['a lazy name twice', () => [lazy('videos.example.com'), lazy('videos.example.com')], 'rejected'],
    ['a lazy name and one of a parameter', () => [lazy('videos.example.com'), Aws.STACK_NAME], 'rendered'],
  ],
  'OidcIdentityOptions.issuer': [
    ['a lazy empty string', () => lazy(''), 'rejected'],
    ['a lazy URL without TLS', () => lazy('http://id.example.com'), 'rejected'],
    ['a lazy URL', () => lazy('https://id.example.com/'), 'rendered'],
  ],
  'OidcIdentityOptions.audiences': [
    ['an empty lazy list', () => lazyList(), 'rejected'],
    ['a lazy blank', () => [lazy(' ')], 'rejected'],
    ['a lazy list', () => lazyList('web', Aws.STACK_NAME), 'rendered'],
  ],
  'VodUploadOptions.bucket': BUCKETS,
  'VodDeliveryOptions.bucket': BUCKETS,
  'VodTranscodeProps.sourceBucket': BUCKETS,
  'VodTranscodeProps.mediaBucket': BUCKETS,
  'VodCatalogOptions.table': [
    ['a bucket', bucket, 'rejected'],
    ['an L1 resource', (stack) => new dynamodb.CfnTable(stack, 'Resource', { keySchema: [] }), 'rejected'],
    ['in another stack', (stack) => makeTable(other(stack)), 'rendered'],
    ['in another region', (stack) => makeTable(other(stack, elsewhere)), 'rejected'],
    ['in China', (stack) => dynamodb.Table.fromTableArn(stack, 'Own', arn('dynamodb', 'table/videos', { partition: 'aws-cn', region: 'cn-north-1' })), 'rejected'],
  ],
  'VodCatalogAttributes.table': [
    ['a catalog', (stack) => catalogIn(stack), 'rejected'],
    ['in another region', (stack) => dynamodb.Table.fromTableArn(stack, 'Own', arn('dynamodb', 'table/videos', elsewhere)), 'rejected'],
  ],
  'VodUploadProps.catalog': [
    ['a table', makeTable, 'rejected'],
    ['in another stack', (stack) => catalogIn(other(stack)), 'rendered'],
    ['in another region', (stack) => catalogIn(other(stack, elsewhere)), 'rejected'],
    ['imported in another stack', (stack) => {
      const scope = other(stack);
      return VodCatalog.fromTable(scope, 'Imported', { table: dynamodb.Table.fromTableName(scope, 'Table', 'videos'), url, roles: {} });
    }, 'rendered'],
  ],
  'VodDeliveryProps.api': [
    ['a REST API of CDK', (stack) => new apigateway.RestApi(stack, 'Rest'), 'rejected'],
    ['in another stack', (stack) => new VodApi(other(stack), 'Api'), 'rendered'],
  ],
  'ServerlessVodProps.certificate': [
    ['a key', (stack) => new kms.Key(stack, 'Key'), 'rejected'],
    ['in China', (stack) => acm.Certificate.fromCertificateArn(stack, 'Own', arn('acm', 'certificate/1', { partition: 'aws-cn', region: 'cn-north-1' })), 'rejected'],
    ['in another region', (stack) => acm.Certificate.fromCertificateArn(stack, 'Own', arn('acm', 'certificate/1', elsewhere)), 'rejected'],
    ['of another account', (stack) => acm.Certificate.fromCertificateArn(stack, 'Own', arn('acm', 'certificate/1').replace(ACCOUNT, '999999999999')), 'rejected'],
    ['in a stack of another account', (stack) => new acm.Certificate(other(stack, { account: '999999999999' }), 'Own', { domainName: 'videos.example.com' }), 'rejected'],
    ['for another domain name', (stack) => new acm.Certificate(stack, 'Own', { domainName: 'example.com' }), 'rejected'],
    ['in another stack', (stack) => new acm.Certificate(other(stack), 'Own', { domainName: '*.example.com' }), 'rendered'],
  ],
  'ServerlessVodProps.defaultBehavior': [
    ['an origin', () => site, 'rejected'],
    ['a bucket as origin', (stack) => ({ origin: bucket(stack) }), 'rejected'],
    ['an origin in another stack', (stack) => ({ origin: origins.S3BucketOrigin.withBucketDefaults(bucket(other(stack))) }), 'rendered'],
  ],
  'ServerlessVodProps.additionalBehaviors': [
    ['an origin', () => ({ '/live/*': site }), 'rejected'],
    ['the pattern of the default', () => ({ '*': { origin: site } }), 'rejected'],
  ],
  'ServerlessVodProps.identity': [
    ['a user pool', pool, 'rejected'],
    ['an authorizer', (stack) => new apigateway.TokenAuthorizer(stack, 'Own', { handler: whoCalls(stack) }), 'rejected'],
    ['an authorizer\'s function in another stack', (stack) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(stack, 'Own', { handler: whoCalls(other(stack)) })), 'rejected'],
    ['a pool in another stack', (stack) => {
      const people = pool(other(stack));
      return Identity.fromUserPool(people, people.addClient('Web'));
    }, 'rendered'],
    ['a pool imported by the id of another region', (stack) => Identity.fromUserPool(cognito.UserPool.fromUserPoolId(stack, 'Own', 'eu-west-1_x'), client(stack)), 'rejected'],
    ['a pool whose region is not known', (stack) => Identity.fromUserPool(cognito.UserPool.fromUserPoolId(stack, 'Own', 'people'), client(stack)), 'rejected'],
    ['in China', (stack) => Identity.fromUserPool(cognito.UserPool.fromUserPoolArn(stack, 'Own', arn('cognito-idp', 'userpool/cn-north-1_x', { partition: 'aws-cn', region: 'cn-north-1' })), client(stack)), 'rejected'],
    ['a client for a pool', (stack) => Identity.fromUserPool(pool(stack).addClient('Web') as any), 'rejected'],
  ],
  'VodRoles.admins': [
    ['a group of Cognito', (stack) => new cognito.CfnUserPoolGroup(stack, 'Group', { userPoolId: 'p' }), 'rejected'],
    ['everyone', () => Access.signedIn(), 'rejected'],
    ['nobody', () => Access.nobody(), 'rendered'],
  ],
  'VodFunctionOptions.vpc': [
    ['a subnet', (stack) => ec2.Subnet.fromSubnetId(stack, 'Subnet', 's'), 'rejected'],
    ['in another region', (stack) => vpc(stack, 'eu-west-1'), 'rejected'],
    ['in another stack', (stack) => new ec2.Vpc(other(stack), 'Network', { availabilityZones: ['us-east-1a'] }), 'rendered'],
  ],
  'VodFunctionOptions.securityGroups': [
    ['without functions.vpc', (stack) => [group(stack)], 'rejected'],
    ['a VPC', (stack) => [vpc(stack)], 'rejected'],
  ],
  'VodFunctionOptions.layers': [
    ['a function', (stack) => [whoCalls(stack)], 'rejected'],
    ['in another region', (stack) => layers(stack, arn('lambda', 'layer:observe:1', elsewhere)), 'rejected'],
    ['of another account', (stack) => layers(stack, 'arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:20'), 'rendered'],
    ['in another stack', (stack) => [ownLayer(other(stack))], 'rendered'],
    ['for x86_64', (stack) => [ownLayer(stack, [lambda.Architecture.X86_64])], 'rejected'],
    ['for both architectures', (stack) => [ownLayer(stack, [lambda.Architecture.X86_64, lambda.Architecture.ARM_64])], 'rendered'],
    ['no ARN', (stack) => layers(stack, ''), 'rejected'],
    ['the ARN of a layer without its version', (stack) => layers(stack, arn('lambda', 'layer:observe')), 'rejected'],
    ['the ARN of a function', (stack) => layers(stack, arn('lambda', 'function:observe:1')), 'rejected'],
    ['an ARN that is known at deploy time only', (stack) => layers(stack, new CfnParameter(stack, 'Arn').valueAsString), 'rendered'],
    ['the same layer twice', (stack) => layers(stack, arn('lambda', 'layer:observe:1'), arn('lambda', 'layer:observe:1')), 'rejected'],
    ['two versions of one layer', (stack) => layers(stack, arn('lambda', 'layer:observe:1'), arn('lambda', 'layer:observe:2')), 'rejected'],
    ['two layers', (stack) => layers(stack, arn('lambda', 'layer:observe:1'), arn('lambda', 'layer:trace:1')), 'rendered'],
  ],
  'VodFunctionOptions.permissionsBoundary': [
    ['a role', (stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }), 'rejected'],
    ['in China', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', 'arn:aws-cn:iam::aws:policy/PowerUserAccess'), 'rejected'],
    ['of another account', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', 'arn:aws:iam::999999999999:policy/Boundary'), 'rejected'],
    ['of this account', (stack) => iam.ManagedPolicy.fromManagedPolicyName(stack, 'Policy', 'Boundary'), 'rendered'],
    ['managed by AWS', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', 'arn:aws:iam::aws:policy/PowerUserAccess'), 'rendered'],
    ['in another stack', (stack) => boundary(other(stack)), 'rendered'],
    ['in a stack of another account', (stack) => boundary(other(stack, { account: '999999999999' })), 'rejected'],
    ['no ARN', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', 'x'), 'rejected'],
    ['no name', (stack) => iam.ManagedPolicy.fromManagedPolicyName(stack, 'Policy', ''), 'rejected'],
    ['the ARN of a role', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', `arn:aws:iam::${ACCOUNT}:role/Boundary`), 'rejected'],
    ['an ARN that is known at deploy time only', (stack) => iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Policy', new CfnParameter(stack, 'Arn').valueAsString), 'rendered'],
  ],
  'VodFunctionOptions.environmentEncryption': [
    ['an alias by name', (stack) => kms.Alias.fromAliasName(stack, 'Alias', 'alias/mine'), 'rejected'],
    ['in another region', (stack) => new kms.Key(other(stack, elsewhere), 'Key'), 'rejected'],
    ['in China', (stack) => kms.Key.fromKeyArn(stack, 'Key', arn('kms', 'key/1', { partition: 'aws-cn', region: 'cn-north-1' })), 'rejected'],
    ['of another account', (stack) => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:999999999999:key/1'), 'rendered'],
    ['in another stack', (stack) => new kms.Key(other(stack), 'Key'), 'rendered'],
  ],
  'VodFunctionOptions.timeout': [
    ['a fraction', () => Duration.millis(10_500), 'rejected'],
    ['a size', () => Size.bytes(20), 'rejected'],
  ],
  'TranscodeRung.maxBitrate': [
    ['a fraction of bits', () => Bitrate.mbps(1.0000005), 'rejected'],
    ['none', () => Bitrate.bps(0), 'rejected'],
    ['too much', () => Bitrate.gbps(1), 'rejected'],
    ['kilobits', () => Bitrate.kbps(2000), 'rendered'],
  ],
  'UploadFileOptions.maxSize': [
    ['a fraction of bytes', () => Size.kibibytes(0.0005), 'rejected'],
    ['a duration', () => Duration.seconds(7), 'rejected'],
    ['half a kibibyte', () => Size.kibibytes(0.5), 'rendered'],
  ],
};

describe.each(Object.entries(CASES))('%s', (label, cases) => {
  const prop = PROPS.find(({ struct, name }) => `${struct}.${name}` === label)!;

  test.each(cases)('%s', (_, value, expected) => expect(outcome(prop, value, undefined, testStack({ env }))).toBe(expected));
});

test('CDK rejects a bucket of another stage of the app', () => {
  const prop = PROPS.find(({ struct, name }) => struct === 'VodUploadOptions' && name === 'bucket')!;
  expect(outcome(prop, (stack) => bucket(new Stack(new Stage(stack.node.root, 'Stage'), 'Other', { env })), undefined, testStack({ env }))).toContain('Stage');
});
