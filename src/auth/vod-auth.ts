import { CustomResource, Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { VodApi } from '../api/vod-api';
import { AUTHORIZE_PATH } from '../contract/routes';
import { acknowledge } from '../synth/acknowledge';
import { throwIfAny } from '../synth/errors';
import { globalName } from '../synth/global-name';
import { handlerFunction } from '../synth/handler-function';

/** What may be tuned of sign-in. */
export interface VodAuthOptions {
  /**
   * Whether anyone may make an account. By default an administrator does.
   * @default false
   */
  readonly selfSignUp?: boolean;

  /**
   * Whether people need a second factor: a code from an authenticator app. SMS is never used, since it costs.
   * The sign-in page lets people enrol only where it is `REQUIRED`.
   * @default Mfa.OFF
   */
  readonly mfa?: cognito.Mfa;

  /**
   * The plan of the user pool, and so its price for each active user.
   * @default FeaturePlan.LITE - the one that costs least
   */
  readonly featurePlan?: cognito.FeaturePlan;

  /**
   * How long an id token opens the API: 5 minutes to a day. It can't be taken back, so keep it short.
   * @default Duration.hours(1)
   */
  readonly idTokenValidity?: Duration;

  /**
   * How long an access token is good: 5 minutes to a day.
   * @default Duration.hours(1)
   */
  readonly accessTokenValidity?: Duration;

  /**
   * How long a session lasts without a new sign-in: an hour to 10 years, and no less than the other two.
   * @default Duration.days(30)
   */
  readonly refreshTokenValidity?: Duration;

  /**
   * Origins besides the service's own to which a sign-in may return, such as `http://localhost:5173` of a development
   * server that passes `/api` on.
   * @default - none
   */
  readonly returnOrigins?: string[];

  /**
   * What happens to the user pool, its groups and the client's secret when the stack goes. All but `DESTROY` protect the pool from deletion too.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of `VodAuth`. */
export interface VodAuthProps extends VodAuthOptions {
  /** The address that people use, `https://…` without a slash at its end: sign-ins come back to it. */
  readonly origin: string;
}

/**
 * Sign-in: a Cognito user pool with its hosted pages, and a client whose secret goes from Cognito to Secrets Manager and
 * nowhere else.
 *
 * @example
 * /// fixture=areas
 * declare const api: VodApi;
 * const auth = new VodAuth(this, 'Auth', { origin: 'https://videos.example.com' });
 * auth.addRoutes(api);
 * api.authorizeWith(auth.userPool, auth.userPoolClient);
 */
export class VodAuth extends Construct {
  /** The people, with the groups `uploaders` and `admins`. */
  public readonly userPool: cognito.UserPool;
  /** The one client of the pool: authorization code with PKCE and a secret. */
  public readonly userPoolClient: cognito.UserPoolClient;
  /** Where the pool's sign-in pages are. */
  public readonly domain: cognito.UserPoolDomain;
  /** Address of the sign-in pages, without a slash at its end. */
  public readonly hostedUiAddress: string;
  /** Who issues the tokens: their `iss` claim. */
  public readonly issuer: string;
  /** Serves sign-in, its callback, refresh and sign-out. */
  public readonly signInFunction: lambda.Function;

  constructor(scope: Construct, id: string, props: VodAuthProps) {
    super(scope, id);
    const returnOrigins = props.returnOrigins ?? [];
    throwIfAny(this, [
      originProblem('origin', props.origin),
      ...returnOrigins.map((origin, index) => originProblem(`returnOrigins[${index}]`, origin)),
    ]);
    acknowledge(this, {
      'AwsSolutions-COG2': 'MFA is a prop: required by default it would lock people out of a service that is one line to set up',
      'AwsSolutions-COG8': 'the Plus plan costs by the user: it is a prop',
      'AwsSolutions-SMG4': 'Cognito issues this secret; it changes only with the client, and is then copied anew',
    });
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const refreshTokenValidity = props.refreshTokenValidity ?? Duration.days(30);

    this.userPool = this.makeUserPool(props, removalPolicy);
    this.issuer = this.userPool.userPoolProviderUrl;
    // A prefix is taken once for a region: the stack's own id makes it nobody else's.
    this.domain = this.userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: globalName(this, 'vod') } });
    this.hostedUiAddress = this.domain.baseUrl();
    this.userPoolClient = this.userPool.addClient('Client', {
      generateSecret: true,
      // Named, since an empty list means Cognito's own default, and no list at all none: leaves only the refresh of tokens.
      authFlows: { userPassword: false },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
        callbackUrls: [`${props.origin}${AUTHORIZE_PATH}`],
        logoutUrls: [`${props.origin}/`],
      },
      idTokenValidity: props.idTokenValidity ?? Duration.hours(1),
      accessTokenValidity: props.accessTokenValidity ?? Duration.hours(1),
      refreshTokenValidity,
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
    });
    const secret = new secretsmanager.CfnSecret(this, 'ClientSecret', { description: 'Secret of the user pool\'s client, filled when the stack is deployed' });
    secret.applyRemovalPolicy(removalPolicy);
    const filled = this.fillClientSecret(secret.ref);

    this.signInFunction = handlerFunction(this, 'SignIn', 'auth/sign-in', {
      description: 'Sign-in, its callback, refresh and sign-out',
      // Two calls to the sign-in server, and its keys.
      timeout: Duration.seconds(20),
      environment: {
        HOSTED_UI: this.hostedUiAddress,
        ISSUER: this.issuer,
        CLIENT_ID: this.userPoolClient.userPoolClientId,
        SECRET_ARN: secret.ref,
        ORIGIN: props.origin,
        RETURN_ORIGINS: JSON.stringify(returnOrigins),
        REFRESH_SECONDS: String(refreshTokenValidity.toSeconds()),
      },
    });
    iam.Grant.addToPrincipal({ grantee: this.signInFunction, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secret.ref] });
    // A new client id never meets the old client's secret.
    this.signInFunction.node.addDependency(filled);
  }

  /**
   * Adds the routes of sign-in.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    api._serve('auth/sign-in', this.signInFunction);
  }

  private makeUserPool(props: VodAuthProps, removalPolicy: RemovalPolicy): cognito.UserPool {
    const userPool = new cognito.UserPool(this, 'UserPool', {
      selfSignUpEnabled: props.selfSignUp ?? false,
      signInAliases: { username: true, email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      // A changed address counts once it is verified: until then the old one signs in.
      keepOriginal: { email: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      enableSmsRole: false,
      mfa: props.mfa ?? cognito.Mfa.OFF,
      mfaSecondFactor: { sms: false, otp: true },
      passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      featurePlan: props.featurePlan ?? cognito.FeaturePlan.LITE,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    for (const [id, groupName, description] of [
      ['Uploaders', 'uploaders', 'May upload, where uploading is restricted'],
      ['Admins', 'admins', 'May manage every video'],
    ]) {
      // As lasting as the pool: with a group go its memberships.
      new cognito.UserPoolGroup(this, id, { userPool, groupName, description }).applyRemovalPolicy(removalPolicy);
    }
    return userPool;
  }

  /** CDK's own `userPoolClientSecret` would carry the secret through an answer to CloudFormation. */
  private fillClientSecret(secretArn: string): CustomResource {
    const fill = handlerFunction(this, 'FillClientSecret', 'auth/fill-client-secret', {
      description: 'Copies the secret of the user pool\'s client to Secrets Manager', environment: {},
    });
    iam.Grant.addToPrincipal({ grantee: fill, actions: ['cognito-idp:DescribeUserPoolClient'], resourceArns: [this.userPool.userPoolArn] });
    iam.Grant.addToPrincipal({ grantee: fill, actions: ['secretsmanager:PutSecretValue'], resourceArns: [secretArn] });
    return new CustomResource(this, 'FilledClientSecret', {
      resourceType: 'Custom::VodClientSecret',
      serviceToken: fill.functionArn,
      serviceTimeout: Duration.minutes(5),
      properties: { UserPoolId: this.userPool.userPoolId, ClientId: this.userPoolClient.userPoolClientId, SecretArn: secretArn },
    });
  }
}

function originProblem(name: string, value: string): string | undefined {
  if (Token.isUnresolved(value)) return undefined;
  const expected = `${name}: expected an origin such as "https://app.example.com" (scheme and host, no path, no slash at its end), got "${value}"`;
  if (!URL.canParse(value)) return expected;
  const { origin, protocol, hostname } = new URL(value);
  if (origin !== value) return expected;
  const local = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || local ? undefined : `${name}: expected https (http is for localhost only), got "${value}"`;
}
