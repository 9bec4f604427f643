import { Duration, Lazy } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { planProblem } from './user-pool';
import { overlay } from '../../synth/overlay';
import { booleanProblem, durationProblem, isAbsent } from '../../synth/prop-checks';

/** How long a refresh token that was rotated out stays good, so that an answer that got lost can be asked for again. */
const ROTATION_GRACE = Duration.seconds(30);

/** What the clients of the pool have in common. */
interface ClientSettings {
  readonly userPool?: cognito.UserPoolProps;
  readonly userPoolClient?: cognito.UserPoolClientOptions;
  readonly refreshTokenRotation?: boolean;
}

/** How long a session lasts. */
export function refreshTokenValidity({ userPoolClient }: ClientSettings): Duration {
  return userPoolClient?.refreshTokenValidity ?? Duration.days(30);
}

/** Whether each renewal gives a new refresh token: CDK's own prop turns it on too. */
function rotates({ refreshTokenRotation, userPoolClient }: ClientSettings): boolean {
  return refreshTokenRotation ?? !isAbsent(userPoolClient?.refreshTokenRotationGracePeriod);
}

/** What is wrong with the props of the clients. */
export function clientProblems(options: ClientSettings): (string | undefined)[] {
  const given = (name: keyof cognito.UserPoolClientOptions) => !isAbsent(options.userPoolClient?.[name]);
  const { idTokenValidity, accessTokenValidity, refreshTokenValidity: refresh, refreshTokenRotationGracePeriod } = options.userPoolClient ?? {};
  return [
    booleanProblem('refreshTokenRotation', options.refreshTokenRotation),
    // As Cognito takes them (Amazon Cognito User Pools API Reference, CreateUserPoolClient); CloudFormation is given minutes.
    durationProblem('userPoolClient.idTokenValidity', idTokenValidity, Duration.minutes(5), Duration.days(1), 'minutes'),
    durationProblem('userPoolClient.accessTokenValidity', accessTokenValidity, Duration.minutes(5), Duration.days(1), 'minutes'),
    durationProblem('userPoolClient.refreshTokenValidity', refresh, Duration.hours(1), Duration.days(3650), 'minutes'),
    refresh?.isUnresolved?.() ? 'userPoolClient.refreshTokenValidity: expected a duration that is known at synth, since the cookie needs it in another unit than the client' : undefined,
    durationProblem('userPoolClient.refreshTokenRotationGracePeriod', refreshTokenRotationGracePeriod, Duration.seconds(0), Duration.seconds(60)),
    rotates(options) ? planProblem('refreshTokenRotation', options.userPool) : undefined,
    ...(['generateSecret', 'oAuth', 'disableOAuth', 'userPoolClientName'] as const).map((name) => given(name)
      ? `userPoolClient.${name}: expected none, since it is the service's own; for a client without a secret set publicClient, for another one call addClient on the user pool` : undefined),
    options.refreshTokenRotation === false && given('refreshTokenRotationGracePeriod')
      ? 'refreshTokenRotation: expected true, or no userPoolClient.refreshTokenRotationGracePeriod, which turns rotation on, got false' : undefined,
  ];
}

/** A client that does authorization code only. */
export function makeClient(
  userPool: cognito.UserPool, id: string, options: ClientSettings,
  { generateSecret, callbackUrls, logoutUrls }: { readonly generateSecret: boolean; readonly callbackUrls: string[]; readonly logoutUrls?: string[] },
): cognito.UserPoolClient {
  const rotation = rotates(options);
  const client = userPool.addClient(id, {
    ...overlay({
      // Named, since without any Cognito takes its defaults. None leaves the refresh of tokens, which rotation excludes: SRP then is the least
      // that can be named, and opens nothing, since it asks for the password too.
      authFlows: rotation ? { userSrp: true } : { userPassword: false },
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
    }, options.userPoolClient),
    refreshTokenValidity: refreshTokenValidity(options),
    refreshTokenRotationGracePeriod: rotation ? options.userPoolClient?.refreshTokenRotationGracePeriod ?? ROTATION_GRACE : undefined,
    generateSecret,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
      callbackUrls, logoutUrls: logoutUrls ?? undefined,
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
export function brand(client: cognito.UserPoolClient, userPool: cognito.UserPool): void {
  new cognito.CfnManagedLoginBranding(client, 'Branding', {
    userPoolId: userPool.userPoolId, clientId: client.userPoolClientId, useCognitoProvidedValues: true,
  });
}
