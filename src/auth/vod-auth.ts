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
  /** The service URL, `https://…` without a trailing slash. Sign-in returns to this URL. */
  readonly url: string;

  /**
   * The identity provider of the users.
   *
   * Choose the identity before users upload videos: the owner of a video is the user id of its uploader. After a change of the identity, existing videos have
   * no owner, and only admins can see the private ones.
   * @default Identity.userPool() - a new user pool, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * The users who can upload, the users who can watch, and the admins.
   * @default - every signed-in user can upload and watch; with `Identity.userPool()`, the group `admins` can manage every video
   */
  readonly roles?: VodRoles;

  /**
   * Other origins to which a sign-in can return, such as `http://localhost:5173` for a development server that forwards `/api` to the service.
   * @default - none
   */
  readonly appOrigins?: string[];

  /**
   * Whether deletion protection of the user pool is on. Has no effect on an existing user pool.
   *
   * Turn the protection on after the first deployment has succeeded: the rollback of a failed deployment cannot delete a protected pool.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for the functions of this area.
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * What happens to the user pool, its groups and the client's secret when the stack is deleted. Has no effect on existing resources.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Sign-in of users, and authorization of their API requests.
 *
 * By default, this construct creates a Cognito user pool with sign-in pages, and a client whose secret is stored only in Cognito and Secrets Manager. Users
 * join by invitation only. Passwords have at least 12 characters, including lower-case and upper-case letters, digits and symbols. MFA is off. If you turn MFA
 * on, users need an authenticator app. The plan is Lite, which costs least.
 *
 * @example
 * declare const api: VodApi;
 * const auth = new VodAuth(this, 'Auth', { url: 'https://videos.example.com' });
 * auth.guard(api);
 * auth.addRoutes(api);
 */
export class VodAuth extends Construct {
  /** The roles, including the default admins of the identity. Pass them as `roles` to `VodCatalog`. */
  public readonly roles: VodRoles;
  /** The user pool. A user pool that this construct creates contains the groups of the roles. Undefined if the identity is not a user pool. */
  public readonly userPool?: cognito.IUserPool;
  /**
   * The client of the user pool. A client that this construct creates has a secret, and uses the authorization code grant with PKCE. Undefined if the identity
   * is not a user pool.
   */
  public readonly userPoolClient?: cognito.IUserPoolClient;
  /** The client without a secret, for native apps. Undefined unless `publicClient` is set. */
  public readonly publicClient?: cognito.IUserPoolClient;
  /** The domain of the sign-in pages. Undefined unless the identity is `Identity.userPool()`. */
  public readonly domain?: cognito.UserPoolDomain;
  /** The function that serves sign-in, its callback, token refresh and sign-out. Undefined unless the identity is `Identity.userPool()`. */
  public readonly signInFunction?: lambda.Function;
  /** The issuer of the tokens (`iss` claim). Undefined if the identity is `Identity.fromUserPool()` or `Identity.fromAuthorizer()`. */
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
   * Guards the API: every route that is not open then requires a token of this identity.
   *
   * Call it once, before any area adds routes that require a token.
   *
   * @param api the API to guard
   */
  public guard(api: VodApi): void {
    throwIfAny(this, [apiProblem(api)]);
    api.authorizeWith(this.createAuthorizer(api));
    api._roles = this.roles;
  }

  /**
   * Adds the sign-in routes, if the identity has any.
   *
   * @param api the API to add the routes to
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area);
  }
}
