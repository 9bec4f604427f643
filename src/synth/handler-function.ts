import * as path from 'path';
import { Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Connection, FitFor, LateFor, Uncovered } from './connection';
import type { TokenWriter } from '../contract/codec';
import { HandlerName, Variable, VARIABLES } from '../contract/environment';

/** What differs from handler to handler. */
export interface HandlerFunctionProps<H extends HandlerName, U extends readonly Connection<any>[]> {
  /** One sentence, shown in the console. */
  readonly description: string;
  /** What the handler works with. */
  readonly uses: U & FitFor<H, U>;
  /** The handler's variables that no connection covers: all of them, and nothing else. */
  readonly environment: Uncovered<H, U>;
  /** @default - 10 seconds */
  readonly timeout?: Duration;
  /** @default - none: as much of the account's as is free */
  readonly reservedConcurrency?: number;
}

/** A function that knows by its type which handler it runs. */
export type HandlerFunction<H extends HandlerName> = lambda.Function & { readonly _handler?: H };

/**
 * The function of a handler, in a construct with its log group, which only it writes to, and its role, which may do what the connections
 * grant, and nothing else.
 */
export function handlerFunction<H extends HandlerName, const U extends readonly Connection<any>[]>(
  scope: Construct, id: string, handler: H, props: HandlerFunctionProps<H, U>,
): HandlerFunction<H> {
  const parent = new Construct(scope, id);
  const logGroup = new logs.LogGroup(parent, 'Logs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
  // CDK's own role would carry a managed policy that lets it write to every log group of the account.
  const role = new iam.Role(parent, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const fn = new lambda.Function(parent, 'Function', {
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', ...handler.split('/'))),
    handler: 'index.handler',
    // Memory buys CPU: at 512 MB the bundles load in a few hundred milliseconds at most.
    memorySize: 512,
    timeout: props.timeout ?? Duration.seconds(10),
    environment: render(scope, props.environment),
    reservedConcurrentExecutions: props.reservedConcurrency,
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  for (const connection of props.uses) add(fn, connection);
  return fn;
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
