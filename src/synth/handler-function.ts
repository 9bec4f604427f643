import * as path from 'path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment, HandlerName } from '../contract/environment';

/** What differs from handler to handler. */
export interface HandlerFunctionProps<H extends HandlerName> {
  /** One sentence, shown in the console. */
  readonly description: string;
  readonly environment: Environment<H>;
  /** @default - 10 seconds */
  readonly timeout?: Duration;
  /** @default - none: as much of the account's as is free */
  readonly reservedConcurrency?: number;
}

/**
 * The function of a handler: Node.js 24 on arm64, JSON logs kept for a month in a log group that only it writes to, and a role that
 * may do nothing else until a grant says so.
 */
export function handlerFunction<H extends HandlerName>(scope: Construct, id: string, handler: H, props: HandlerFunctionProps<H>): lambda.Function {
  const logGroup = new logs.LogGroup(scope, `${id}Logs`, { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
  // CDK's own role would carry a managed policy that lets it write to every log group of the account.
  const role = new iam.Role(scope, `${id}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return new lambda.Function(scope, id, {
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', ...handler.split('/'))),
    handler: 'index.handler',
    // Memory buys CPU: at 512 MB the bundles load in a few hundred milliseconds at most.
    memorySize: 512,
    timeout: props.timeout ?? Duration.seconds(10),
    environment: { ...props.environment },
    reservedConcurrentExecutions: props.reservedConcurrency,
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
}
