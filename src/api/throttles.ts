import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { HandlerName } from '../contract/environment';
import { routesOf } from '../contract/routes';
import { numberProblem } from '../synth/prop-checks';

export interface ThrottleOptions {
  readonly throttlingRateLimit?: number;
  readonly throttlingBurstLimit?: number;
  readonly openThrottlingRateLimit?: number;
  readonly openThrottlingBurstLimit?: number;
}

export function throttleProblems(options: ThrottleOptions): (string | undefined)[] {
  return [
    numberProblem('throttlingRateLimit', options.throttlingRateLimit, { min: 1, fractions: true }),
    numberProblem('throttlingBurstLimit', options.throttlingBurstLimit, { min: 1 }),
    numberProblem('openThrottlingRateLimit', options.openThrottlingRateLimit, { min: 1, fractions: true }),
    numberProblem('openThrottlingBurstLimit', options.openThrottlingBurstLimit, { min: 1 }),
  ];
}

/** API Gateway rejects settings for methods that do not exist, so `served` contains only handlers that have routes in the API. */
export function throttles(options: ThrottleOptions, served: readonly HandlerName[]): apigateway.CfnStage.MethodSettingProperty[] {
  const open = served.flatMap((handler) => routesOf(handler)).filter(([, { access }]) => access === 'open');
  return [
    {
      httpMethod: '*', resourcePath: '/*', dataTraceEnabled: false,
      throttlingRateLimit: options.throttlingRateLimit ?? 100, throttlingBurstLimit: options.throttlingBurstLimit ?? 200,
    },
    ...open.map(([, { method, path }]) => ({
      // CloudFormation writes `/token/revoke` as `/~1token~1revoke` (AWS::ApiGateway::Stage MethodSetting).
      httpMethod: method, resourcePath: `/${path.replace(/\//g, '~1')}`, dataTraceEnabled: false,
      throttlingRateLimit: options.openThrottlingRateLimit ?? 20, throttlingBurstLimit: options.openThrottlingBurstLimit ?? 40,
    })),
  ];
}
