import { CustomResource, Duration, Fn, Lazy, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { BoundIdentity, IdentityContext } from './bound-identity';
import { cognitoAuthorizer } from './cognito-authorizer';
import { AUTHORIZE_PATH, LOGIN_PATH } from '../contract/routes';
import { acknowledge } from '../synth/acknowledge';
import { throwIfAny } from '../synth/errors';
import { globalName } from '../synth/global-name';
import { handlerFunction } from '../synth/handler-function';
import { originProblem } from '../synth/origin';

/** What may be tuned of a user pool of the service's own. */
export interface UserPoolIdentityOptions {
  /**
   * The pool, in CDK's own words: password policy, MFA, sign-up, e-mail, plan, triggers. What is left out is as the
   * documentation of `VodAuth` says.
   * @default - invited people only, long passwords, no MFA, the Lite plan
   */
  readonly userPool?: cognito.UserPoolProps;

  /**
   * The pool's client, in CDK's own words: lifetimes of tokens, identity providers. Its secret and its OAuth settings are the service's.
   * @default - id and access tokens of an hour, refresh tokens of 30 days, every identity provider of the pool
   */
  readonly userPoolClient?: cognito.UserPoolClientOptions;

  /**
   * Where the sign-in pages are, in CDK's own words: a domain of your own, and `managedLoginVersion`. Managed login comes with
   * Cognito's own branding, and needs the Essentials plan or above.
   * @default - a prefix that nobody else has, with the classic pages
   */
  readonly domain?: cognito.UserPoolDomainOptions;

  /**
   * Whether each renewal gives a new refresh token, so that a stolen one soon ends. The one before stays good for 30 seconds, or for
   * `userPoolClient.refreshTokenRotationGracePeriod`. A session still ends when its first refresh token would have. It needs the Essentials
   * plan or above, which costs by the active user (https://aws.amazon.com/cognito/pricing), and leaves out ALLOW_REFRESH_TOKEN_AUTH.
   * @default false
   */
  readonly refreshTokenRotation?: boolean;

  /**
   * A client without a secret for native apps, which sign in at the pool's pages by themselves: authorization code with PKCE (RFC 8252).
   * @default - none
   */
  readonly publicClient?: PublicClientOptions;

  /**
   * E-mail address of a first admin, whom Cognito sends an invitation. Where it is changed another person is invited too.
   * @default - nobody; README.md has the line that invites people
   */
  readonly firstAdmin?: string;

  /**
   * Origins besides the service's own to which a sign-in may return, such as `http://localhost:5173` of a development
   * server that passes `/api` on.
   * @default - none
   */
  readonly returnOrigins?: string[];
}

/** A client for native apps. */
export interface PublicClientOptions {
  /** Where sign-ins come back to: an app's own scheme (`com.example.app://callback`), a claimed https address, or `http://localhost`. */
  readonly callbackUrls: string[];

  /**
   * Where sign-outs come back to.
   * @default - none
   */
  readonly logoutUrls?: string[];
}

/** How long a refresh token that was rotated out stays good, so that an answer that got lost can be asked for again. */
const ROTATION_GRACE = Duration.seconds(30);

/** A pool with its pages and clients, and the sign-in handler with the confidential client's secret. */
export function userPoolIdentity(scope: Construct, options: UserPoolIdentityOptions, context: IdentityContext): BoundIdentity {
  throwIfAny(scope, problemsOf(options));
  acknowledge(scope, {
    'AwsSolutions-COG2': 'MFA is a prop: required by default it would lock people out of a service that is one line to set up',
    'AwsSolutions-COG8': 'the Plus plan costs by the user: it is a prop',
    'AwsSolutions-SMG4': 'Cognito issues this secret; it changes only with the client, and is then copied anew',
  });
  const { origin, removalPolicy } = context;
  const userPool = makeUserPool(scope, options, context);
  // A prefix is taken once for a region: the stack's own id makes it nobody else's.
  const domain = userPool.addDomain('Domain', {
    ...(!options.domain?.customDomain && { cognitoDomain: { domainPrefix: globalName(scope, 'vod') } }), ...options.domain,
  });
  const userPoolClient = makeClient(userPool, 'Client', options, {
    generateSecret: true, callbackUrls: [`${origin}${AUTHORIZE_PATH}`], logoutUrls: [`${origin}/`],
  });
  const publicClient = options.publicClient && makeClient(userPool, 'PublicClient', options, { generateSecret: false, ...options.publicClient });
  const clients = [userPoolClient, ...publicClient ? [publicClient] : []];
  if (options.domain?.managedLoginVersion === cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN) {
    clients.forEach((client) => brand(client, userPool));
  }

  const secret = new secretsmanager.CfnSecret(scope, 'ClientSecret', { description: 'Secret of the user pool\'s client, filled when the stack is deployed' });
  secret.applyRemovalPolicy(removalPolicy);
  const filled = fillClientSecret(scope, userPool, userPoolClient, secret.ref);
  const signInFunction = handlerFunction(scope, 'SignIn', 'auth/sign-in', {
    description: 'Sign-in, its callback, refresh and sign-out',
    // Two calls to the sign-in server, and its keys.
    timeout: Duration.seconds(20),
    environment: {
      HOSTED_UI: domain.baseUrl(),
      ISSUER: userPool.userPoolProviderUrl,
      CLIENT_ID: userPoolClient.userPoolClientId,
      SECRET_ARN: secret.ref,
      ORIGIN: origin,
      RETURN_ORIGINS: JSON.stringify(options.returnOrigins ?? []),
      REFRESH_SECONDS: String(refreshTokenValidity(options).toSeconds()),
    },
  });
  iam.Grant.addToPrincipal({ grantee: signInFunction, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secret.ref] });
  // A new client id never meets the old client's secret.
  signInFunction.node.addDependency(filled);

  return {
    userPool, userPoolClient, publicClient, domain, signInFunction, issuer: userPool.userPoolProviderUrl,
    authorizer: (api) => cognitoAuthorizer(scope, api, userPool, clients),
  };
}

function makeUserPool(scope: Construct, options: UserPoolIdentityOptions, { origin, roles, removalPolicy }: IdentityContext): cognito.UserPool {
  const userPool = new cognito.UserPool(scope, 'UserPool', {
    selfSignUpEnabled: false,
    signInAliases: { username: true, email: true },
    signInCaseSensitive: false,
    standardAttributes: { email: { required: true, mutable: true } },
    // A changed address counts once it is verified: until then the old one signs in.
    keepOriginal: { email: true },
    accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
    enableSmsRole: false,
    mfa: cognito.Mfa.OFF,
    mfaSecondFactor: { sms: false, otp: true },
    passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
    featurePlan: cognito.FeaturePlan.LITE,
    userInvitation: {
      emailSubject: 'Your invitation',
      emailBody: `<p>You are invited to ${origin}</p><p>Sign in as {username} with the temporary password {####}</p>`
        + `<p><a href="${origin}${LOGIN_PATH}?return_to=%2F">Sign in</a></p>`,
    },
    deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    removalPolicy,
    ...options.userPool,
  });
  const named = [roles.uploaders, roles.viewers, roles.admins].filter((name) => name !== undefined && !Token.isUnresolved(name)) as string[];
  const others = [...new Set(named)].filter((name) => !['uploaders', 'admins'].includes(name));
  const groups = new Map([
    ['Uploaders', 'uploaders', 'May upload, where uploading is restricted'],
    ['Admins', 'admins', 'May manage every video'],
    ...others.map((name) => [`Group${name.replace(/\//g, '-')}`, name, 'Named in a role of the video service']),
  ].map(([id, groupName, description]) => {
    const group = new cognito.UserPoolGroup(scope, id, { userPool, groupName, description });
    // As lasting as the pool: with a group go its memberships.
    group.applyRemovalPolicy(removalPolicy);
    return [groupName, group];
  }));
  if (options.firstAdmin !== undefined) invite(scope, userPool, options, { removalPolicy, group: groups.get(roles.admins)?.groupName ?? roles.admins });
  return userPool;
}

/** Cognito sends the invitation when the user is made. */
function invite(
  scope: Construct, userPool: cognito.UserPool, { firstAdmin: email = '', userPool: { signInAliases } = {} }: UserPoolIdentityOptions,
  { removalPolicy, group }: { removalPolicy: RemovalPolicy; group: string },
): void {
  const user = new cognito.CfnUserPoolUser(scope, 'FirstAdmin', {
    userPoolId: userPool.userPoolId,
    // Where an address is an alias, a user name may not look like one. It changes with the address, since CloudFormation makes the new user first.
    username: signInAliases && !signInAliases.username ? email : Fn.join('-at-', Fn.split('@', email)),
    desiredDeliveryMediums: ['EMAIL'],
    userAttributes: [{ name: 'email', value: email }, { name: 'email_verified', value: 'true' }],
  });
  user.applyRemovalPolicy(removalPolicy);
  new cognito.CfnUserPoolUserToGroupAttachment(scope, 'FirstAdminRole', { userPoolId: userPool.userPoolId, username: user.ref, groupName: group });
}

function refreshTokenValidity({ userPoolClient }: UserPoolIdentityOptions): Duration {
  return userPoolClient?.refreshTokenValidity ?? Duration.days(30);
}

function rotates({ refreshTokenRotation, userPoolClient }: UserPoolIdentityOptions): boolean {
  return refreshTokenRotation ?? userPoolClient?.refreshTokenRotationGracePeriod !== undefined;
}

function makeClient(
  userPool: cognito.UserPool, id: string, options: UserPoolIdentityOptions,
  { generateSecret, callbackUrls, logoutUrls }: PublicClientOptions & { readonly generateSecret: boolean },
): cognito.UserPoolClient {
  const rotation = rotates(options);
  const client = userPool.addClient(id, {
    // Named, since without any Cognito takes its defaults. None leaves the refresh of tokens, which rotation excludes: SRP then is the least
    // that can be named, and opens nothing, since it asks for the password too.
    authFlows: rotation ? { userSrp: true } : { userPassword: false },
    idTokenValidity: Duration.hours(1),
    accessTokenValidity: Duration.hours(1),
    enableTokenRevocation: true,
    preventUserExistenceErrors: true,
    ...options.userPoolClient,
    refreshTokenValidity: refreshTokenValidity(options),
    refreshTokenRotationGracePeriod: rotation ? options.userPoolClient?.refreshTokenRotationGracePeriod ?? ROTATION_GRACE : undefined,
    generateSecret,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
      callbackUrls, logoutUrls,
    },
  });
  const resource = client.node.defaultChild as cognito.CfnUserPoolClient;
  if (!options.userPoolClient?.supportedIdentityProviders) {
    // Late, so that providers count which are added to the pool after us. Their names are references, which also make them come first.
    resource.supportedIdentityProviders = Lazy.list({ produce: () => ['COGNITO', ...userPool.identityProviders.map(({ providerName }) => providerName)] });
  }
  client.node.addValidation({ validate: () => rotation ? rotationProblems(resource) : [] });
  return client;
}

/** Looks at what will be deployed, whoever set it. */
function rotationProblems({ explicitAuthFlows }: cognito.CfnUserPoolClient): string[] {
  if (explicitAuthFlows?.length && !explicitAuthFlows.includes('ALLOW_REFRESH_TOKEN_AUTH')) return [];
  const got = explicitAuthFlows?.length ? 'ALLOW_REFRESH_TOKEN_AUTH among them' : 'none, which Cognito reads as its defaults, with ALLOW_REFRESH_TOKEN_AUTH';
  return [`refreshTokenRotation: Cognito refuses rotation beside ALLOW_REFRESH_TOKEN_AUTH: expected userPoolClient.authFlows without it, such as { userSrp: true }, got ${got}`];
}

/** Without a branding managed login shows no pages. */
function brand(client: cognito.UserPoolClient, userPool: cognito.UserPool): void {
  new cognito.CfnManagedLoginBranding(client, 'Branding', {
    userPoolId: userPool.userPoolId, clientId: client.userPoolClientId, useCognitoProvidedValues: true,
  });
}

/** CDK's own `userPoolClientSecret` would carry the secret through an answer to CloudFormation. */
function fillClientSecret(scope: Construct, userPool: cognito.UserPool, { userPoolClientId }: cognito.UserPoolClient, secretArn: string): CustomResource {
  const fill = handlerFunction(scope, 'FillClientSecret', 'auth/fill-client-secret', {
    description: 'Copies the secret of the user pool\'s client to Secrets Manager', environment: {},
  });
  iam.Grant.addToPrincipal({ grantee: fill, actions: ['cognito-idp:DescribeUserPoolClient'], resourceArns: [userPool.userPoolArn] });
  iam.Grant.addToPrincipal({ grantee: fill, actions: ['secretsmanager:PutSecretValue'], resourceArns: [secretArn] });
  return new CustomResource(scope, 'FilledClientSecret', {
    resourceType: 'Custom::VodClientSecret',
    serviceToken: fill.functionArn,
    serviceTimeout: Duration.minutes(5),
    properties: { UserPoolId: userPool.userPoolId, ClientId: userPoolClientId, SecretArn: secretArn },
  });
}

function problemsOf(options: UserPoolIdentityOptions): (string | undefined)[] {
  const { userPool, userPoolClient, domain, publicClient, firstAdmin, returnOrigins = [] } = options;
  const isLite = (userPool?.featurePlan ?? cognito.FeaturePlan.LITE) === cognito.FeaturePlan.LITE;
  const essentials = 'needs userPool.featurePlan ESSENTIALS or PLUS, which cost by the active user (https://aws.amazon.com/cognito/pricing), got LITE';
  const managed = domain?.managedLoginVersion === cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN;
  const given = (name: keyof cognito.UserPoolClientOptions) => userPoolClient?.[name] !== undefined;
  return [
    ...returnOrigins.map((origin, index) => originProblem(`returnOrigins[${index}]`, origin)),
    rotates(options) && isLite ? `refreshTokenRotation: ${essentials}` : undefined,
    managed && isLite ? `domain.managedLoginVersion: managed login ${essentials}` : undefined,
    ...(['generateSecret', 'oAuth', 'disableOAuth', 'userPoolClientName'] as const).map((name) => given(name)
      ? `userPoolClient.${name}: the service's own; for another client call addClient on the user pool` : undefined),
    publicClient?.callbackUrls.length === 0 ? 'publicClient.callbackUrls: expected one at least' : undefined,
    firstAdmin === undefined || Token.isUnresolved(firstAdmin) || /^[^@\s]+@[^@\s]+$/.test(firstAdmin) ? undefined
      : `firstAdmin: expected an e-mail address, got "${firstAdmin}"`,
  ];
}
