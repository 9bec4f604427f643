import { CustomResource, Duration, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { BoundIdentity, IdentityContext } from './bound-identity';
import { CognitoAuthorizer } from './cognito-authorizer';
import { checkSignInAddresses, signInAddressProblems } from './sign-in-addresses';
import { groupProblems, invite, inviteProblem, makeGroups, makeUserPool, planProblem, USER_POOL_PROPS, userPoolProblems } from './user-pool';
import { brand, clientProblems, makeClient, refreshTokenValidity } from './user-pool-client';
import {
  CLIENT_SECRET_RESOURCE, ClientSecretProperties, CUSTOM_RESOURCE_FUNCTION_SECONDS, CUSTOM_RESOURCE_SERVICE_SECONDS,
} from '../../contract/custom-resources';
import { AUTHORIZE_PATH } from '../../contract/routes';
import { acknowledge } from '../../synth/acknowledge';
import { connection, permission } from '../../synth/connection';
import { globalName } from '../../synth/global-name';
import { handlerFunction } from '../../synth/handler-function';
import { grantSecrets } from '../../synth/late-keys';
import { overlay } from '../../synth/overlay';
import { enumProblem, isAbsent, keyProblem, numberProblem, objectProblem, show } from '../../synth/prop-checks';

/** What may be tuned of a user pool of the service's own. */
export interface UserPoolIdentityOptions {
  /**
   * The pool, in CDK's own words: password policy, MFA, sign-up, e-mail, plan, triggers. What is left out is as the
   * documentation of `VodAuth` says; a `removalPolicy` here wins over that of `VodAuth`.
   * @default - invited people only, long passwords, no MFA, the Lite plan
   */
  readonly userPool?: cognito.UserPoolProps;

  /**
   * The pool's client, in CDK's own words: lifetimes of tokens, identity providers. `generateSecret`, `oAuth`, `disableOAuth` and
   * `userPoolClientName` are refused: they are the service's.
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
   * E-mail address of a first admin, whom Cognito sends an invitation. Where it is changed another person is invited too, and where it is
   * taken out the admin stays one; to give an address again, delete its user first.
   * @default - nobody; README.md has the line that invites people
   */
  readonly firstAdmin?: string;

  /**
   * Concurrent executions of the function that serves sign-in: no more, so that anonymous callers can't use up those of the account, and no fewer.
   * Lambda keeps 100 of the account's unreserved, and so refuses any reservation in an account whose quota is that low.
   * @default - no reservation
   */
  readonly reservedConcurrentExecutions?: number;
}

/** A client for native apps. */
export interface PublicClientOptions {
  /**
   * Where sign-ins come back to: an app's own scheme (`com.example.app://callback`), a claimed https address, or `http://localhost`. Not an address of
   * the service itself, at any of its names: a script on its pages could read the code there, and exchange it for a refresh token.
   */
  readonly callbackUrls: string[];

  /**
   * Where sign-outs come back to.
   * @default - none
   */
  readonly logoutUrls?: string[];
}

/** Every option. */
export const USER_POOL_OPTIONS: Record<keyof UserPoolIdentityOptions, true> = {
  userPool: true, userPoolClient: true, domain: true, refreshTokenRotation: true, publicClient: true, firstAdmin: true, reservedConcurrentExecutions: true,
};

/** A pool with its pages and clients, and the sign-in handler with the confidential client's secret. */
export function userPoolIdentity(scope: Construct, options: UserPoolIdentityOptions, given: IdentityContext): BoundIdentity {
  const context = { ...given, removalPolicy: options.userPool?.removalPolicy ?? given.removalPolicy };
  acknowledge(scope, {
    'AwsSolutions-COG2': 'MFA is a prop: required by default it would lock people out of a service that is one line to set up',
    'AwsSolutions-COG8': 'the Plus plan costs by the user: it is a prop',
    'AwsSolutions-SMG4': 'Cognito issues this secret; it changes only with the client, and is then copied anew',
  });
  const { url, removalPolicy } = context;
  const userPool = makeUserPool(scope, options.userPool ?? {}, context);
  const groups = makeGroups(scope, userPool, context);
  // A prefix is taken once for a region: the stack's own id makes it nobody else's.
  const domain = userPool.addDomain('Domain', overlay({
    cognitoDomain: options.domain?.customDomain ? undefined : { domainPrefix: globalName(scope, 'vod') },
  }, options.domain));
  const userPoolClient = makeClient(userPool, 'Client', options, {
    generateSecret: true, callbackUrls: [`${url}${AUTHORIZE_PATH}`], logoutUrls: [`${url}/`],
  });
  const publicClient = options.publicClient && makeClient(userPool, 'PublicClient', options, { generateSecret: false, ...options.publicClient });
  const clients = [userPoolClient, ...publicClient ? [publicClient] : []];
  checkSignInAddresses(scope, options, url, publicClient);
  if (hasManagedLogin(options.domain)) clients.forEach((client) => brand(client, userPool));

  const secret = new secretsmanager.CfnSecret(scope, 'ClientSecret', { description: 'Secret of the user pool\'s client, filled when the stack is deployed' });
  secret.applyRemovalPolicy(removalPolicy);
  const { filler, filled } = fillClientSecret(scope, userPool, userPoolClient, secret);
  const signInFunction = handlerFunction(scope, 'SignIn', 'auth/sign-in', {
    description: 'Sign-in, its callback, refresh and sign-out',
    // Two calls to the sign-in server, and its keys.
    timeout: Duration.seconds(20),
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    uses: [connection({
      environment: { ISSUER: userPool.userPoolProviderUrl, CLIENT_ID: userPoolClient.userPoolClientId, SECRET_ARN: secret.ref, HOSTED_UI: domain.baseUrl() },
      grant: (grantee) => grantSecrets([secret], grantee, 'GetSecretValue'),
      // A new client id never meets the old client's secret.
      after: filled,
    })],
    environment: { SERVICE_URL: url, RETURN_ORIGINS: context.appOrigins, REFRESH_SECONDS: refreshTokenValidity(options).toSeconds() },
  });

  if (!isAbsent(options.firstAdmin)) {
    const [admins] = context.roles.admins!;
    // Nobody is invited to what could not be made.
    const admin = invite(scope, options.firstAdmin, userPool, options.userPool?.signInAliases, groups.get(admins) ?? admins, removalPolicy);
    admin.node.addDependency(domain, signInFunction);
  }

  return {
    userPool, userPoolClient, publicClient, domain, issuer: userPool.userPoolProviderUrl,
    handlers: { 'auth/sign-in': signInFunction, 'auth/fill-client-secret': filler },
    makeAuthorizer: (api) => new CognitoAuthorizer(scope, 'Authorizer', api, userPool, clients),
  };
}

/** CDK's own `userPoolClientSecret` would carry the secret through an answer to CloudFormation. */
function fillClientSecret(scope: Construct, userPool: cognito.UserPool, { userPoolClientId }: cognito.UserPoolClient, secret: secretsmanager.CfnSecret) {
  const filler = handlerFunction(scope, 'FillClientSecret', 'auth/fill-client-secret', {
    description: 'Copies the secret of the user pool\'s client to Secrets Manager',
    timeout: Duration.seconds(CUSTOM_RESOURCE_FUNCTION_SECONDS),
    uses: [
      permission(['cognito-idp:DescribeUserPoolClient'], [userPool.userPoolArn]),
      connection({ environment: {}, grant: (grantee) => grantSecrets([secret], grantee, 'PutSecretValue') }),
    ],
    environment: {},
  });
  const filled = new CustomResource(scope, 'FilledClientSecret', {
    resourceType: CLIENT_SECRET_RESOURCE,
    serviceToken: filler.functionArn,
    serviceTimeout: Duration.seconds(CUSTOM_RESOURCE_SERVICE_SECONDS),
    properties: { UserPoolId: userPool.userPoolId, ClientId: userPoolClientId, SecretArn: secret.ref } satisfies ClientSecretProperties,
  });
  return { filler, filled };
}

/** What is wrong with the props of the service's own pool. */
export function userPoolIdentityProblems(scope: Construct, options: UserPoolIdentityOptions, { roles, url }: IdentityContext): (string | undefined)[] {
  const { userPool, domain, publicClient, firstAdmin } = options;
  const noStructs = (['userPool', 'userPoolClient', 'domain', 'publicClient'] as const).map((name) => objectProblem(name, options[name], 'an object of options'));
  if (noStructs.some((problem) => problem)) return noStructs;
  return [
    keyProblem('', options, USER_POOL_OPTIONS, { 'userPool.*': USER_POOL_PROPS }),
    keyProblem('publicClient', publicClient, { callbackUrls: true, logoutUrls: true }),
    ...userPoolProblems(userPool),
    ...clientProblems(options),
    ...domainProblems(domain),
    numberProblem('reservedConcurrentExecutions', options.reservedConcurrentExecutions, { min: 1 }),
    hasManagedLogin(domain) ? planProblem('domain.managedLoginVersion', userPool) : undefined,
    ...groupProblems(roles),
    ...signInAddressProblems(scope, options, url),
    isAbsent(firstAdmin) ? undefined : inviteProblem('firstAdmin', firstAdmin),
    !isAbsent(firstAdmin) && roles.admins?.length === 0 ? 'firstAdmin: expected a group of admins, got roles.admins with nobody in it' : undefined,
  ];
}

/** As Cognito takes a prefix (Amazon Cognito Developer Guide, "Using the Amazon Cognito domain"). */
function domainProblems(domain?: cognito.UserPoolDomainOptions): (string | undefined)[] {
  const prefix = domain?.cognitoDomain?.domainPrefix;
  const isRight = isAbsent(prefix) || Token.isUnresolved(prefix)
    || (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(prefix) && !/aws|amazon|cognito/.test(prefix));
  return [
    isRight ? undefined : 'domain.cognitoDomain.domainPrefix: expected up to 63 lower-case letters, digits and hyphens, no hyphen at an end, '
      + `without "aws", "amazon" or "cognito" in it, got ${show(prefix)}`,
    domain?.cognitoDomain && domain.customDomain ? 'domain: expected either cognitoDomain or customDomain, got both' : undefined,
    enumProblem('domain.managedLoginVersion', domain?.managedLoginVersion, { ManagedLoginVersion: cognito.ManagedLoginVersion }),
  ];
}

function hasManagedLogin(domain: cognito.UserPoolDomainOptions | undefined): boolean {
  return domain?.managedLoginVersion === cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN;
}
