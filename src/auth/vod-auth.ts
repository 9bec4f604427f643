import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { BoundIdentity } from './identity/bound-identity';
import { Identity } from './identity/identity';
import type { VodApi } from '../api/vod-api';
import { groupsOf, rolesProblems, VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import { throwIfAny } from '../synth/errors';
import { originProblem } from '../synth/origin';
import { show } from '../synth/prop-checks';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

/** What may be tuned of sign-in and roles. */
export interface VodAuthOptions {
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
   * What happens to the user pool, its groups and the client's secret when the stack is deleted. Has no effect on resources that are not the
   * service's own. To have Cognito refuse the pool's deletion too, turn on `deletionProtection` in the pool's own props once the first deployment
   * has succeeded: the rollback of one that fails can't delete a protected pool.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of `VodAuth`. */
export interface VodAuthProps extends VodAuthOptions {
  /** The address that people use, `https://…` without a slash at its end: sign-ins come back to it. */
  readonly origin: string;
}

/**
 * Who may call: by default a Cognito user pool of its own, with sign-in pages and a client whose secret goes from Cognito to Secrets Manager
 * and nowhere else. People are invited, not signed up; passwords have 12 characters of four kinds; MFA is off, and by an authenticator app
 * where it is turned on; the plan is Lite, which costs least.
 *
 * @example
 * /// fixture=areas
 * declare const api: VodApi;
 * const auth = new VodAuth(this, 'Auth', { origin: 'https://videos.example.com' });
 * auth.guard(api);
 * auth.addRoutes(api);
 */
export class VodAuth extends Construct {
  /** Who may do what, with the identity's own admins: pass it as `roles` to `VodCatalog`, `VodUpload` and `VodDelivery`. */
  public readonly roles: VodRoles;

  /** @internal */
  public readonly _area: Area;

  private readonly bound: BoundIdentity;

  constructor(scope: Construct, id: string, props: VodAuthProps) {
    super(scope, id);
    const identity = props.identity ?? Identity.userPool();
    const isIdentity = typeof identity._bind === 'function';
    this.roles = { ...props.roles, admins: props.roles?.admins ?? identity._admins };
    const context = { origin: props.origin, roles: groupsOf(this.roles), removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY };
    throwIfAny(this, [
      originProblem('origin', props.origin),
      removalPolicyProblem('removalPolicy', props.removalPolicy),
      ...rolesProblems(props.roles),
      ...isIdentity ? identity._problems(this, context) : [`identity: expected one that Identity.userPool() or another of its functions made, got ${show(identity)}`],
    ]);
    this.bound = identity._bind(this, context);
    this._area = { handlers: this.bound.handlers, deadLetterQueues: [] };
  }

  /** The people, in the service's own pool with the groups `uploaders` and `admins`. Throws where the identity is no user pool. */
  public get userPool(): cognito.IUserPool {
    return this.have('userPool');
  }

  /** The client of the user pool: authorization code with PKCE and a secret in the service's own pool. Throws where the identity is no user pool. */
  public get userPoolClient(): cognito.IUserPoolClient {
    return this.have('userPoolClient');
  }

  /** The client without a secret for native apps. Throws unless the identity has one. */
  public get publicClient(): cognito.IUserPoolClient {
    return this.have('publicClient');
  }

  /** Where the sign-in pages of the service's own pool are. Throws where the identity brings its own. */
  public get domain(): cognito.UserPoolDomain {
    return this.have('domain');
  }

  /** Serves sign-in, its callback, refresh and sign-out. Throws where the identity brings its own. */
  public get signInFunction(): lambda.Function {
    return this.required('signInFunction', this._area.handlers['auth/sign-in']);
  }

  /** Who issues the tokens: their `iss` claim. Throws where only an authorizer knows. */
  public get issuer(): string {
    return this.have('issuer');
  }

  /**
   * Guards the API: every route that is not open then asks this identity. Comes once, and before the areas add their routes, which fail else.
   *
   * @param api what to guard
   */
  public guard(api: VodApi): void {
    api.authorizeWith(this.bound.makeAuthorizer(api));
    api._roles = this.roles;
  }

  /**
   * Adds the routes of sign-in, where the identity has any.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    api._serve(this._area);
  }

  /**
   * Whether people sign in with the service itself.
   *
   * @internal
   */
  public get _hasSignIn(): boolean {
    return this._area.handlers['auth/sign-in'] !== undefined;
  }

  private have<K extends keyof BoundIdentity>(name: K): NonNullable<BoundIdentity[K]> {
    return this.required(name, this.bound[name]);
  }

  private required<T>(name: string, value: T): NonNullable<T> {
    throwIfAny(this, [value === undefined ? `${name}: expected an identity that has one, got one without` : undefined]);
    return value!;
  }
}
