import { Arn, ArnFormat, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { placeProblems } from '../synth/place';
import { isAbsent, objectProblem } from '../synth/prop-checks';

/**
 * The fields of a log line. No variable contains a header, a query parameter or a body, because these can contain tokens and authorization codes.
 * `$context.path` has no query parameters.
 *
 * For the variables, see "Variables for access logging for API Gateway" in the API Gateway Developer Guide.
 */
const FIELDS = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  path: '$context.path',
  route: '$context.resourcePath',
  status: '$context.status',
  // A Lambda authorizer sets `principalId`, and a Cognito authorizer sets `claims.sub`. API Gateway writes `-` for a variable without a value.
  principalId: '$context.authorizer.principalId',
  sub: '$context.authorizer.claims.sub',
  responseBytes: '$context.responseLength',
  milliseconds: '$context.responseLatency',
  functionMilliseconds: '$context.integration.latency',
  functionStatus: '$context.integration.status',
  rejection: '$context.error.responseType',
} as const;

export function accessLogProblems(scope: Construct, logGroup: logs.ILogGroup | undefined): (string | undefined)[] {
  const wrong = objectProblem('accessLogGroup', logGroup, 'a log group, such as a logs.LogGroup', { members: ['logGroupArn', 'env'] });
  if (wrong || isAbsent(logGroup)) return [wrong];
  const { logGroupArn: arn, env } = logGroup;
  const { region = '', account = '' } = Token.isUnresolved(arn) ? env : Arn.split(arn, ArnFormat.COLON_RESOURCE_NAME);
  return placeProblems(scope, 'accessLogGroup', 'log group', { region, account });
}

/** Returns the options of a stage with access logs: one line of JSON for each request. Returns no options if there is no log group. */
export function accessLogs(logGroup: logs.ILogGroup | undefined): Pick<apigateway.StageOptions, 'accessLogDestination' | 'accessLogFormat'> {
  return logGroup ? {
    accessLogDestination: new apigateway.LogGroupLogDestination(logGroup),
    accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(FIELDS)),
  } : {};
}
