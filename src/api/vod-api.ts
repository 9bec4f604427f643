import { Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IConstruct } from 'constructs';
import { accessLogProblems, accessLogs } from './access-logs';
import { authorizerProblem, settingsOf } from './authorizer';
import { addGatewayResponses } from './gateway-responses';
import { addPreflight } from './preflight';
import { throttleProblems, throttles } from './throttles';
import { allowsOtherOrigins } from '../contract/cors';
import type { HandlerName, HandlerReading } from '../contract/environment';
import { API_STAGE, Route, routesOf } from '../contract/routes';
import { openRoleProblems, VodRoles } from '../roles/vod-roles';
import { acknowledge } from '../synth/acknowledge';
import type { Area } from '../synth/area';
import { connection } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { connect, HandlerFunction, handlerFunction } from '../synth/handler-function';
import { appOriginsProblems, checkAppOrigins } from '../synth/origin';
import { keyProblem } from '../synth/prop-checks';

const OPEN_BY_DESIGN = 'the sign-in routes and the OpenAPI document need no token';

/** Options for the API. */
export interface VodApiOptions {
  /**
   * Rate limit of each route that requires a token, in requests per second. API Gateway returns 429 above this rate.
   * @default 100
   */
  readonly throttlingRateLimit?: number;

  /**
   * Burst limit of each route that requires a token, in requests.
   * @default 200
   */
  readonly throttlingBurstLimit?: number;

  /**
   * Rate limit of each route that requires no token, in requests per second.
   *
   * Sign-in, the sign-in callback, the token routes and the OpenAPI document require no token. With this separate limit, anonymous callers cannot use up the
   * limit of the routes that require a token.
   * @default 20
   */
  readonly openThrottlingRateLimit?: number;

  /**
   * Burst limit of each route that requires no token, in requests.
   * @default 40
   */
  readonly openThrottlingBurstLimit?: number;

  /**
   * A log group for the access logs of the API, in the stack's region and account.
   *
   * API Gateway writes one line of JSON for each request: time, method, path, status, duration and the id of the user. The line contains no headers, query
   * parameters or tokens. The retention of the log group decides how long the lines are kept.
   *
   * The account needs a role that allows API Gateway to write logs. Without this role, the deployment fails (see docs/operations.md, "Access logs").
   * @default - no access logs
   */
  readonly accessLogGroup?: logs.ILogGroup;

  /**
   * Options for the Lambda functions of this construct.
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties of `VodApi`. */
export interface VodApiProps extends VodApiOptions {
  /**
   * Origins from which web pages can call the API with a bearer token, in addition to the service URL.
   *
   * Each origin must use https, or http on localhost, such as `http://localhost:5173`. Requests from pages of these origins contain no cookies, so the pages
   * cannot use the sign-in routes or play videos.
   * @default - none; the API answers no preflight requests
   */
  readonly appOrigins?: string[];
}

export const API_OPTIONS: Record<keyof VodApiOptions, true> = {
  throttlingRateLimit: true, throttlingBurstLimit: true, openThrottlingRateLimit: true, openThrottlingBurstLimit: true, accessLogGroup: true,
  functions: true,
};

/** An API that a CloudFront distribution can serve: a `VodApi`, or a REST API with a stage named `api`. */
export interface IVodApi extends IConstruct {
  /**
   * Domain name of the API, for a CloudFront origin. The value contains no CloudFormation reference to the stage, because the stage is deployed after the
   * CloudFront distribution.
   */
  readonly originDomainName: string;
}

/**
 * A regional REST API with the stage `api`. Constructs such as `VodCatalog` add their routes to the API.
 *
 * @example
 * declare const authorizer: apigateway.IAuthorizer;
 * const api = new VodApi(this, 'Api');
 * api.authorizeWith(authorizer);
 * const catalog = new VodCatalog(this, 'Catalog', { url: 'https://videos.example.com' });
 * catalog.addRoutes(api);
 */
export class VodApi extends Construct implements IVodApi {
  /** The REST API. */
  public readonly restApi: apigateway.RestApi;
  /** The function that serves the OpenAPI document. */
  public readonly describeFunction: lambda.Function;
  /**
   * Domain name of the API, for a CloudFront origin. The value contains no CloudFormation reference to the stage, because the stage is deployed after the
   * CloudFront distribution.
   */
  public readonly originDomainName: string;

  /** @internal */
  public readonly _area: Area;
  /** The roles of the `VodAuth` that guards this API. @internal */
  public _roles?: VodRoles;

  private guard?: apigateway.IAuthorizer;
  private readonly appOrigins?: string[];
  private readonly served: HandlerName[] = [];

  constructor(scope: Construct, id: string, props: VodApiProps = {}) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      keyProblem<VodApiProps>('', props, { ...API_OPTIONS, appOrigins: true }),
      ...throttleProblems(props),
      ...accessLogProblems(this, props.accessLogGroup),
      ...functionProblems(this, props.functions),
      ...appOriginsProblems(props.appOrigins),
    ]);
    checkAppOrigins(this, props.appOrigins);
    this.appOrigins = Token.isUnresolved(props.appOrigins) || props.appOrigins?.length ? props.appOrigins : undefined;
    useFunctionOptions(this, props.functions);
    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      description: 'Video on demand',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // The role for API Gateway's logs is a setting of the whole account, so this construct must not change it.
      cloudWatchRole: false,
      deployOptions: { stageName: API_STAGE, ...accessLogs(props.accessLogGroup) },
    });
    const stage = this.restApi.deploymentStage.node.defaultChild as apigateway.CfnStage;
    // The value is lazy, because routes are added after this constructor runs.
    stage.methodSettings = Lazy.any({ produce: () => throttles(props, this.served) });
    // CDK's output `Endpoint` would show the execute-api URL, which callers must not use.
    this.restApi.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this.restApi, this.appOrigins);
    acknowledge(this.restApi, {
      ...!props.accessLogGroup && {
        'AwsSolutions-APIG1': 'access logs are off by default, because they need an IAM role that applies to the whole account; the prop accessLogGroup turns them on',
      },
      'AwsSolutions-APIG2': 'every handler validates its requests and reports each invalid field; API Gateway would report no fields (docs/decisions/010)',
      'AwsSolutions-APIG3': 'the service creates no web ACL, because a web ACL has a monthly price; you can associate a web ACL with restApi.deploymentStage',
      'AwsSolutions-APIG6': 'the library does not enable execution logs, because execution logs need an IAM role that applies to the whole account',
    });
    this.originDomainName = Fn.join('.', [this.restApi.restApiId, 'execute-api', Stack.of(this).region, Stack.of(this).urlSuffix]);

    this.describeFunction = handlerFunction(this, 'DescribeApi', 'api/describe-api', {
      description: 'Serves the OpenAPI document',
      uses: [],
      environment: { HANDLERS: Lazy.list({ produce: () => this.served }) },
    });
    this._area = { handlers: { 'api/describe-api': this.describeFunction }, deadLetterQueues: [] };
    this._serve(this._area);
  }

  /**
   * The authorizer of the routes that require a token. You can also use this authorizer for your own routes.
   *
   * The authorizer is undefined until `authorizeWith` or `VodAuth.guard` is called. If you add a method with an undefined authorizer, the method is open to
   * everyone.
   *
   * @example
   * declare const vod: ServerlessVod;
   * declare const handler: lambda.Function;
   * const integration = new apigateway.LambdaIntegration(handler);
   * // Served as `/api/mine`.
   * vod.api.restApi.root.addResource('mine').addMethod('GET', integration, { authorizer: vod.api.authorizer });
   */
  public get authorizer(): apigateway.IAuthorizer | undefined {
    return this.guard;
  }

  /**
   * Uses an authorizer for every route that requires a token.
   *
   * Before you add these routes, call `authorizeWith` or `VodAuth.guard` once. A second call of either method is rejected.
   *
   * @param authorizer a Cognito authorizer for tokens with the claims `sub` and `cognito:groups`, or a Lambda authorizer that returns `principalId` and the
   * context value `groups`
   */
  public authorizeWith(authorizer: apigateway.IAuthorizer): void {
    throwIfAny(this, [
      this.guard ? 'authorizeWith: expected one call, got a second call. The API already has an authorizer' : undefined, authorizerProblem(this, 'authorizeWith', authorizer),
    ]);
    this.guard = authorizer;
    // A changed authorizer needs a new deployment, which CDK creates only if the app has set a feature flag. This call adds the authorizer's settings to the
    // logical id of the deployment, so changed settings always lead to a new deployment.
    this.restApi.latestDeployment?.addToLogicalId({ authorizer: authorizer.authorizerId, settings: settingsOf(authorizer) });
    if (authorizer.authorizationType !== apigateway.AuthorizationType.COGNITO) {
      acknowledge(this.restApi, { 'AwsSolutions-COG4': 'a Lambda authorizer authorizes the requests' });
    }
  }

  /**
   * Adds the routes of all handlers in `area`.
   *
   * @param roles the roles that the handlers in `area` check
   * @internal
   */
  public _serve(area: Area, roles?: VodRoles): void {
    const repeated = Object.keys(area.handlers).filter((handler) => this.served.includes(handler as HandlerName));
    throwIfAny(this, [
      ...roles ? openRoleProblems(roles, this._roles) : [],
      repeated.length > 0 ? `addRoutes: expected one call for the routes of ${repeated.join(', ')}, got a second call. If you use ServerlessVod, do not call addRoutes: ServerlessVod adds all routes` : undefined,
    ]);
    for (const [handler, fn] of Object.entries(area.handlers) as [HandlerName, lambda.Function][]) this.addRoutesOf(handler, fn);
  }

  private addRoutesOf(handler: HandlerName, fn: lambda.Function): void {
    const routes = routesOf(handler);
    if (routes.length === 0) return;
    this.served.push(handler);
    // Without `allowTestInvoke: false`, CDK adds a second Lambda permission for each method, for the test button of the console.
    const integration = new apigateway.LambdaIntegration(fn, { allowTestInvoke: false });
    for (const [operationId, route] of routes) {
      const method = this.restApi.root.resourceForPath(route.path).addMethod(route.method, integration, {
        operationName: operationId,
        ...(route.access === 'open' ? { authorizationType: apigateway.AuthorizationType.NONE } : { authorizer: this.requireAuthorizer() }),
      });
      if (route.access === 'open') acknowledge(method, { 'AwsSolutions-APIG4': OPEN_BY_DESIGN, 'AwsSolutions-COG4': OPEN_BY_DESIGN });
      if (allowsOtherOrigins(route)) this.allowAppOrigins(route, fn);
    }
  }

  /** API Gateway answers the preflight requests, and the function adds CORS headers to its responses. */
  private allowAppOrigins({ path }: Route, fn: HandlerFunction<HandlerReading<'APP_ORIGINS'>>): void {
    if (!this.appOrigins) return;
    connect(fn, connection({ environment: { APP_ORIGINS: this.appOrigins } }));
    const resource = this.restApi.root.resourceForPath(path);
    if (resource.node.tryFindChild('OPTIONS')) return;
    addPreflight(resource, this.appOrigins, () => this.served.flatMap(routesOf).map(([, route]) => route)
      .filter((route) => route.path === path && allowsOtherOrigins(route)));
  }

  private requireAuthorizer(): apigateway.IAuthorizer | undefined {
    throwIfAny(this, [this.guard ? undefined : 'authorizeWith: expected a call before addRoutes, got none. Call VodAuth.guard or authorizeWith before you add routes that require a token']);
    return this.guard;
  }
}
