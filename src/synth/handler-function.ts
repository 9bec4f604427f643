import { Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { Connection, FitFor, LateFor, permission, Uncovered } from './connection';
import { checkEnvironmentSize } from './environment-size';
import { ARCHITECTURE, environmentKey, functionOptions, RUNTIME, VodFunctionOptions } from './function-options';
import { handlerCode } from './handler-code';
import { warnOfIsolation } from './isolated-subnets';
import { grantKey, targetKey } from './kms-keys';
import { rejectLateKey } from './late-keys';
import type { TokenWriter } from '../contract/codec';
import { ENVIRONMENTS, HandlerName, Variable, VARIABLES } from '../contract/environment';
import { routesOf } from '../contract/routes';

export interface HandlerFunctionProps<H extends HandlerName, U extends readonly Connection<any>[]> {
  /** One sentence, for the Lambda console. */
  readonly description: string;
  readonly uses: U & FitFor<H, U>;
  readonly environment: Uncovered<H, U>;
  /** @default - the timeout of the function options */
  readonly timeout?: Duration;
  /** @default - the value of the function options if the handler serves API requests, otherwise no reservation */
  readonly reservedConcurrentExecutions?: number;
}

export type HandlerFunction<H extends HandlerName> = lambda.Function & { readonly _handler?: H };

/** The role has only the permissions that the connections and the function options require. */
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
  // CDK's default role would allow writes to every log group of the account.
  const role = new iam.Role(parent, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  grantOptions(role, options);
  const fn = new lambda.Function(parent, 'Function', {
    description: props.description,
    runtime: RUNTIME,
    architecture: ARCHITECTURE,
    code: handlerCode(handler),
    handler: 'index.handler',
    timeout: props.timeout ?? options.timeout,
    environment: render(scope, props.environment),
    environmentEncryption: targetKey(options.environmentEncryption),
    reservedConcurrentExecutions: props.reservedConcurrentExecutions ?? (servesRequests(handler) ? options.reservedConcurrentExecutions : undefined),
    memorySize, tracing, vpc, vpcSubnets, securityGroups, layers, role, logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  for (const connection of props.uses) add(fn, connection);
  checkEnvironmentSize(fn);
  rejectLateKey(fn, 'kmsKeyArn', 'The function can\'t decrypt its environment variables with this key. Pass the key as functions.environmentEncryption, or exclude the function from the aspect that sets the key', targetKey(options.environmentEncryption)?.keyArn);
  return fn;
}

/** Throws if a variable is missing, set twice or not read by the handler. The compiler finds these errors only if the list of connections is a literal. */
function checkCovered(handler: HandlerName, covered: readonly string[]): void {
  const listed: readonly string[] = ENVIRONMENTS[handler];
  const problems = [
    ...listed.filter((name) => !name.endsWith('?') && !covered.includes(name)).map((name) => `${name} is not set`),
    ...covered.filter((name, index) => covered.indexOf(name) !== index).map((name) => `${name} is set twice`),
    ...covered.filter((name) => !listed.includes(name) && !listed.includes(`${name}?`)).map((name) => `${name} is not read by the handler`),
  ];
  if (problems.length > 0) throw new Error(`environment of ${handler}: ${problems.join('; ')}`);
}

function servesRequests(handler: HandlerName): boolean {
  return routesOf(handler).length > 0 || handler === 'auth/authorize-token';
}

/** The permissions of a function in a VPC (see "Giving Lambda functions access to resources in an Amazon VPC" in the AWS Lambda Developer Guide). */
const NETWORK_INTERFACE_ACTIONS = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses']
  .map((action) => `ec2:${action}`);

/** CDK does not grant these permissions to a role that is passed in. */
function grantOptions(role: iam.Role, { vpc, tracing, environmentEncryption }: VodFunctionOptions): void {
  // AWS's managed policy would also allow writes to every log group of the account.
  if (vpc) permission(NETWORK_INTERFACE_ACTIONS, ['*']).grant!(role);
  if (vpc || (tracing && tracing !== lambda.Tracing.DISABLED)) acknowledgeWildcard(role, '*', 'the ids of network interfaces are not known at deploy time, and X-Ray has no resource-level permissions for traces');
  if (environmentEncryption) grantKey(role, environmentKey({ environmentEncryption }), role, ['kms:Decrypt']);
}

/** The connection can belong to a construct that is created after the function. */
export function connect<H extends HandlerName, V extends Variable>(fn: HandlerFunction<H>, connection: Connection<V> & LateFor<H, V>): void {
  add(fn, connection);
  // The creation of the function has already checked the services that the handler calls without a variable.
  warnOfIsolation(fn.node.scope!, undefined, Object.keys(connection.environment), functionOptions(fn));
}

function add(fn: lambda.Function, { environment, grant, after }: Connection<any>): void {
  for (const [name, value] of Object.entries(render(fn, environment))) fn.addEnvironment(name, value);
  grant?.(fn);
  if (after) fn.node.addDependency(after);
}

function render(scope: Construct, environment: object): Record<string, string> {
  const write: TokenWriter = { json: (value) => Stack.of(scope).toJsonString(value), number: (value) => Tokenization.stringifyNumber(value) };
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, VARIABLES[name as Variable].render(value as never, write)]));
}
