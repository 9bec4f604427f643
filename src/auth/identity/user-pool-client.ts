import { Duration, Lazy } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { planProblem } from './user-pool';
import { overlay } from '../../synth/overlay';
import { booleanProblem, durationProblem, isAbsent } from '../../synth/prop-checks';

/** How long a client can retry with the previous refresh token after a lost response. */
const ROTATION_GRACE = Duration.seconds(30);

interface ClientSettings {
  readonly userPool?: cognito.UserPoolProps;
  readonly userPoolClient?: cognito.UserPoolClientOptions;
  readonly refreshTokenRotation?: boolean;
}

export function refreshTokenValidity({ userPoolClient }: ClientSettings): Duration {
  return userPoolClient?.refreshTokenValidity ?? Duration.days(30);
}

function rotates({ refreshTokenRotation, userPoolClient }: ClientSettings): boolean {
  return refreshTokenRotation ?? !isAbsent(userPoolClient?.refreshTokenRotationGracePeriod);
}

export function clientProblems(options: ClientSettings): (string | undefined)[] {
  const given = (name: keyof cognito.UserPoolClientOptions) => !isAbsent(options.userPoolClient?.[name]);
  const { idTokenValidity, accessTokenValidity, refreshTokenValidity: refresh, refreshTokenRotationGracePeriod } = options.userPoolClient ?? {};
  return [
    booleanProblem('refreshTokenRotation', options.refreshTokenRotation),
    // For Cognito's limits, see CreateUserPoolClient in the Amazon Cognito User Pools API Reference. CDK passes token lifetimes to CloudFormation in minutes.
    durationProblem('userPoolClient.idTokenValidity', idTokenValidity, Duration.minutes(5), Duration.days(1), 'minutes'),
    durationProblem('userPoolClient.accessTokenValidity', accessTokenValidity, Duration.minutes(5), Duration.days(1), 'minutes'),
    durationProblem('userPoolClient.refreshTokenValidity', refresh, Duration.hours(1), Duration.days(3650), 'minutes'),
    refresh?.isUnresolved?.() ? 'userPoolClient.refreshTokenValidity: expected a duration that is known at synth, got a CDK token. The library must convert the duration to seconds and to minutes, and CDK can\'t convert a token' : undefined,
    durationProblem('userPoolClient.refreshTokenRotationGracePeriod', refreshTokenRotationGracePeriod, Duration.seconds(0), Duration.seconds(60)),
    rotates(options) ? planProblem('refreshTokenRotation', options.userPool) : undefined,
    ...(['generateSecret', 'oAuth', 'disableOAuth', 'userPoolClientName'] as const).map((name) => given(name)
      ? `userPoolClient.${name}: expected no value, because VodAuth sets ${name}. To create a client without a secret, set publicClient. To create a client with other settings, call addClient on the user pool` : undefined),
    options.refreshTokenRotation === false && given('refreshTokenRotationGracePeriod')
      ? 'refreshTokenRotation: expected true or no value, got false. Your value for userPoolClient.refreshTokenRotationGracePeriod turns rotation on. Remove one of the two options' : undefined,
  ];
}

export function createClient(
  userPool: cognito.UserPool, id: string, options: ClientSettings,
  { generateSecret, callbackUrls, logoutUrls }: { readonly generateSecret: boolean; readonly callbackUrls: string[]; readonly logoutUrls?: string[] },
): cognito.UserPoolClient {
  const rotation = rotates(options);
  const client = userPool.addClient(id, {
    ...overlay({
      // If no flow is set, Cognito enables its default flows. With `userPassword: false`, CDK sets only ALLOW_REFRESH_TOKEN_AUTH. If the client rotates tokens,
      // Cognito rejects ALLOW_REFRESH_TOKEN_AUTH, so CDK omits this flow, and the list of flows would be empty. Therefore, a client with rotation allows SRP.
      // SRP gives no additional access, because it requires the password.
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
    // The list is lazy, because identity providers can be added to the pool later. The names are references, so CloudFormation creates the providers before the
    // client.
    resource.supportedIdentityProviders = Lazy.list({ produce: () => ['COGNITO', ...userPool.identityProviders.map(({ providerName }) => providerName)] });
  }
  client.node.addValidation({ validate: () => rotation ? rotationProblems(resource) : [] });
  return client;
}

/** The check runs at the end of synth, because aspects or the app can change the auth flows. */
function rotationProblems({ explicitAuthFlows }: cognito.CfnUserPoolClient): string[] {
  if (explicitAuthFlows?.length && !explicitAuthFlows.includes('ALLOW_REFRESH_TOKEN_AUTH')) return [];
  const got = explicitAuthFlows?.length ? 'flows with ALLOW_REFRESH_TOKEN_AUTH' : 'none (Cognito then enables its default flows, which include ALLOW_REFRESH_TOKEN_AUTH)';
  return [`userPoolClient.authFlows: expected flows without ALLOW_REFRESH_TOKEN_AUTH, such as { userSrp: true }, got ${got}. Cognito rejects refreshTokenRotation together with ALLOW_REFRESH_TOKEN_AUTH`];
}

/** Without branding, managed login shows no pages for a client. */
export function createBranding(client: cognito.UserPoolClient, userPool: cognito.UserPool): void {
  new cognito.CfnManagedLoginBranding(client, 'Branding', {
    userPoolId: userPool.userPoolId, clientId: client.userPoolClientId, useCognitoProvidedValues: true,
  });
}
