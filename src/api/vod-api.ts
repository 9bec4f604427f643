import { Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct } from 'constructs';
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

const OPEN_BY_DESIGN = 'signing in, and the description of the API, come before any token';

/** What may be tuned of the API. */
export interface VodApiOptions {
  /**
   * Steady requests per second of each route of signed-in users; above them API Gateway answers 429.
   * @default 100
   */
  readonly throttlingRateLimit?: number;

  /**
   * Requests in a burst of each route of signed-in users.
   * @default 200
   */
  readonly throttlingBurstLimit?: number;

  /**
   * Steady requests per second of each open route: sign-in, its callback, the token routes and the OpenAPI document. Anonymous callers can't use up
   * what signed-in users need.
   * @default 20
   */
  readonly openThrottlingRateLimit?: number;

  /**
   * Requests in a burst of each open route.
   * @default 40
   */
  readonly openThrottlingBurstLimit?: number;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;
}

/** Properties of `VodApi`. */
export interface VodApiProps extends VodApiOptions {
  /**
   * Origins besides the service's own whose pages may call the routes of signed-in users with a bearer token, and read their answers, errors included:
   * https, or http on localhost, such as `http://localhost:5173`. Cookies don't go there: the sign-in routes and playback are for the service's own pages.
   * @default - none: the API answers no preflight request
   */
  readonly appOrigins?: string[];
}

/** Every option. */
export const API_OPTIONS: Record<keyof VodApiOptions, true> = {
  throttlingRateLimit: true, throttlingBurstLimit: true, openThrottlingRateLimit: true, openThrottlingBurstLimit: true, functions: true,
};

/** An API that a distribution can serve: a `VodApi`, or another one whose stage is `api`. */
export interface IVodApi extends IConstruct {
  /** Host name of the API, for a CloudFront origin: no reference to the stage, which deploys after the distribution. */
  readonly originDomainName: string;
}

/**
 * The REST API: a regional one on the stage `api`, whose routes are added by the areas that serve them.
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
  /** Serves the OpenAPI document. */
  public readonly describeFunction: lambda.Function;
  /** Host name of the API, for a CloudFront origin: no reference to the stage, which deploys after the distribution. */
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
      ...functionProblems(this, props.functions),
      ...appOriginsProblems(props.appOrigins),
    ]);
    checkAppOrigins(this, props.appOrigins);
    this.appOrigins = Token.isUnresolved(props.appOrigins) || props.appOrigins?.length ? props.appOrigins : undefined;
    useFunctionOptions(this, props.functions);
    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      description: 'Video on demand',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // One role for all of an account's API Gateway logs: not ours to set.
      cloudWatchRole: false,
      deployOptions: { stageName: API_STAGE },
    });
    const stage = this.restApi.deploymentStage.node.defaultChild as apigateway.CfnStage;
    // Late, since the areas add theirs after this.
    stage.methodSettings = Lazy.any({ produce: () => throttles(props, this.served) });
    // Its value reads the stage and names execute-api, an address that nobody is to use.
    this.restApi.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this.restApi, this.appOrigins);
    acknowledge(this.restApi, {
      'AwsSolutions-APIG1': 'access logs need a role that an account has once for all its APIs',
      'AwsSolutions-APIG2': 'every handler validates its requests and names each field that is wrong, which API Gateway does not (docs/decisions/010)',
      'AwsSolutions-APIG3': 'a web ACL costs by the month: associate yours with restApi.deploymentStage',
      'AwsSolutions-APIG6': 'execution logs need a role that an account has once for all its APIs',
    });
    this.originDomainName = Fn.join('.', [this.restApi.restApiId, 'execute-api', Stack.of(this).region, Stack.of(this).urlSuffix]);

    this.describeFunction = handlerFunction(this, 'DescribeApi', 'api/describe-api', {
      description: 'Serves the OpenAPI document',
      uses: [],
      // Late, since the areas add theirs after this.
      environment: { HANDLERS: Lazy.list({ produce: () => this.served }) },
    });
    this._area = { handlers: { 'api/describe-api': this.describeFunction }, deadLetterQueues: [] };
    this._serve(this._area);
  }

  /**
   * Guards the routes that are not open, and may guard routes of your own. Undefined before `authorizeWith` or `VodAuth.guard` is called: a method that is
   * added with it then is open to everyone.
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
   * Guards every route that is not open with this authorizer. Comes before such routes are added; `VodAuth.guard` does it.
   *
   * @param authorizer who tells who calls: `sub` and `cognito:groups` among the claims of a Cognito one, `principalId` and `groups` of a Lambda one
   */
  public authorizeWith(authorizer: apigateway.IAuthorizer): void {
    throwIfAny(this, [
      this.guard ? 'authorizeWith: expected one call, got a second one: the API has an authorizer' : undefined, authorizerProblem(this, 'authorizeWith', authorizer),
    ]);
    this.guard = authorizer;
    // A stage keeps the authorizer that it was deployed with: another one, or other settings, want another deployment. CDK's own look after that
    // behind a feature flag only.
    this.restApi.latestDeployment?.addToLogicalId({ authorizer: authorizer.authorizerId, settings: settingsOf(authorizer) });
    if (authorizer.authorizationType !== apigateway.AuthorizationType.COGNITO) {
      acknowledge(this.restApi, { 'AwsSolutions-COG4': 'callers are guarded by an authorizer of another kind' });
    }
  }

  /**
   * Adds every route of an area.
   *
   * @param roles who may call them, where that is decided by role
   * @internal
   */
  public _serve(area: Area, roles?: VodRoles): void {
    const again = Object.keys(area.handlers).filter((handler) => this.served.includes(handler as HandlerName));
    throwIfAny(this, [
      ...roles ? openRoleProblems(roles, this._roles) : [],
      again.length > 0 ? `addRoutes: expected one call for the routes of ${again.join(', ')}, got a second one; a ServerlessVod adds all of its routes itself` : undefined,
    ]);
    for (const [handler, fn] of Object.entries(area.handlers) as [HandlerName, lambda.Function][]) this.addRoutesOf(handler, fn);
  }

  private addRoutesOf(handler: HandlerName, fn: lambda.Function): void {
    const routes = routesOf(handler);
    if (routes.length === 0) return;
    this.served.push(handler);
    // Methods of the console's test button would double the permissions.
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

  /** Lets pages of the other origins call a route: its path answers preflight requests, and its function says in each answer who may read it. */
  private allowAppOrigins({ path }: Route, fn: HandlerFunction<HandlerReading<'APP_ORIGINS'>>): void {
    if (!this.appOrigins) return;
    connect(fn, connection({ environment: { APP_ORIGINS: this.appOrigins } }));
    const resource = this.restApi.root.resourceForPath(path);
    if (resource.node.tryFindChild('OPTIONS')) return;
    addPreflight(resource, this.appOrigins, () => this.served.flatMap(routesOf).map(([, route]) => route)
      .filter((route) => route.path === path && allowsOtherOrigins(route)));
  }

  private requireAuthorizer(): apigateway.IAuthorizer | undefined {
    throwIfAny(this, [this.guard ? undefined : 'authorizeWith: expected a call before routes of signed-in users are added, got none']);
    return this.guard;
  }
}
