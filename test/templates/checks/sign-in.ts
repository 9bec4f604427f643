import { allOf, at, atLeast, Check, differences, every, exactly, nonEmpty, oneOf, present } from './check';
import { handlersOf } from './handlers';
import { AUTHORIZE_PATH } from '../../../src/contract/routes';
import { type CloudFormationTemplate, list, ours, readable, references, withoutHash } from '../../toolkit/template';

const poolIsStrict: Check = allOf(
  every('AWS::Cognito::UserPool', {
    'Policies.PasswordPolicy.MinimumLength': atLeast(12),
    'Policies.PasswordPolicy.RequireLowercase': true,
    'Policies.PasswordPolicy.RequireUppercase': true,
    'Policies.PasswordPolicy.RequireNumbers': true,
    'Policies.PasswordPolicy.RequireSymbols': true,
    'AccountRecoverySetting.RecoveryMechanisms': [{ Name: 'verified_email', Priority: 1 }],
    'AutoVerifiedAttributes': ['email'],
    // Users sign in with their old e-mail address until the new e-mail address is verified.
    'UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate': ['email'],
    'UsernameConfiguration.CaseSensitive': false,
    'AliasAttributes': ['email'],
    'Schema': [{ Mutable: true, Name: 'email', Required: true }],
    'UserPoolTier': oneOf('LITE', 'ESSENTIALS', 'PLUS'),
  }),
  (template) => ours(template, 'AWS::Cognito::UserPool').filter(({ properties: { MfaConfiguration, EnabledMfas } }) => (
    MfaConfiguration !== 'OFF' && !(oneOf('ON', 'OPTIONAL')(MfaConfiguration) && list(EnabledMfas).includes('SOFTWARE_TOKEN_MFA')))).map(({ id }) => `${id}: MFA is on without a second factor`),
);

function rolesIn(template: CloudFormationTemplate): Record<string, readonly string[]>[] {
  return handlersOf(template).flatMap(({ environment }) => list(environment.ROLES)).map((text) => JSON.parse(text));
}

/** Self sign-up is allowed only if a group is required to upload and to watch. */
const selfSignUpNeedsGroups: Check = (template) => {
  const isOpen = rolesIn(template).some(({ uploaders, viewers }) => !uploaders || !viewers);
  return ours(template, 'AWS::Cognito::UserPool').flatMap(({ id, properties }) => differences(id, properties, {
    'AdminCreateUserConfig.AllowAdminCreateUserOnly': isOpen ? true : present,
  }));
};

const invitationsAreComplete = every('AWS::Cognito::UserPool', {
  'AdminCreateUserConfig.InviteMessageTemplate.EmailMessage': (message: any) => /\{username\}.*\{####\}/.test(readable(message)),
  'AdminCreateUserConfig.InviteMessageTemplate.EmailSubject': present,
});

const clientsUseTheCodeFlow: Check = allOf(
  every('AWS::Cognito::UserPoolClient', {
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: (scopes: string[]) => ['openid', 'email', 'profile'].every((scope) => scopes.includes(scope)),
    // Without ExplicitAuthFlows, the client gets Cognito's defaults, which allow more than one flow.
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

/** After the rotation of a refresh token, the old token is valid for a short time. */
const tokensExpire: Check = (template) => ours(template, 'AWS::Cognito::UserPoolClient').flatMap(({ id, properties }) => [
  ...differences(id, properties, {
    'TokenValidityUnits.AccessToken': 'minutes', 'TokenValidityUnits.IdToken': 'minutes', 'TokenValidityUnits.RefreshToken': 'minutes',
    'AccessTokenValidity': (minutes: number) => minutes <= 60, 'IdTokenValidity': (minutes: number) => minutes <= 60, 'RefreshTokenValidity': (minutes: number) => minutes <= 30 * 24 * 60,
  }),
  // Cognito cannot rotate refresh tokens if the client allows ALLOW_REFRESH_TOKEN_AUTH. All other clients must rotate refresh tokens.
  ...list(properties.ExplicitAuthFlows).includes('ALLOW_REFRESH_TOKEN_AUTH') ? [] : differences(id, properties, {
    'RefreshTokenRotation.Feature': 'ENABLED', 'RefreshTokenRotation.RetryGracePeriodSeconds': (seconds: number) => seconds <= 60,
  }),
]);

/** Managed login shows blank pages until a branding is assigned. */
const managedLoginIsBranded: Check = (template) => {
  const managed = ours(template, 'AWS::Cognito::UserPoolDomain').some(({ properties }) => properties.ManagedLoginVersion === 2);
  const branded = ours(template, 'AWS::Cognito::ManagedLoginBranding').filter(({ properties }) => properties.UseCognitoProvidedValues === true)
    .flatMap(({ properties }) => references(properties.ClientId));
  return [
    ...exactly('branding', branded, managed ? ours(template, 'AWS::Cognito::UserPoolClient').map(({ id }) => id) : []),
    ...ours(template, 'AWS::Cognito::UserPoolDomain').filter(({ properties }) => at(properties, 'CustomDomainConfig.CertificateArn') && !managed).map(({ id }) => `${id}: has a custom domain without managed login`),
  ];
};

const clientSecretIsCopied: Check = (template) => ours(template, 'AWS::Cognito::UserPoolClient').filter(({ properties }) => properties.GenerateSecret).flatMap(({ id }) => {
  const copies = Object.entries(template.Resources).filter(([, { Type, Properties = {} }]) => Type === 'Custom::VodClientSecret' && references(Properties.ClientId).includes(id));
  return copies.length === 1 ? copies.flatMap(([copy, { Properties = {} }]) => differences(copy, Properties, {
    UserPoolId: (pool: unknown) => template.Resources[references(pool)[0]]?.Type === 'AWS::Cognito::UserPool',
    SecretArn: (secret: unknown) => template.Resources[references(secret)[0]]?.Type === 'AWS::SecretsManager::Secret',
  })) : [`${id}: expected one copy of its secret, got ${copies.length}`];
});

const groupsExist: Check = (template) => (ours(template, 'AWS::Cognito::UserPool').length === 0 ? [] : [
  ...every('AWS::Cognito::UserPoolGroup', { GroupName: present, UserPoolId: present })(template),
  ...rolesOf(template).filter((role) => !ours(template, 'AWS::Cognito::UserPoolGroup').some(({ properties }) => properties.GroupName === role)).map((role) => `no group ${role}`),
]);

function rolesOf(template: CloudFormationTemplate): string[] {
  return [...new Set(rolesIn(template).flatMap((roles) => Object.values({ uploaders: ['uploaders'], ...roles }).flat()))];
}

const firstAdminIsInvited: Check = (template) => ours(template, 'AWS::Cognito::UserPoolUser').flatMap(({ id, properties }) => [
  ...differences(id, properties, {
    Username: present, DesiredDeliveryMediums: ['EMAIL'],
    UserAttributes: (attributes: any[]) => attributes.some(({ Name, Value }) => Name === 'email' && Value) && attributes.some(({ Name, Value }) => Name === 'email_verified' && Value === 'true'),
  }),
  ...ours(template, 'AWS::Cognito::UserPoolUserToGroupAttachment').some(({ properties: to }) => references(to.Username).includes(id) && to.GroupName) ? [] : [`${id}: is in no group`],
]);

const signInPagesHaveADomain: Check = allOf(
  every('AWS::Cognito::UserPoolDomain', { Domain: present, UserPoolId: present }),
  (template) => ours(template, 'AWS::Cognito::UserPoolDomain').filter(({ properties }) => (
    typeof properties.Domain === 'string' && properties.Domain.includes('.') && !at(properties, 'CustomDomainConfig.CertificateArn'))).map(({ id }) => `${id}: a custom domain without a certificate`),
);

export const SIGN_IN: Record<string, Check> = {
  'the user pool requires strong passwords and verified addresses': poolIsStrict,
  'self sign-up requires groups': selfSignUpNeedsGroups,
  'invitations are complete': invitationsAreComplete,
  'clients allow only the code flow': clientsUseTheCodeFlow,
  'tokens expire': tokensExpire,
  'managed login is branded': managedLoginIsBranded,
  'the client\'s secret is copied': clientSecretIsCopied,
  'the groups of roles exist': groupsExist,
  'the first admin is invited': firstAdminIsInvited,
  'sign-in pages have a domain': signInPagesHaveADomain,
};
