import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { BoundIdentity, IdentityContext } from './identity/bound-identity';
import { Identity, identityProblem } from './identity/identity';
import { apiProblem, serveArea } from '../api/serve-area';
import type { VodApi } from '../api/vod-api';
import { Access, groupsOf, rolesProblems, VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { appOriginsProblems, checkAppOrigins, originProblem } from '../synth/origin';
import { overlay } from '../synth/overlay';
import { booleanProblem, keyProblem } from '../synth/prop-checks';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

/** Properties of `VodAuth`. */
export interface VodAuthProps {
  /** The service URL, `https://…` without a trailing slash, to which a sign-in returns. */
  readonly url: string;

  /**
   * The identity provider of the users.
   *
   * Choose the identity before users upload videos, because each video stores the user id of its owner. If you change the identity later, no user owns the
   * existing videos, and only admins can see existing private videos.
   * @default Identity.userPool() - a new user pool, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * The users who can upload, the users who can watch, and the admins.
   * @default - every signed-in user can upload and watch; with `Identity.userPool()`, the group `admins` can manage every video
   */
  readonly roles?: VodRoles;

  /**
   * Origins to which a sign-in can return, in addition to `url`. For example, pass `http://localhost:5173` for a development server that forwards `/api` to the
   * service.
   * @default - none
   */
  readonly appOrigins?: string[];

  /**
   * Whether the user pool that this construct creates has deletion protection.
   *
   * Turn the protection on after the first deployment has succeeded, because the rollback of a failed first deployment cannot delete a protected pool.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for the Lambda functions of this construct.
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * Removal policy of the user pool, its groups and the client's secret, if this construct creates them.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Sign-in of users, and authorization of their API requests.
 *
 * By default, this construct creates a Cognito user pool with sign-in pages and a client. The client's secret is stored only in Cognito and Secrets Manager.
 * Users join by invitation only. Passwords have at least 12 characters, including lower-case and upper-case letters, digits and symbols. MFA is off. If you
 * turn MFA on, users need an authenticator app. The feature plan of the user pool is Lite, which has the lowest price.
 *
 * @example
 * declare const api: VodApi;
 * const auth = new VodAuth(this, 'Auth', { url: 'https://videos.example.com' });
 * auth.guard(api);
 * auth.addRoutes(api);
 */
export class VodAuth extends Construct {
  /** The roles, including the default admins of the identity. Pass these roles to `VodCatalog`. */
  public readonly roles: VodRoles;
  /** The user pool, or undefined if the identity is not a user pool. If this construct creates the user pool, the pool contains the groups of the roles. */
  public readonly userPool?: cognito.IUserPool;
  /**
   * The client of the user pool, or undefined if the identity is not a user pool. A client that this construct
   * creates has a secret, and uses the authorization code grant with PKCE.
   */
  public readonly userPoolClient?: cognito.IUserPoolClient;
  /** The client for native apps, created only if `publicClient` is set. */
  public readonly publicClient?: cognito.IUserPoolClient;
  /** The domain of the sign-in pages, created only with `Identity.userPool()`. */
  public readonly domain?: cognito.UserPoolDomain;
  /** The function that serves sign-in, the sign-in callback, token refresh and sign-out, created only with `Identity.userPool()`. */
  public readonly signInFunction?: lambda.Function;
  /** The issuer of the tokens (`iss` claim), known only with `Identity.userPool()` and `Identity.oidc()`. */
  public readonly issuer?: string;

  /** @internal */
  public readonly _area: Area;

  private readonly createAuthorizer: BoundIdentity['createAuthorizer'];

  constructor(scope: Construct, id: string, props: VodAuthProps) {
    super(checkedScope(scope, id, props), id);
    const identity = props.identity ?? Identity.userPool();
    const noIdentity = identityProblem(identity);
    this.roles = overlay({ admins: identity.defaultAdmins ?? Access.nobody() }, props.roles);
    const context: IdentityContext = {
      url: props.url,
      appOrigins: props.appOrigins ?? [],
      roles: groupsOf(this.roles),
      removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY,
      deletionProtection: props.deletionProtection ?? false,
    };
    throwIfAny(this, [
      keyProblem<VodAuthProps>('', props, {
        url: true, identity: true, roles: true, appOrigins: true, deletionProtection: true, functions: true, removalPolicy: true,
      }),
      originProblem('url', props.url),
      ...appOriginsProblems(props.appOrigins),
      booleanProblem('deletionProtection', props.deletionProtection),
      removalPolicyProblem('removalPolicy', props.removalPolicy),
      ...rolesProblems(props.roles),
      ...functionProblems(this, props.functions),
      ...noIdentity ? [noIdentity] : identity._problems(this, context),
    ]);
    useFunctionOptions(this, props.functions);
    checkAppOrigins(this, props.appOrigins);
    const bound = identity._bind(this, context);
    this.userPool = bound.userPool;
    this.userPoolClient = bound.userPoolClient;
    this.publicClient = bound.publicClient;
    this.domain = bound.domain;
    this.issuer = bound.issuer;
    this.signInFunction = bound.handlers['auth/sign-in'];
    this.createAuthorizer = bound.createAuthorizer;
    this._area = { handlers: bound.handlers, deadLetterQueues: [] };
  }

  /**
   * Requires a token of this identity for all routes of an API, except sign-in and the OpenAPI document.
   *
   * Call `guard` once, before you add routes that require a token.
   *
   * @param api the API to guard
   */
  public guard(api: VodApi): void {
    throwIfAny(this, [apiProblem(api)]);
    api.authorizeWith(this.createAuthorizer(api));
    api._roles = this.roles;
  }

  /**
   * Adds the sign-in routes. If the identity is not `Identity.userPool()`, this method adds no routes.
   *
   * @param api the API to add the routes to
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area);
  }
}
