import { Fn, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { addGatewayResponses } from './gateway-responses';
import type { HandlerName } from '../contract/environment';
import { API_STAGE, OperationId, Route, routesOf } from '../contract/routes';
import { acknowledge } from '../synth/acknowledge';
import { throwIfAny } from '../synth/errors';
import { handlerFunction } from '../synth/handler-function';

const OPEN_BY_DESIGN = 'signing in, and the description of the API, come before any token';

/** What may be tuned of the API. */
export interface VodApiOptions {
  /**
   * Steady requests per second over all routes; above them API Gateway answers 429.
   * @default 100
   */
  readonly throttlingRateLimit?: number;

  /**
   * Requests in a burst above the steady rate.
   * @default 200
   */
  readonly throttlingBurstLimit?: number;
}

/** Properties of `VodApi`. */
export interface VodApiProps extends VodApiOptions {}

/**
 * The REST API: a regional one on the stage `api`, whose routes are added by the areas that serve them.
 *
 * @example
 * /// fixture=areas
 * declare const userPool: cognito.UserPool;
 * declare const userPoolClient: cognito.UserPoolClient;
 * const api = new VodApi(this, 'Api');
 * const catalog = new VodCatalog(this, 'Catalog', { origin: 'https://videos.example.com' });
 * catalog.addRoutes(api);
 * api.authorizeWith(userPool, userPoolClient);
 */
export class VodApi extends Construct {
  /** The REST API. */
  public readonly restApi: apigateway.RestApi;
  /** Serves the OpenAPI document. */
  public readonly describeFunction: lambda.Function;
  /** Host name of the API, for a CloudFront origin: no reference to the stage, which deploys after the distribution. */
  public readonly originDomainName: string;

  private authorizerId?: string;
  private readonly bodyValidator: apigateway.RequestValidator;

  constructor(scope: Construct, id: string, props: VodApiProps = {}) {
    super(scope, id);
    throwIfAny(this, [
      atLeastOne('throttlingRateLimit', props.throttlingRateLimit),
      atLeastOne('throttlingBurstLimit', props.throttlingBurstLimit),
    ]);
    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      description: 'Video on demand',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // One role for all of an account's API Gateway logs: not ours to set.
      cloudWatchRole: false,
      deployOptions: {
        stageName: API_STAGE,
        throttlingRateLimit: props.throttlingRateLimit ?? 100,
        throttlingBurstLimit: props.throttlingBurstLimit ?? 200,
      },
    });
    // Its value reads the stage and names execute-api, an address that nobody is to use.
    this.restApi.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this.restApi);
    acknowledge(this.restApi, {
      'AwsSolutions-APIG1': 'access logs need a role that an account has once for all its APIs',
      'AwsSolutions-APIG2': 'bodies are validated where a route takes one, and every handler validates for itself',
      'AwsSolutions-APIG3': 'a web ACL costs by the month: associate yours with restApi.deploymentStage',
      'AwsSolutions-APIG6': 'execution logs need a role that an account has once for all its APIs',
    });
    this.bodyValidator = this.restApi.addRequestValidator('BodyValidator', { validateRequestBody: true });
    this.originDomainName = Fn.join('.', [this.restApi.restApiId, 'execute-api', Stack.of(this).region, Stack.of(this).urlSuffix]);

    this.describeFunction = handlerFunction(this, 'DescribeApi', 'api/describe-api', {
      description: 'Serves the OpenAPI document', environment: {},
    });
    this._serve('api/describe-api', this.describeFunction);
  }

  /**
   * Guards every route that is not open with this user pool: the id token's signature, issuer, expiry, and that it was
   * made for this client.
   *
   * @param userPool whose users may call
   * @param client the audience that tokens must name
   */
  public authorizeWith(userPool: cognito.IUserPool, client: cognito.IUserPoolClient): void {
    throwIfAny(this, [this.authorizerId ? 'authorizeWith: the API has an authorizer already' : undefined]);
    const guard = {
      type: 'COGNITO_USER_POOLS',
      identitySource: 'method.request.header.Authorization',
      providerArns: [userPool.userPoolArn],
      // Without it the native authorizer takes tokens made for any client of the pool.
      identityValidationExpression: client.userPoolClientId,
    };
    const authorizer = new apigateway.CfnAuthorizer(this, 'Authorizer', { restApiId: this.restApi.restApiId, name: 'user-pool', ...guard });
    // A stage keeps the authorizer that it was deployed with: another pool or client wants another deployment.
    this.restApi.latestDeployment?.addToLogicalId({ guard });
    this.authorizerId = authorizer.ref;
  }

  /**
   * Adds every route that the handler serves.
   *
   * @internal
   */
  public _serve(handler: HandlerName, fn: lambda.IFunction): void {
    // Methods of the console's test button would double the permissions.
    const integration = new apigateway.LambdaIntegration(fn, { allowTestInvoke: false });
    for (const [operationId, route] of routesOf(handler)) {
      const method = this.restApi.root.resourceForPath(route.path).addMethod(route.method, integration, {
        operationName: operationId,
        ...this.validation(operationId, route),
        ...(route.access === 'open' ? { authorizationType: apigateway.AuthorizationType.NONE } : { authorizer: this.lateAuthorizer() }),
      });
      if (route.access === 'open') acknowledge(method, { 'AwsSolutions-APIG4': OPEN_BY_DESIGN, 'AwsSolutions-COG4': OPEN_BY_DESIGN });
    }
  }

  private validation(operationId: OperationId, route: Route): apigateway.MethodOptions {
    if (!route.body || route.bodyOptional) return {};
    const model = this.restApi.addModel(`${operationId}Body`, {
      // `$default` below: a body of a type that has no model would pass unchecked.
      contentType: 'application/json',
      schema: { schema: apigateway.JsonSchemaVersion.DRAFT4, ...route.body } as apigateway.JsonSchema,
    });
    return { requestModels: { $default: model }, requestValidator: this.bodyValidator };
  }

  /** The pool may be made after the routes: its authorizer's id is read when the template is written. */
  private lateAuthorizer(): apigateway.IAuthorizer {
    return {
      authorizationType: apigateway.AuthorizationType.COGNITO,
      authorizerId: Lazy.string({
        produce: () => {
          throwIfAny(this, [this.authorizerId ? undefined : 'routes of signed-in users need an authorizer: call authorizeWith(userPool, client)']);
          return this.authorizerId;
        },
      }),
    };
  }
}

function atLeastOne(name: string, value: number | undefined): string | undefined {
  return value === undefined || Token.isUnresolved(value) || value >= 1 ? undefined : `${name}: expected 1 or more, got ${value}`;
}
