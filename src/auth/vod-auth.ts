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
  /** The address that people use, `https://…` without a slash at its end: sign-ins come back to it. */
  readonly url: string;

  /**
   * Who vouches for the people that call. Choose it before people upload: a video belongs to the id that its uploader had, so with
   * another identity nobody owns what was uploaded before, and only admins see what of it is private.
   * @default Identity.userPool() - a user pool of the service's own, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * Who may upload, who may watch, and who are the admins.
   * @default - everyone signed in may upload and watch; the group `admins` of the service's own pool manages every video
   */
  readonly roles?: VodRoles;

  /**
   * Origins besides the service's own to which a sign-in may return, such as `http://localhost:5173` of a development server that passes `/api` on.
   * @default - none
   */
  readonly appOrigins?: string[];

  /**
   * Whether Cognito refuses to delete the user pool. Turn it on after the first deployment has succeeded: the rollback of one that fails can't delete a
   * protected pool. Has no effect on a pool of your own.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;

  /**
   * What happens to the user pool, its groups and the client's secret when the stack is deleted. Has no effect on resources that are not the
   * service's own.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Who may call: by default a Cognito user pool of its own, with sign-in pages and a client whose secret goes from Cognito to Secrets Manager
 * and nowhere else. People are invited, not signed up; passwords have 12 characters of four kinds; MFA is off, and by an authenticator app
 * where it is turned on; the plan is Lite, which costs least.
 *
 * @example
 * declare const api: VodApi;
 * const auth = new VodAuth(this, 'Auth', { url: 'https://videos.example.com' });
 * auth.guard(api);
 * auth.addRoutes(api);
 */
export class VodAuth extends Construct {
  /** Who may do what, with the identity's own admins: pass it as `roles` to `VodCatalog`. */
  public readonly roles: VodRoles;
  /** The people: in the service's own pool with the groups of the roles. Undefined if the identity is no user pool. */
  public readonly userPool?: cognito.IUserPool;
  /** The client of the user pool: authorization code with PKCE and a secret in the service's own pool. Undefined if the identity is no user pool. */
  public readonly userPoolClient?: cognito.IUserPoolClient;
  /** The client without a secret for native apps. Undefined unless the identity has one. */
  public readonly publicClient?: cognito.IUserPoolClient;
  /** Where the sign-in pages of the service's own pool are. Undefined if the identity brings its own. */
  public readonly domain?: cognito.UserPoolDomain;
  /** Serves sign-in, its callback, refresh and sign-out. Undefined if the identity brings its own. */
  public readonly signInFunction?: lambda.Function;
  /** Who issues the tokens: their `iss` claim. Undefined if only an authorizer knows. */
  public readonly issuer?: string;

  /** @internal */
  public readonly _area: Area;

  private readonly makeAuthorizer: BoundIdentity['makeAuthorizer'];

  constructor(scope: Construct, id: string, props: VodAuthProps) {
    super(checkedScope(scope, id, props), id);
    const identity = props.identity ?? Identity.userPool();
    const noIdentity = identityProblem(identity);
    this.roles = overlay({ admins: identity._admins ?? Access.nobody() }, props.roles);
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
    this.makeAuthorizer = bound.makeAuthorizer;
    this._area = { handlers: bound.handlers, deadLetterQueues: [] };
  }

  /**
   * Guards the API: every route that is not open then asks this identity. Comes once, and before the areas add their routes, which fail else.
   *
   * @param api what to guard
   */
  public guard(api: VodApi): void {
    throwIfAny(this, [apiProblem(api)]);
    api.authorizeWith(this.makeAuthorizer(api));
    api._roles = this.roles;
  }

  /**
   * Adds the routes of sign-in, where the identity has any.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area);
  }
}
