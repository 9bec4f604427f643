import * as path from 'path';
import { Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { Connection, FitFor, LateFor, permission, Uncovered } from './connection';
import { checkEnvironmentSize } from './environment-size';
import { ARCHITECTURE, environmentKey, functionOptions, RUNTIME, VodFunctionOptions } from './function-options';
import { warnOfIsolation } from './isolated-subnets';
import { grantKey, targetKey } from './kms-keys';
import { refuseLateKey } from './late-keys';
import type { TokenWriter } from '../contract/codec';
import { ENVIRONMENTS, HandlerName, Variable, VARIABLES } from '../contract/environment';
import { routesOf } from '../contract/routes';

/** What differs from handler to handler. */
export interface HandlerFunctionProps<H extends HandlerName, U extends readonly Connection<any>[]> {
  /** One sentence, shown in the console. */
  readonly description: string;
  /** What the handler works with. */
  readonly uses: U & FitFor<H, U>;
  /** The handler's variables that no connection covers: all of them, and nothing else. */
  readonly environment: Uncovered<H, U>;
  /**
   * For a handler whose time depends on something else.
   * @default - that of the function options
   */
  readonly timeout?: Duration;
  /** @default - that of the function options, for handlers that callers reach */
  readonly reservedConcurrentExecutions?: number;
}

/** A function that knows by its type which handler it runs. */
export type HandlerFunction<H extends HandlerName> = lambda.Function & { readonly _handler?: H };

/**
 * The function of a handler, in a construct with its log group, which only it writes to, and its role, which may do what the connections and the
 * function options need, and nothing else.
 */
export function handlerFunction<H extends HandlerName, const U extends readonly Connection<any>[]>(
  scope: Construct, id: string, handler: H, props: HandlerFunctionProps<H, U>,
): HandlerFunction<H> {
  const variables: string[] = [props.environment, ...props.uses.map(({ environment }) => environment)].flatMap(Object.keys);
  checkCovered(handler, variables);
  const options = functionOptions(scope);
  const { memorySize, tracing, vpc, vpcSubnets, securityGroups, layers } = options;
  const parent = new Construct(scope, id);
  warnOfIsolation(parent, handler, variables, options);
  const logGroup = new logs.LogGroup(parent, 'Logs', { retention: options.logRetention, removalPolicy: RemovalPolicy.DESTROY });
  // CDK's own role would carry a managed policy that lets it write to every log group of the account.
  const role = new iam.Role(parent, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  grantOptions(role, options);
  const fn = new lambda.Function(parent, 'Function', {
    description: props.description,
    runtime: RUNTIME,
    architecture: ARCHITECTURE,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', ...handler.split('/'))),
    handler: 'index.handler',
    timeout: props.timeout ?? options.timeout,
    environment: render(scope, props.environment),
    environmentEncryption: targetKey(options.environmentEncryption),
    reservedConcurrentExecutions: props.reservedConcurrentExecutions ?? (isReached(handler) ? options.reservedConcurrentExecutions : undefined),
    memorySize, tracing, vpc, vpcSubnets, securityGroups, layers, role, logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  for (const connection of props.uses) add(fn, connection);
  checkEnvironmentSize(fn);
  refuseLateKey(fn, 'kmsKeyArn', 'the function could not decrypt its environment; give the key by functions.environmentEncryption, which grants it, or leave the function out of the aspect', targetKey(options.environmentEncryption)?.keyArn);
  return fn;
}

/** Fails unless each variable is covered once. The compiler knows this of a list that is written out, not of one with conditions or wider types in it. */
function checkCovered(handler: HandlerName, covered: readonly string[]): void {
  const listed: readonly string[] = ENVIRONMENTS[handler];
  const problems = [
    ...listed.filter((name) => !name.endsWith('?') && !covered.includes(name)).map((name) => `${name} is not covered`),
    ...covered.filter((name, index) => covered.indexOf(name) !== index).map((name) => `${name} is covered twice`),
    ...covered.filter((name) => !listed.includes(name) && !listed.includes(`${name}?`)).map((name) => `${name} is not one of the handler's`),
  ];
  if (problems.length > 0) throw new Error(`environment of ${handler}: ${problems.join('; ')}`);
}

/** Whether callers of the API decide how often a handler runs. */
function isReached(handler: HandlerName): boolean {
  return routesOf(handler).length > 0 || handler === 'auth/authorize-token';
}

/** What Lambda does in the role's name for a function in a VPC (AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC"). */
const NETWORK_INTERFACE_ACTIONS = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses']
  .map((action) => `ec2:${action}`);

/** CDK grants a role that it is given only what tracing needs. */
function grantOptions(role: iam.Role, { vpc, tracing, environmentEncryption }: VodFunctionOptions): void {
  // Not AWS's managed policy, which lets the role write to every log group of the account.
  if (vpc) permission(NETWORK_INTERFACE_ACTIONS, ['*']).grant!(role);
  if (vpc || (tracing && tracing !== lambda.Tracing.DISABLED)) acknowledgeWildcard(role, '*', 'network interfaces that Lambda makes have no names before, and X-Ray has no resources');
  if (environmentEncryption) grantKey(role, environmentKey({ environmentEncryption }), role, ['kms:Decrypt']);
}

/** Gives a handler's function a connection that the handler works without: one that a construct made later owns. */
export function connect<H extends HandlerName, V extends Variable>(fn: HandlerFunction<H>, connection: Connection<V> & LateFor<H, V>): void {
  add(fn, connection);
}

function add(fn: lambda.Function, { environment, grant, after }: Connection<any>): void {
  for (const [name, value] of Object.entries(render(fn, environment))) fn.addEnvironment(name, value);
  grant?.(fn);
  if (after) fn.node.addDependency(after);
}

/** As text, which may hold tokens. */
function render(scope: Construct, environment: object): Record<string, string> {
  const write: TokenWriter = { json: (value) => Stack.of(scope).toJsonString(value), number: (value) => Tokenization.stringifyNumber(value) };
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, VARIABLES[name as Variable].render(value as never, write)]));
}
