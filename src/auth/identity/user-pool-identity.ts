import { CustomResource, Duration, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { BoundIdentity, IdentityContext } from './bound-identity';
import { CognitoAuthorizer } from './cognito-authorizer';
import { checkSignInUrls, signInUrlProblems } from './sign-in-urls';
import { createGroups, createUserPool, groupProblems, invite, inviteProblem, planProblem, USER_POOL_PROPS, userPoolProblems } from './user-pool';
import { clientProblems, createBranding, createClient, refreshTokenValidity } from './user-pool-client';
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

/** Options for `Identity.userPool()`. */
export interface UserPoolIdentityOptions {
  /**
   * Props of CDK's `UserPool` that override the defaults, such as the password policy, MFA, sign-up, e-mail, the plan and triggers.
   *
   * `userPool.removalPolicy` takes precedence over the `removalPolicy` of `VodAuth`.
   * @default - users join by invitation only, passwords of at least 12 characters, no MFA, the Lite plan
   */
  readonly userPool?: cognito.UserPoolProps;

  /**
   * Options of CDK's `UserPoolClient` that override the defaults, such as token lifetimes and identity providers.
   *
   * `generateSecret`, `oAuth`, `disableOAuth` and `userPoolClientName` are rejected at synth, because `VodAuth` sets them.
   * @default - id and access tokens are valid for 1 hour, refresh tokens for 30 days; every identity provider of the pool is supported
   */
  readonly userPoolClient?: cognito.UserPoolClientOptions;

  /**
   * Options of CDK's `UserPoolDomain` for the domain of the sign-in pages, such as `customDomain` and `managedLoginVersion`.
   *
   * Managed login gets Cognito's default branding, and requires the Essentials plan or above.
   * @default - a subdomain of Cognito's domain with a unique prefix; the sign-in pages are the classic hosted UI
   */
  readonly domain?: cognito.UserPoolDomainOptions;

  /**
   * Whether each token renewal returns a new refresh token, so that a stolen refresh token soon becomes invalid.
   *
   * The previous refresh token stays valid for 30 seconds, or for `userPoolClient.refreshTokenRotationGracePeriod`. Rotation does not extend a session: the
   * session ends when its first refresh token would have expired. Rotation requires the Essentials plan or above, which costs more per active user
   * (https://aws.amazon.com/cognito/pricing). Rotation also removes ALLOW_REFRESH_TOKEN_AUTH from the auth flows of the clients.
   * @default false
   */
  readonly refreshTokenRotation?: boolean;

  /**
   * A client without a secret, for native apps. Native apps use the pool's sign-in pages, with the authorization code grant and PKCE (RFC 8252).
   * @default - none
   */
  readonly publicClient?: PublicClientOptions;

  /**
   * E-mail address of the first admin, to which Cognito sends an invitation.
   *
   * If you change the address, Cognito invites a new admin at the new address. Existing admins keep their access, even if you remove `firstAdmin`. To use an
   * earlier address again, first delete the user with this address.
   * @default - no admin is invited; README.md shows the command that invites a user
   */
  readonly firstAdmin?: string;

  /**
   * Reserved concurrency of the function that serves sign-in.
   *
   * The function cannot exceed its reservation, so anonymous callers cannot use up the concurrency of the account. If the account has a concurrency quota of
   * 100, Lambda rejects every reservation, because 100 executions must stay unreserved.
   * @default - no reservation
   */
  readonly reservedConcurrentExecutions?: number;
}

/** Options for the client that native apps use. */
export interface PublicClientOptions {
  /**
   * URLs to which a sign-in can return: a custom scheme of the app (`com.example.app://callback`), a claimed https URL, or `http://localhost`.
   *
   * A URL on a domain name of the service is rejected at synth. With such a URL, scripts on pages of the service could exchange the authorization code for a
   * refresh token.
   */
  readonly callbackUrls: string[];

  /**
   * URLs to which a sign-out can return.
   * @default - none
   */
  readonly logoutUrls?: string[];
}

export const USER_POOL_OPTIONS: Record<keyof UserPoolIdentityOptions, true> = {
  userPool: true, userPoolClient: true, domain: true, refreshTokenRotation: true, publicClient: true, firstAdmin: true, reservedConcurrentExecutions: true,
};

export function userPoolIdentity(scope: Construct, options: UserPoolIdentityOptions, given: IdentityContext): BoundIdentity {
  const context = { ...given, removalPolicy: options.userPool?.removalPolicy ?? given.removalPolicy };
  acknowledge(scope, {
    'AwsSolutions-COG2': 'MFA is an option (userPool.mfa), so that the first setup stays simple',
    'AwsSolutions-COG8': 'the Plus plan costs more per active user, so it is an option (userPool.featurePlan)',
    'AwsSolutions-SMG4': 'Secrets Manager can\'t rotate this secret, because Cognito creates the value; if CloudFormation replaces the client, fill-client-secret copies the new value',
  });
  const { url, removalPolicy } = context;
  const userPool = createUserPool(scope, options.userPool ?? {}, context);
  const groups = createGroups(scope, userPool, context);
  // A domain prefix must be unique in its region.
  const domain = userPool.addDomain('Domain', overlay({
    cognitoDomain: options.domain?.customDomain ? undefined : { domainPrefix: globalName(scope, 'vod') },
  }, options.domain));
  const userPoolClient = createClient(userPool, 'Client', options, {
    generateSecret: true, callbackUrls: [`${url}${AUTHORIZE_PATH}`], logoutUrls: [`${url}/`],
  });
  const publicClient = options.publicClient && createClient(userPool, 'PublicClient', options, { generateSecret: false, ...options.publicClient });
  const clients = [userPoolClient, ...publicClient ? [publicClient] : []];
  checkSignInUrls(scope, options, url, publicClient);
  if (hasManagedLogin(options.domain)) clients.forEach((client) => createBranding(client, userPool));

  const secret = new secretsmanager.CfnSecret(scope, 'ClientSecret', { description: 'Secret of the user pool\'s client, filled when the stack is deployed' });
  secret.applyRemovalPolicy(removalPolicy);
  const { filler, filled } = fillClientSecret(scope, userPool, userPoolClient, secret);
  const signInFunction = handlerFunction(scope, 'SignIn', 'auth/sign-in', {
    description: 'Serves sign-in, the sign-in callback, token refresh and sign-out',
    // The timeout allows two calls to the sign-in server and one request for its public keys.
    timeout: Duration.seconds(20),
    reservedConcurrentExecutions: options.reservedConcurrentExecutions,
    uses: [connection({
      environment: { ISSUER: userPool.userPoolProviderUrl, CLIENT_ID: userPoolClient.userPoolClientId, SECRET_ARN: secret.ref, HOSTED_UI: domain.baseUrl() },
      grant: (grantee) => grantSecrets([secret], grantee, 'GetSecretValue'),
      // If CloudFormation replaces the client, the secret must be updated before the function gets the new client id.
      after: filled,
    })],
    environment: { SERVICE_URL: url, RETURN_ORIGINS: context.appOrigins, REFRESH_SECONDS: refreshTokenValidity(options).toSeconds() },
  });

  if (!isAbsent(options.firstAdmin)) {
    const [admins] = context.roles.admins!;
    // The invitation must not arrive before the sign-in pages and the function are deployed.
    const admin = invite(scope, options.firstAdmin, userPool, options.userPool?.signInAliases, groups.get(admins) ?? admins, removalPolicy);
    admin.node.addDependency(domain, signInFunction);
  }

  return {
    userPool, userPoolClient, publicClient, domain, issuer: userPool.userPoolProviderUrl,
    handlers: { 'auth/sign-in': signInFunction, 'auth/fill-client-secret': filler },
    createAuthorizer: (api) => new CognitoAuthorizer(scope, 'Authorizer', api, userPool, clients),
  };
}

/** A handler copies the secret. With CDK's `userPoolClientSecret`, the response of a custom resource to CloudFormation would contain the secret. */
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
    ...signInUrlProblems(scope, options, url),
    isAbsent(firstAdmin) ? undefined : inviteProblem('firstAdmin', firstAdmin),
    !isAbsent(firstAdmin) && roles.admins?.length === 0 ? 'roles.admins: expected a group for firstAdmin, such as Access.group(\'admins\'), got Access.nobody()' : undefined,
  ];
}

/** For Cognito's rules, see "Using the Amazon Cognito domain" in the Amazon Cognito Developer Guide. */
function domainProblems(domain?: cognito.UserPoolDomainOptions): (string | undefined)[] {
  const prefix = domain?.cognitoDomain?.domainPrefix;
  const isRight = isAbsent(prefix) || Token.isUnresolved(prefix)
    || (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(prefix) && !/aws|amazon|cognito/.test(prefix));
  return [
    isRight ? undefined : `domain.cognitoDomain.domainPrefix: expected 1 to 63 lower-case letters, digits and hyphens, got ${show(prefix)}. `
      + 'The prefix must not begin or end with a hyphen, and must not contain "aws", "amazon" or "cognito"',
    domain?.cognitoDomain && domain.customDomain ? 'domain: expected either cognitoDomain or customDomain, got both' : undefined,
    enumProblem('domain.managedLoginVersion', domain?.managedLoginVersion, { ManagedLoginVersion: cognito.ManagedLoginVersion }),
  ];
}

function hasManagedLogin(domain: cognito.UserPoolDomainOptions | undefined): boolean {
  return domain?.managedLoginVersion === cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN;
}
