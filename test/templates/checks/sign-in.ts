import { allOf, at, atLeast, Check, differences, every, exactly, nonEmpty, oneOf, present } from './check';
import { handlersOf } from './handlers';
import { AUTHORIZE_PATH } from '../../../src/contract/routes';
import { type CloudFormationTemplate, list, ours, readable, references, withoutHash } from '../../toolkit/template';

/** Nobody guesses a password, learns who has an account, or takes an account over by an address that is not theirs. */
const poolKeepsStrangersOut: Check = allOf(
  every('AWS::Cognito::UserPool', {
    'Policies.PasswordPolicy.MinimumLength': atLeast(12),
    'Policies.PasswordPolicy.RequireLowercase': true,
    'Policies.PasswordPolicy.RequireUppercase': true,
    'Policies.PasswordPolicy.RequireNumbers': true,
    'Policies.PasswordPolicy.RequireSymbols': true,
    'AccountRecoverySetting.RecoveryMechanisms': [{ Name: 'verified_email', Priority: 1 }],
    'AutoVerifiedAttributes': ['email'],
    // Until a changed address is verified, the old one signs in.
    'UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate': ['email'],
    'UsernameConfiguration.CaseSensitive': false,
    'AliasAttributes': ['email'],
    'Schema': [{ Mutable: true, Name: 'email', Required: true }],
    'UserPoolTier': oneOf('LITE', 'ESSENTIALS', 'PLUS'),
  }),
  (template) => ours(template, 'AWS::Cognito::UserPool').filter(({ properties: { MfaConfiguration, EnabledMfas } }) => (
    MfaConfiguration !== 'OFF' && !(oneOf('ON', 'OPTIONAL')(MfaConfiguration) && list(EnabledMfas).includes('SOFTWARE_TOKEN_MFA')))).map(({ id }) => `${id}: MFA without a way`),
);

/** What each handler that asks for roles knows of them: role -> groups. */
function rolesIn(template: CloudFormationTemplate): Record<string, readonly string[]>[] {
  return handlersOf(template).flatMap(({ environment }) => list(environment.ROLES)).map((text) => JSON.parse(text));
}

/** Strangers may sign up only where both uploading and watching need a group. */
const strangersWaitForAnInvitation: Check = (template) => {
  const isOpen = rolesIn(template).some(({ uploaders, viewers }) => !uploaders || !viewers);
  return ours(template, 'AWS::Cognito::UserPool').flatMap(({ id, properties }) => differences(id, properties, {
    'AdminCreateUserConfig.AllowAdminCreateUserOnly': isOpen ? true : present,
  }));
};

/** An invitation says where to sign in, and with what. */
const invitationsSayWhere = every('AWS::Cognito::UserPool', {
  'AdminCreateUserConfig.InviteMessageTemplate.EmailMessage': (message: any) => /\{username\}.*\{####\}/.test(readable(message)),
  'AdminCreateUserConfig.InviteMessageTemplate.EmailSubject': present,
});

/** Clients take the authorization code flow with PKCE, and tell nobody who has an account. */
const clientsTakeCodesOnly: Check = allOf(
  every('AWS::Cognito::UserPoolClient', {
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: (scopes: string[]) => ['openid', 'email', 'profile'].every((scope) => scopes.includes(scope)),
    // Without it the client has Cognito's defaults, or none.
    ExplicitAuthFlows: (flows: string[]) => flows.length === 1 && oneOf('ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH')(flows[0]),
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: true,
    SupportedIdentityProviders: ['COGNITO'],
    CallbackURLs: nonEmpty,
  }),
  (template) => ours(template, 'AWS::Cognito::UserPoolClient').flatMap(({ id, properties }) => (withoutHash(id) === 'VodAuthUserPoolClient' ? differences(id, properties, {
    GenerateSecret: true,
    CallbackURLs: (urls: unknown[]) => urls.length === 1 && readable(urls[0]).endsWith(AUTHORIZE_PATH),
    LogoutURLs: nonEmpty,
  }) : differences(id, properties, { GenerateSecret: false }))),
);

/** Tokens live for as long as the client says, in units that it names; a rotated refresh token has a short grace. */
const tokensEnd: Check = (template) => ours(template, 'AWS::Cognito::UserPoolClient').flatMap(({ id, properties }) => [
  ...differences(id, properties, {
    'TokenValidityUnits.AccessToken': 'minutes', 'TokenValidityUnits.IdToken': 'minutes', 'TokenValidityUnits.RefreshToken': 'minutes',
    'AccessTokenValidity': (minutes: number) => minutes <= 60, 'IdTokenValidity': (minutes: number) => minutes <= 60, 'RefreshTokenValidity': (minutes: number) => minutes <= 30 * 24 * 60,
  }),
  // A client without the refresh flow rotates its refresh tokens.
  ...list(properties.ExplicitAuthFlows).includes('ALLOW_REFRESH_TOKEN_AUTH') ? [] : differences(id, properties, {
    'RefreshTokenRotation.Feature': 'ENABLED', 'RefreshTokenRotation.RetryGracePeriodSeconds': (seconds: number) => seconds <= 60,
  }),
]);

/** Sign-in pages of the new kind are blank until they have a branding. */
const managedLoginIsBranded: Check = (template) => {
  const managed = ours(template, 'AWS::Cognito::UserPoolDomain').some(({ properties }) => properties.ManagedLoginVersion === 2);
  const branded = ours(template, 'AWS::Cognito::ManagedLoginBranding').filter(({ properties }) => properties.UseCognitoProvidedValues === true)
    .flatMap(({ properties }) => references(properties.ClientId));
  return [
    ...exactly('branding', branded, managed ? ours(template, 'AWS::Cognito::UserPoolClient').map(({ id }) => id) : []),
    ...ours(template, 'AWS::Cognito::UserPoolDomain').filter(({ properties }) => at(properties, 'CustomDomainConfig.CertificateArn') && !managed).map(({ id }) => `${id}: lost its managed login`),
  ];
};

/** The client's secret is copied from the client to the secret that sign-in reads. */
const secretIsFilled: Check = (template) => ours(template, 'AWS::Cognito::UserPoolClient').filter(({ properties }) => properties.GenerateSecret).flatMap(({ id }) => {
  const copies = Object.entries(template.Resources).filter(([, { Type, Properties = {} }]) => Type === 'Custom::VodClientSecret' && references(Properties.ClientId).includes(id));
  return copies.length === 1 ? copies.flatMap(([copy, { Properties = {} }]) => differences(copy, Properties, {
    UserPoolId: (pool: unknown) => template.Resources[references(pool)[0]]?.Type === 'AWS::Cognito::UserPool',
    SecretArn: (secret: unknown) => template.Resources[references(secret)[0]]?.Type === 'AWS::SecretsManager::Secret',
  })) : [`${id}: its secret is copied ${copies.length} times`];
});

/** The pool has the groups that roles name, and `uploaders` while everyone may upload. */
const groupsExist: Check = (template) => (ours(template, 'AWS::Cognito::UserPool').length === 0 ? [] : [
  ...every('AWS::Cognito::UserPoolGroup', { GroupName: present, UserPoolId: present })(template),
  ...rolesOf(template).filter((role) => !ours(template, 'AWS::Cognito::UserPoolGroup').some(({ properties }) => properties.GroupName === role)).map((role) => `no group ${role}`),
]);

/** The groups that the pool must have. */
function rolesOf(template: CloudFormationTemplate): string[] {
  return [...new Set(rolesIn(template).flatMap((roles) => Object.values({ uploaders: ['uploaders'], ...roles }).flat()))];
}

/** Who is invited gets the mail, at an address that needs no second proof, and the role. */
const firstAdminIsInvited: Check = (template) => ours(template, 'AWS::Cognito::UserPoolUser').flatMap(({ id, properties }) => [
  ...differences(id, properties, {
    Username: present, DesiredDeliveryMediums: ['EMAIL'],
    UserAttributes: (attributes: any[]) => attributes.some(({ Name, Value }) => Name === 'email' && Value) && attributes.some(({ Name, Value }) => Name === 'email_verified' && Value === 'true'),
  }),
  ...ours(template, 'AWS::Cognito::UserPoolUserToGroupAttachment').some(({ properties: to }) => references(to.Username).includes(id) && to.GroupName) ? [] : [`${id}: gets no role`],
]);

/** The pool's sign-in pages have an address: of their own, or of the user's. */
const pagesHaveAnAddress: Check = allOf(
  every('AWS::Cognito::UserPoolDomain', { Domain: present, UserPoolId: present }),
  (template) => ours(template, 'AWS::Cognito::UserPoolDomain').filter(({ properties }) => (
    typeof properties.Domain === 'string' && properties.Domain.includes('.') && !at(properties, 'CustomDomainConfig.CertificateArn'))).map(({ id }) => `${id}: a domain of one's own without certificate`),
);

export const SIGN_IN: Record<string, Check> = {
  'the user pool keeps strangers out': poolKeepsStrangersOut,
  'strangers wait for an invitation': strangersWaitForAnInvitation,
  'invitations say where to sign in': invitationsSayWhere,
  'clients take the code flow only': clientsTakeCodesOnly,
  'tokens end': tokensEnd,
  'managed login is branded': managedLoginIsBranded,
  'the client\'s secret is copied': secretIsFilled,
  'the groups of roles exist': groupsExist,
  'the first admin is invited': firstAdminIsInvited,
  'sign-in pages have an address': pagesHaveAnAddress,
};
