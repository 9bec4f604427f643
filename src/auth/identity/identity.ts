import { Reference, Token, Tokenization } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import type { BoundIdentity, IdentityContext } from './bound-identity';
import { clientIdProblem, CognitoAuthorizer, poolRegion } from './cognito-authorizer';
import { oidcIdentity, OidcIdentityOptions, oidcProblems } from './oidc-identity';
import { groupProblems } from './user-pool';
import { userPoolIdentity, UserPoolIdentityOptions, userPoolIdentityProblems } from './user-pool-identity';
import { authorizerProblem } from '../../api/authorizer';
import { Access } from '../../roles/vod-roles';
import { differ, partitionProblem } from '../../synth/place';
import { libraryObjectProblem, show } from '../../synth/prop-checks';

/**
 * The identity provider of the users who call the API.
 *
 * Only `Identity.userPool()` adds sign-in routes to the API. With any other identity, your app signs the users in.
 */
export class Identity {
  /**
   * Creates a user pool, with routes for sign-in, sessions and sign-out.
   *
   * @param options options for the user pool, its clients and the sign-in pages
   *
   * @example
   * new ServerlessVod(this, 'Vod', {
   *   identity: Identity.userPool({
   *     firstAdmin: 'ada@example.com',
   *     userPool: { featurePlan: cognito.FeaturePlan.ESSENTIALS, mfa: cognito.Mfa.REQUIRED },
   *     userPoolClient: { idTokenValidity: Duration.minutes(15) },
   *     refreshTokenRotation: true,
   *   }),
   * });
   */
  public static userPool(options: UserPoolIdentityOptions = {}): Identity {
    return new Identity({
      admins: Access.group('admins'),
      problems: (scope, context) => userPoolIdentityProblems(scope, options ?? {}, context),
      bind: (scope, context) => userPoolIdentity(scope, options ?? {}, context),
    });
  }

  /**
   * Uses an existing user pool. Your app signs users in and sends their id tokens to the API.
   *
   * At least one client is required. To import a pool of another region or account, use `UserPool.fromUserPoolArn`. `UserPool.fromUserPoolId` assumes the
   * region and the account of the stack.
   *
   * @param userPool the pool whose users can call the API
   * @param clients clients of this pool. The API accepts only tokens whose audience is one of these clients. Synth rejects a client that your app creates in a
   * different pool. Synth cannot check an imported client. If an imported client belongs to a different pool, the API rejects the tokens of this client with
   * status 401
   *
   * @example
   * const userPool = cognito.UserPool.fromUserPoolId(this, 'People', 'eu-west-1_EXAMPLE');
   * const client = cognito.UserPoolClient.fromUserPoolClientId(this, 'Web', '1example23456789');
   * new ServerlessVod(this, 'Vod', { identity: Identity.fromUserPool(userPool, client) });
   */
  public static fromUserPool(userPool: cognito.IUserPool, ...clients: cognito.IUserPoolClient[]): Identity {
    return new Identity({
      problems: (scope, { roles }) => [
        userPool?.userPoolArn ? poolProblem(scope, userPool) : `identity: expected a user pool for fromUserPool, got ${show(userPool)}`,
        clients.length > 0 ? undefined : 'identity: expected at least one client, as in fromUserPool(userPool, client), got none. Without a client, the API would accept tokens of every client of the pool',
        ...clients.map((client) => clientProblem(userPool, client)),
        ...groupProblems(roles),
      ],
      bind: (scope) => ({
        userPool, userPoolClient: clients[0], handlers: {}, createAuthorizer: (api) => new CognitoAuthorizer(scope, 'Authorizer', api, userPool, clients),
      }),
    });
  }

  /**
   * Uses any OpenID Connect issuer, through a Lambda authorizer.
   *
   * @param options the issuer, the accepted audiences and the kind of token
   *
   * @example
   * new ServerlessVod(this, 'Vod', {
   *   identity: Identity.oidc({
   *     issuer: 'https://example.eu.auth0.com/',
   *     audiences: ['https://videos.example.com/api'],
   *     token: OidcToken.ACCESS_TOKEN,
   *     groupsClaim: 'https://example.com/groups',
   *   }),
   *   roles: { uploaders: Access.group('editors') },
   * });
   */
  public static oidc(options: OidcIdentityOptions): Identity {
    return new Identity({ problems: () => oidcProblems(options ?? {}), bind: (scope) => oidcIdentity(scope, options) });
  }

  /**
   * Uses your own Lambda authorizer.
   *
   * The authorizer must return the id of the caller as `principalId`. The context of the authorizer's response can contain `groups`: a string with a JSON array
   * of group names, such as `["uploaders"]`. With any other value of `groups`, the caller has no groups. API Gateway caches the returned policy for all routes,
   * so the policy must either allow or deny all routes. The resource of the policy must therefore be the part of `methodArn` up to the stage, followed by a
   * wildcard. CDK's Cognito authorizer is rejected at synth: use `fromUserPool` for a Cognito user pool.
   *
   * @param authorizer the authorizer, such as a `TokenAuthorizer` or a `RequestAuthorizer`
   *
   * @example
   * declare const handler: lambda.Function;
   * const authorizer = new apigateway.TokenAuthorizer(this, 'Own', { handler });
   * new ServerlessVod(this, 'Vod', { identity: Identity.fromAuthorizer(authorizer) });
   */
  public static fromAuthorizer(authorizer: apigateway.IAuthorizer): Identity {
    return new Identity({ problems: (scope) => [authorizerProblem(scope, 'identity', authorizer)], bind: () => ({ handlers: {}, createAuthorizer: () => authorizer }) });
  }

  /** The default of `roles.admins`. If `defaultAdmins` is undefined, the default is `Access.nobody()`. */
  public readonly defaultAdmins?: Access;

  private constructor(private readonly source: IdentitySource) {
    this.defaultAdmins = source.admins;
  }

  /** @internal */
  public _problems(scope: Construct, context: IdentityContext): (string | undefined)[] {
    return this.source.problems(scope, context);
  }

  /** @internal */
  public _bind(scope: Construct, context: IdentityContext): BoundIdentity {
    return this.source.bind(scope, context);
  }
}

interface IdentitySource {
  readonly problems: (scope: Construct, context: IdentityContext) => (string | undefined)[];
  readonly bind: (scope: Construct, context: IdentityContext) => BoundIdentity;
  readonly admins?: Access;
}

export function identityProblem(identity: unknown): string | undefined {
  const expected = 'an Identity, such as Identity.userPool()';
  if (typeof identity === 'function') return `identity: expected ${expected}, got the function itself. Call the function, as in Identity.userPool()`;
  const isUserPool = typeof identity === 'object' && identity !== null && 'userPoolArn' in identity;
  return isUserPool ? `identity: expected ${expected}, got a user pool. Use Identity.fromUserPool(userPool, client)`
    : libraryObjectProblem('identity', identity, expected, { members: ['_problems', '_bind'] });
}

/**
 * The pool can be in a different region from the API, but not in a different partition (see "Configure cross-account Amazon Cognito authorizer" in the Amazon
 * API Gateway Developer Guide).
 */
function poolProblem(scope: Construct, userPool: cognito.IUserPool): string | undefined {
  const { userPoolId, userPoolArn, env } = userPool;
  if (Token.isUnresolved(userPoolId)) return partitionProblem(scope, 'identity', 'user pool', userPoolArn);
  const region = poolRegion(userPoolId);
  if (region === undefined) return `identity: expected a user pool id such as "eu-west-1_EXAMPLE" in Identity.fromUserPool, got ${show(userPoolId)}`;
  return differ(env.region, region)
    ? `identity: expected the ARN of the user pool ${userPoolId} to contain the region ${region}, got the region ${env.region}. Import the pool with UserPool.fromUserPoolArn`
    : partitionProblem(scope, 'identity', 'user pool', userPoolArn);
}

function clientProblem(userPool: cognito.IUserPool, client: cognito.IUserPoolClient): string | undefined {
  if (typeof client?.userPoolClientId === 'string') return clientIdProblem(client.userPoolClientId) ?? otherPoolProblem(userPool, client);
  const got = Array.isArray(client) ? 'a list. Pass each client as a separate argument' : show(client);
  return `identity: expected each client in Identity.fromUserPool to be a client of the user pool, got ${got}`;
}

function otherPoolProblem(userPool: cognito.IUserPool, client: cognito.IUserPoolClient): string | undefined {
  const { userPoolId } = (client as cognito.UserPoolClient).node?.defaultChild as cognito.CfnUserPoolClient | undefined ?? {};
  if (!userPool?.userPoolId || !userPoolId) return undefined;
  const [expected, actual] = [userPool.userPoolId, userPoolId].map(poolOf);
  return expected === undefined || actual === undefined || typeof expected !== typeof actual || expected === actual ? undefined
    : `identity: expected each client in Identity.fromUserPool to be a client of the user pool, got ${client.node.path}, which is a client of another pool. API Gateway would reject all tokens of this client`;
}

/** Returns the id of the pool. If the id is a CDK token, returns the resource that the token references, or undefined if there is no such resource. */
function poolOf(userPoolId: string): unknown {
  if (!Token.isUnresolved(userPoolId)) return userPoolId;
  const token = Tokenization.reverse(userPoolId, { failConcat: false });
  return token && Reference.isReference(token) ? token.target : undefined;
}
