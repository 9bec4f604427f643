import { Duration, IResource, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { keyProblems, ResourceKey } from './kms-keys';
import { overlay } from './overlay';
import { accountProblem, arnProblem, partitionProblem, regionProblem } from './place';
import { durationProblem, enumProblem, isAbsent, keyProblem, listProblems, numberProblem, objectProblem, repetitionProblem } from './prop-checks';
import { vpcMemberProblems } from './vpc-members';

/**
 * Options for the Lambda functions of the service or of one area.
 *
 * The options have the names and types of CDK's `lambda.FunctionOptions`. Options of an area override options of `ServerlessVod`. To change other settings, use
 * the functions themselves, such as `vod.upload.manageUploadsFunction`.
 */
export interface VodFunctionOptions {
  /**
   * The memory of each function in MiB, from 128 to 10240.
   *
   * Lambda allocates CPU in proportion to memory: with less than 512 MiB, cold starts take noticeably longer.
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * The timeout of the functions, from 10 to 29 seconds. API Gateway waits at most 29 seconds for a function.
   *
   * Some functions have a fixed timeout:
   * - sign-in: 20 seconds
   * - uploads: 29 seconds
   * - ingest: 30 seconds
   * - submission of jobs: 1 minute
   * - custom resources: 2 minutes
   * - resending of events: 5 minutes
   * - sweeper: 10 minutes
   *
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;

  /**
   * The retention of the log groups. Each function has a separate log group, which is deleted with the stack.
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * AWS X-Ray tracing. With tracing, the roles of the functions are allowed to send traces.
   * @default lambda.Tracing.DISABLED
   */
  readonly tracing?: lambda.Tracing;

  /**
   * The VPC in which the functions run.
   *
   * A VPC with a NAT gateway needs no further setup. A VPC without a NAT gateway requires these endpoints:
   * - gateway endpoints: DynamoDB and S3, which custom resources also use to send their responses to CloudFormation
   * - interface endpoints: Secrets Manager, Cognito (`cognito-idp`), MediaConvert, SQS and EventBridge (`events`)
   *
   * The sign-in function and the authorizer of `Identity.oidc` call hosts on the internet, so these two functions always require a NAT gateway. A warning at
   * synth lists the services and hosts that a function in isolated subnets cannot reach.
   * @default - no VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the VPC in which the functions run. Public subnets are rejected, because functions there can reach neither AWS services nor the internet.
   * @default - the private subnets, as CDK selects them
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the functions in the VPC, at most five.
   * @default - one security group for all functions, which allows all outbound and no inbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The permissions boundary of every role that the service creates, including the role of MediaConvert jobs.
   *
   * The boundary does not apply to roles that CDK adds to the stack. For example, CDK adds a role for the function that empties buckets with
   * `RemovalPolicy.DESTROY`. To set the boundary of such a role, use `iam.PermissionsBoundary.of(stack)`.
   * @default - none
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * Lambda layers for every function, at most five. The layers must be compatible with Node.js 24 and arm64.
   * @default - none
   */
  readonly layers?: lambda.ILayerVersion[];

  /**
   * The KMS key that encrypts the environment variables. The roles of the functions are allowed to decrypt with this key.
   * @default - a key that Lambda manages
   */
  readonly environmentEncryption?: kms.IKey;

  /**
   * The reserved concurrency of each function that serves API requests.
   *
   * A function cannot exceed its reservation, so API requests cannot use up the concurrency of the account. The other functions get no reservation, because a
   * reservation can throttle a function. For example, if the function that submits jobs is throttled, messages about uploads move to the dead-letter queue.
   *
   * Lambda keeps 100 executions of the account unreserved. In an account with a concurrency quota of 100 or less, a reservation fails at deploy time.
   * @default - no reservation
   */
  readonly reservedConcurrentExecutions?: number;
}

/** The runtime and architecture that the handlers are built and tested for. */
export const RUNTIME = lambda.Runtime.NODEJS_24_X;
export const ARCHITECTURE = lambda.Architecture.ARM_64;

const DEFAULTS = { memorySize: 512, timeout: Duration.seconds(10), logRetention: logs.RetentionDays.ONE_MONTH } satisfies VodFunctionOptions;

const CONTEXT = 'serverless-vod:functions';

interface Setting {
  readonly options: VodFunctionOptions;
  /** The construct whose options set the VPC. This construct is also the parent of the shared security group. */
  readonly vpcOwner?: Construct;
}

function settingOf(scope: Construct): Setting {
  return scope.node.tryGetContext(CONTEXT) ?? { options: {} };
}

/** The given options override the options of outer scopes. Call this function before the scope has children. */
export function useFunctionOptions(scope: Construct, given: VodFunctionOptions | undefined): void {
  if (isAbsent(given)) return;
  const above = settingOf(scope);
  const hasVpc = !isAbsent(given.vpc);
  // Inherited subnets and security groups belong to the inherited VPC, so a new VPC can't use them.
  const inherited = hasVpc ? { ...above.options, vpcSubnets: undefined, securityGroups: undefined } : above.options;
  const setting: Setting = { options: overlay(inherited, given), vpcOwner: hasVpc ? scope : above.vpcOwner };
  scope.node.setContext(CONTEXT, setting);
  if (!isAbsent(given.permissionsBoundary)) iam.PermissionsBoundary.of(scope).apply(given.permissionsBoundary);
}

export function functionOptions(scope: Construct): VodFunctionOptions & typeof DEFAULTS {
  const { options, vpcOwner } = settingOf(scope);
  const securityGroups = options.securityGroups ?? (vpcOwner && [sharedSecurityGroup(vpcOwner, options.vpc!)]);
  return { ...overlay(DEFAULTS, options), securityGroups };
}

/** Lambda creates network interfaces for each combination of subnet and security groups, so a security group for each function would slow down deployments. */
function sharedSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const id = 'FunctionsSecurityGroup';
  return scope.node.tryFindChild(id) as ec2.SecurityGroup | undefined
    ?? new ec2.SecurityGroup(scope, id, { vpc, description: 'Functions of the video service' });
}

export function environmentKey({ environmentEncryption }: VodFunctionOptions): ResourceKey {
  return { prop: 'functions.environmentEncryption', key: environmentEncryption, service: 'lambda' };
}

/** Quotas of Lambda. */
const MAX_LAYERS = 5;
const MAX_SECURITY_GROUPS = 5;

export const FUNCTION_OPTIONS: Record<keyof VodFunctionOptions, true> = {
  memorySize: true, timeout: true, logRetention: true, tracing: true, vpc: true, vpcSubnets: true, securityGroups: true, permissionsBoundary: true,
  layers: true, environmentEncryption: true, reservedConcurrentExecutions: true,
};

export function functionProblems(scope: Construct, given: VodFunctionOptions | undefined): (string | undefined)[] {
  const noObject = objectProblem('functions', given, 'an object of options');
  if (noObject || isAbsent(given)) return [noObject];
  const { environmentEncryption } = given;
  const noKey = objectProblem('functions.environmentEncryption', environmentEncryption, 'a KMS key, such as a kms.Key', { members: ['keyArn'] });
  return [
    keyProblem('functions', given, FUNCTION_OPTIONS),
    numberProblem('functions.memorySize', given.memorySize, { min: 128, max: 10240 }),
    durationProblem('functions.timeout', given.timeout, Duration.seconds(10), Duration.seconds(29)),
    enumProblem('functions.logRetention', given.logRetention, { RetentionDays: logs.RetentionDays }),
    enumProblem('functions.tracing', given.tracing, { Tracing: lambda.Tracing }),
    ...networkProblems(scope, given, settingOf(scope).options.vpc),
    boundaryProblem(scope, given.permissionsBoundary),
    ...layersProblems(scope, given.layers),
    noKey,
    ...noKey ? [] : keyProblems(environmentKey(given), Stack.of(scope).region),
    numberProblem('functions.reservedConcurrentExecutions', given.reservedConcurrentExecutions, { min: 1 }),
  ];
}

function tooManyProblem(name: string, list: unknown, max: number): string | undefined {
  return Array.isArray(list) && list.length > max ? `${name}: expected at most ${max} items, got ${list.length}` : undefined;
}

function boundaryProblem(scope: Construct, policy: iam.IManagedPolicy | undefined): string | undefined {
  const name = 'functions.permissionsBoundary';
  const wrong = objectProblem(name, policy, 'a managed policy, such as an iam.ManagedPolicy', { members: ['managedPolicyArn'] });
  if (wrong || isAbsent(policy)) return wrong;
  const what = 'managed policy';
  const { managedPolicyArn: arn } = policy;
  // If the policy is in another stack of the app, the whole ARN is one CDK token, which contains no account.
  const account = Token.isUnresolved(arn) && !arn.includes(':') ? (policy as Partial<IResource>).env?.account : undefined;
  return arnProblem(name, what, arn, BOUNDARY, 'arn:aws:iam::123456789012:policy/NAME')
    ?? partitionProblem(scope, name, what, arn) ?? accountProblem(scope, name, what, account ? `arn:aws:iam::${account}:policy/` : arn);
}

const BOUNDARY = /^arn:[^:]+:iam::[^:]+:policy\/[^:]+$/;
const LAYER = /^arn:[^:]+:lambda:[^:]+:[^:]+:layer:[^:]+:[^:]+$/;

function layersProblems(scope: Construct, layers: lambda.ILayerVersion[] | undefined): (string | undefined)[] {
  const name = 'functions.layers';
  const problems = [
    ...listProblems(name, layers, (item, layer) => layerProblem(scope, item, layer), { tokens: false }), tooManyProblem(name, layers, MAX_LAYERS),
  ].filter((problem) => problem !== undefined);
  // Lambda rejects a function that has two versions of one layer.
  const withoutVersion = (arn: string) => (LAYER.test(arn) ? arn.replace(/:[^:]+$/, '') : arn);
  return problems.length > 0 ? problems : [repetitionProblem(name, layers?.map(({ layerVersionArn }) => withoutVersion(layerVersionArn)), 'layer')];
}

function layerProblem(scope: Construct, name: string, layer: unknown): string | undefined {
  const wrong = objectProblem(name, layer, 'a layer, such as a lambda.LayerVersion', { members: ['layerVersionArn'], required: true });
  if (wrong) return wrong;
  const { compatibleRuntimes, layerVersionArn, node } = layer as lambda.ILayerVersion;
  const runtimes = compatibleRuntimes?.map((runtime) => runtime.name) ?? [RUNTIME.name];
  // Only the L1 resource contains the compatible architectures.
  const architectures = (node?.defaultChild as lambda.CfnLayerVersion | undefined)?.compatibleArchitectures ?? [ARCHITECTURE.name];
  return arnProblem(name, 'version of a layer', layerVersionArn, LAYER, 'arn:aws:lambda:us-east-1:123456789012:layer:NAME:1')
    ?? regionProblem(scope, name, 'layer', layerVersionArn.split(':')[3])
    ?? (runtimes.includes(RUNTIME.name) ? undefined : `${name}: expected a layer for ${RUNTIME.name}, got a layer for ${runtimes.join(', ')}`)
    ?? (architectures.includes(ARCHITECTURE.name) ? undefined : `${name}: expected a layer for ${ARCHITECTURE.name}, got a layer for ${architectures.join(', ')}`);
}

function networkProblems(scope: Construct, { vpc, vpcSubnets, securityGroups }: VodFunctionOptions, inherited: ec2.IVpc | undefined): (string | undefined)[] {
  const problems = [
    objectProblem('functions.vpc', vpc, 'a VPC, such as an ec2.Vpc', { members: ['selectSubnets'] }),
    objectProblem('functions.vpcSubnets', vpcSubnets, 'a selection of subnets, such as { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }'),
    ...listProblems('functions.securityGroups', securityGroups, (name, group) => securityGroupProblem(scope, name, group), { tokens: false }),
    tooManyProblem('functions.securityGroups', securityGroups, MAX_SECURITY_GROUPS),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) return problems;
  const network = vpc ?? inherited;
  if (network) {
    return [
      regionProblem(scope, 'functions.vpc', 'VPC', network.env.region), subnetsProblem(network, vpcSubnets),
      ...vpcMemberProblems(network, { securityGroups, vpcSubnets }),
    ];
  }
  return Object.entries({ vpcSubnets, securityGroups })
    .map(([name, value]) => (isAbsent(value) ? undefined : `functions.${name}: requires functions.vpc, got no VPC`));
}

function securityGroupProblem(scope: Construct, name: string, group: unknown): string | undefined {
  return objectProblem(name, group, 'a security group, such as an ec2.SecurityGroup', { members: ['securityGroupId'], required: true })
    ?? regionProblem(scope, name, 'security group', (group as ec2.ISecurityGroup).env.region);
}

function subnetsProblem(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): string | undefined {
  const name = isAbsent(selection) ? 'functions.vpc' : 'functions.vpcSubnets';
  try {
    return vpc.selectSubnets(selection ?? undefined).hasPublic
      ? `${name}: expected private subnets, got public subnets. Functions in public subnets cannot reach AWS services or the internet` : undefined;
  } catch (error) {
    return `${name}: expected subnets that the VPC contains: ${(error as Error).message}`;
  }
}
