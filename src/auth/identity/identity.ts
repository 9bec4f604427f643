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
import { ownObjectProblem, show } from '../../synth/prop-checks';

/** Who vouches for the people that call. All but the first bring their own sign-in, so the service has no routes for it then. */
export class Identity {
  /**
   * A user pool of the service's own, with sign-in, sessions and sign-out.
   *
   * @param options what differs from the defaults
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
   * A user pool that exists already. People sign in as they do there, and call with the id token. Without a client it fails. Import one of another region
   * or account by `UserPool.fromUserPoolArn`: CDK takes an id for one of the stack's region and account.
   *
   * @param userPool whose users may call
   * @param clients the audience that tokens must name: one of these, each a client of this pool. That is checked for clients that the app makes; imported ones
   * don't say whose they are, and tokens of another pool are answered 401
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
        clients.length > 0 ? undefined : 'identity: expected a client as in fromUserPool(userPool, client), got none: without one, tokens of any client of the pool would pass',
        ...clients.map((client) => clientProblem(userPool, client)),
        ...groupProblems(roles),
      ],
      bind: (scope) => ({
        userPool, userPoolClient: clients[0], handlers: {}, makeAuthorizer: (api) => new CognitoAuthorizer(scope, 'Authorizer', api, userPool, clients),
      }),
    });
  }

  /**
   * Any OpenID Connect issuer, through a Lambda authorizer.
   *
   * @param options issuer, audience and which token
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
   * A Lambda authorizer of your own. It answers the caller's id as `principalId` and, where it knows groups, `groups` in its context: a JSON
   * list of names as text, such as `["uploaders"]`; any other form of it counts as no groups. API Gateway keeps its answer for all routes, so its
   * policy allows or denies all of them: its resource is the `methodArn` up to the stage, and a wildcard. CDK's authorizer for Cognito is
   * refused: see `fromUserPool`.
   *
   * @param authorizer such as a `TokenAuthorizer` or a `RequestAuthorizer`
   *
   * @example
   * declare const handler: lambda.Function;
   * const authorizer = new apigateway.TokenAuthorizer(this, 'Own', { handler });
   * new ServerlessVod(this, 'Vod', { identity: Identity.fromAuthorizer(authorizer) });
   */
  public static fromAuthorizer(authorizer: apigateway.IAuthorizer): Identity {
    return new Identity({ problems: (scope) => [authorizerProblem(scope, 'identity', authorizer)], bind: () => ({ handlers: {}, makeAuthorizer: () => authorizer }) });
  }

  /** Who the admins are, unless a prop says it. @internal */
  public readonly _admins?: Access;

  private constructor(private readonly source: IdentitySource) {
    this._admins = source.admins;
  }

  /** What is wrong with the options. @internal */
  public _problems(scope: Construct, context: IdentityContext): (string | undefined)[] {
    return this.source.problems(scope, context);
  }

  /** @internal */
  public _bind(scope: Construct, context: IdentityContext): BoundIdentity {
    return this.source.bind(scope, context);
  }
}

/** What a factory of `Identity` decides. */
interface IdentitySource {
  readonly problems: (scope: Construct, context: IdentityContext) => (string | undefined)[];
  readonly bind: (scope: Construct, context: IdentityContext) => BoundIdentity;
  readonly admins?: Access;
}

/** What is wrong with what was passed as an identity. */
export function identityProblem(identity: unknown): string | undefined {
  const expected = 'one that Identity.userPool() or another of its functions made';
  if (typeof identity === 'function') return `identity: expected ${expected}, got the function itself: call it, as in Identity.userPool()`;
  const isUserPool = typeof identity === 'object' && identity !== null && 'userPoolArn' in identity;
  return isUserPool ? `identity: expected ${expected}, got a user pool: use Identity.fromUserPool(userPool, client)`
    : ownObjectProblem('identity', identity, expected, { members: ['_problems', '_bind'] });
}

/**
 * Why API Gateway would not find the pool. It takes one of another region by its ARN (Amazon API Gateway Developer Guide, "Configure cross-account Amazon
 * Cognito authorizer"), but none of another partition, and CDK's `fromUserPoolId` makes an ARN of the stack's region.
 */
function poolProblem(scope: Construct, userPool: cognito.IUserPool): string | undefined {
  const { userPoolId, userPoolArn, env } = userPool;
  if (Token.isUnresolved(userPoolId)) return partitionProblem(scope, 'identity', 'user pool', userPoolArn);
  const region = poolRegion(userPoolId);
  if (region === undefined) return `identity: expected a user pool whose id begins with its region, such as "eu-west-1_EXAMPLE", for fromUserPool, got ${show(userPoolId)}`;
  return differ(env.region, region)
    ? `identity: expected a user pool with an ARN of ${region}, the region of its id, for fromUserPool, got ${userPoolId} with one of ${env.region}: import it by UserPool.fromUserPoolArn`
    : partitionProblem(scope, 'identity', 'user pool', userPoolArn);
}

function clientProblem(userPool: cognito.IUserPool, client: cognito.IUserPoolClient): string | undefined {
  if (typeof client?.userPoolClientId === 'string') return clientIdProblem(client.userPoolClientId) ?? otherPoolProblem(userPool, client);
  const got = Array.isArray(client) ? 'a list: pass each client as an argument of its own' : show(client);
  return `identity: expected clients of the user pool for fromUserPool, got ${got}`;
}

/** Why no token would pass: the client is one of another pool, as far as synth can know. */
function otherPoolProblem(userPool: cognito.IUserPool, client: cognito.IUserPoolClient): string | undefined {
  const { userPoolId } = (client as cognito.UserPoolClient).node?.defaultChild as cognito.CfnUserPoolClient | undefined ?? {};
  if (!userPool?.userPoolId || !userPoolId) return undefined;
  const [expected, actual] = [userPool.userPoolId, userPoolId].map(poolOf);
  return expected === undefined || actual === undefined || typeof expected !== typeof actual || expected === actual ? undefined
    : `identity: expected clients of the user pool for fromUserPool, got ${client.node.path}, a client of another pool: API Gateway would refuse every token`;
}

/** What an id says of its pool: the id itself, or the resource that it refers to. Undefined for what only the deployment knows. */
function poolOf(userPoolId: string): unknown {
  if (!Token.isUnresolved(userPoolId)) return userPoolId;
  const token = Tokenization.reverse(userPoolId, { failConcat: false });
  return token && Reference.isReference(token) ? token.target : undefined;
}
