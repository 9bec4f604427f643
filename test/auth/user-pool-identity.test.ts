import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Access, Identity, UserPoolIdentityOptions, VodApi, VodAuth, VodAuthOptions } from '../../src';

const ORIGIN = 'https://videos.example.com';
const ESSENTIALS = { featurePlan: cognito.FeaturePlan.ESSENTIALS };
const MANAGED = { managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN };

function auth(options: UserPoolIdentityOptions = {}, others: VodAuthOptions = {}) {
  const stack = new Stack(new App(), 'Test');
  return { stack, vodAuth: new VodAuth(stack, 'Auth', { origin: ORIGIN, identity: Identity.userPool(options), ...others }) };
}

const synthesized = (...args: Parameters<typeof auth>) => Template.fromStack(auth(...args).stack);

const { stack: defaultStack, vodAuth: defaultAuth } = auth();
const template = Template.fromStack(defaultStack);
const json = JSON.stringify(template.toJSON());

/** Every statement of the template's policies, with the id of the role that has it. */
function statements(): { role: string; actions: string[]; resource: any }[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement.map((statement: any) => ({
    role: Properties.Roles[0].Ref, actions: [statement.Action].flat(), resource: statement.Resource,
  })));
}

function only(type: string): [string, any] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('the user pool', () => {
  test('is made by administrators, signs in by name or e-mail, and keeps strong passwords', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      AliasAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
      Policies: { PasswordPolicy: { MinimumLength: 12, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true } },
    });
  });

  test('costs nothing that was not asked for', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      UserPoolTier: 'LITE', MfaConfiguration: 'OFF', SmsConfiguration: Match.absent(), UserPoolAddOns: Match.absent(), LambdaConfig: Match.absent(),
    });
  });

  test('lasts, with its groups and the secret', () => {
    template.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties: { DeletionProtection: 'ACTIVE' } });
    template.allResources('AWS::Cognito::UserPoolGroup', { DeletionPolicy: 'Retain' });
    template.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('goes with a stack that is to be thrown away', () => {
    const thrownAway = synthesized({}, { removalPolicy: RemovalPolicy.DESTROY });
    thrownAway.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
    thrownAway.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'Delete' });
    expect(JSON.stringify(thrownAway.toJSON())).not.toContain('"Retain"');
  });

  test('has its two groups', () => {
    const groups = Object.values(template.findResources('AWS::Cognito::UserPoolGroup')).map(({ Properties }) => Properties.GroupName);
    expect(groups.sort()).toEqual(['admins', 'uploaders']);
  });

  test('keeps its logical ids: a new one is a new pool', () => {
    expect(only('AWS::Cognito::UserPool')[0]).toBe('AuthUserPool8115E87F');
    expect(only('AWS::Cognito::UserPoolClient')[0]).toBe('AuthUserPoolClientC635291F');
    expect(only('AWS::SecretsManager::Secret')[0]).toBe('AuthClientSecretCBB39842');
  });

  test('takes CDK\'s own props, and keeps what they leave out', () => {
    synthesized({ userPool: { selfSignUpEnabled: true, mfa: cognito.Mfa.REQUIRED, passwordPolicy: { minLength: 20 }, featurePlan: cognito.FeaturePlan.PLUS } })
      .hasResourceProperties('AWS::Cognito::UserPool', {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: false }, MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'], UserPoolTier: 'PLUS',
        Policies: { PasswordPolicy: { MinimumLength: 20 } }, AliasAttributes: ['email'], DeletionProtection: 'ACTIVE',
      });
  });

  test('has the groups that roles name', () => {
    const roles = { uploaders: Access.group('editors'), viewers: Access.group('editors'), admins: 'a/b' };
    const groups = synthesized({}, { roles }).findResources('AWS::Cognito::UserPoolGroup');
    expect(Object.values(groups).map(({ Properties }) => Properties.GroupName).sort()).toEqual(['a/b', 'admins', 'editors', 'uploaders']);
  });

  test('invites with the address of the service, unless the words are given', () => {
    const { InviteMessageTemplate: words } = only('AWS::Cognito::UserPool')[1].Properties.AdminCreateUserConfig;
    expect(words.EmailMessage).toMatch(/\{username\}.*\{####\}.*"https:\/\/videos\.example\.com\/api\/login\?return_to=%2F"/);
    synthesized({ userPool: { userInvitation: { emailSubject: 'Hello' } } }).hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { InviteMessageTemplate: { EmailSubject: 'Hello', EmailMessage: Match.absent() } },
    });
  });
});

describe('the first admin', () => {
  test('is nobody by default', () => template.resourceCountIs('AWS::Cognito::UserPoolUser', 0));

  test('is invited by e-mail, into the group of the admins', () => {
    const invited = synthesized({ firstAdmin: 'ada@example.com' }, { roles: { admins: 'ops' } });
    invited.hasResource('AWS::Cognito::UserPoolUser', {
      DeletionPolicy: 'Retain',
      Properties: {
        // An address is an alias here, and a user name may not look like an alias.
        Username: 'ada-at-example.com',
        DesiredDeliveryMediums: ['EMAIL'],
        UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }, { Name: 'email_verified', Value: 'true' }],
      },
    });
    const [user] = Object.keys(invited.findResources('AWS::Cognito::UserPoolUser'));
    const [group] = Object.keys(invited.findResources('AWS::Cognito::UserPoolGroup', { Properties: { GroupName: 'ops' } }));
    invited.hasResourceProperties('AWS::Cognito::UserPoolUserToGroupAttachment', { Username: { Ref: user }, GroupName: { Ref: group } });
  });

  test('is named by the address where the pool knows no other name', () => {
    synthesized({ firstAdmin: 'ada@example.com', userPool: { signInAliases: { email: true } } })
      .hasResourceProperties('AWS::Cognito::UserPoolUser', { Username: 'ada@example.com' });
  });
});

describe('the domain', () => {
  test('has a prefix of its own in any region, without a word that Cognito reserves', () => {
    const { Domain } = only('AWS::Cognito::UserPoolDomain')[1].Properties;
    const [label, stackId] = Domain['Fn::Join'][1];
    expect(stackId).toEqual({ 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] });
    const prefix = `${label}0a1b2c3d-0123-4567-89ab-0123456789ab`;
    expect(prefix).toMatch(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
    expect(prefix).not.toMatch(/aws|amazon|cognito/);
  });

  test('differs between two of one stack', () => {
    const stack = new Stack(new App(), 'Two');
    ['One', 'Two'].forEach((id) => new VodAuth(stack, id, { origin: ORIGIN }));
    const domains = Object.values(Template.fromStack(stack).findResources('AWS::Cognito::UserPoolDomain')).map(({ Properties }) => JSON.stringify(Properties.Domain));
    expect(new Set(domains).size).toBe(2);
  });
});

describe('managed login', () => {
  test('is not there by default', () => {
    template.resourceCountIs('AWS::Cognito::ManagedLoginBranding', 0);
    template.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: Match.absent() });
  });

  test('comes with a branding for each client, since it shows no pages without', () => {
    const managed = synthesized({ domain: MANAGED, userPool: ESSENTIALS, publicClient: { callbackUrls: ['com.example.app://callback'] } });
    managed.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: 2, Domain: Match.anyValue() });
    const clients = Object.keys(managed.findResources('AWS::Cognito::UserPoolClient'));
    const branded = Object.values(managed.findResources('AWS::Cognito::ManagedLoginBranding')).map(({ Properties }) => Properties);
    expect(branded.map(({ ClientId, UseCognitoProvidedValues }) => [ClientId.Ref, UseCognitoProvidedValues])).toEqual(clients.map((id) => [id, true]));
    expect(clients).toHaveLength(2);
  });

  test('a domain of one\'s own has no prefix', () => {
    const { stack } = auth();
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/c1');
    synthesized({ domain: { customDomain: { domainName: 'id.example.com', certificate } } }).hasResourceProperties('AWS::Cognito::UserPoolDomain', {
      Domain: 'id.example.com', CustomDomainConfig: { CertificateArn: certificate.certificateArn },
    });
  });
});

describe('the client', () => {
  test('does authorization code only, and comes back to the origin', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      CallbackURLs: [`${ORIGIN}/api/authorize`],
      LogoutURLs: [`${ORIGIN}/`],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      SupportedIdentityProviders: ['COGNITO'],
      IdTokenValidity: 60,
      AccessTokenValidity: 60,
      RefreshTokenValidity: 43_200,
      TokenValidityUnits: { IdToken: 'minutes', AccessToken: 'minutes', RefreshToken: 'minutes' },
    });
  });

  test('takes validities, and the cookie lasts as long as its token', () => {
    const changed = synthesized({
      userPoolClient: { idTokenValidity: Duration.minutes(5), accessTokenValidity: Duration.minutes(10), refreshTokenValidity: Duration.hours(1) },
    });
    changed.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      IdTokenValidity: 5, AccessTokenValidity: 10, RefreshTokenValidity: 60, GenerateSecret: true, AllowedOAuthFlows: ['code'],
    });
    changed.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { REFRESH_SECONDS: '3600' } } });
  });

  test.each<[cognito.UserPoolClientOptions, RegExp]>([
    [{ idTokenValidity: Duration.minutes(4) }, /idTokenValidity/],
    [{ accessTokenValidity: Duration.days(2) }, /accessTokenValidity/],
    [{ refreshTokenValidity: Duration.minutes(59) }, /refreshTokenValidity/],
    [{ refreshTokenValidity: Duration.hours(1), idTokenValidity: Duration.hours(2) }, /idTokenValidity/],
  ])('refuses validities that Cognito would: %#', (userPoolClient, message) => {
    expect(() => auth({ userPoolClient })).toThrow(message);
  });

  test('takes people from every identity provider of the pool, also one that is added later', () => {
    const { stack, vodAuth } = auth();
    new cognito.UserPoolIdentityProviderOidc(stack, 'Corporate', { userPool: vodAuth.userPool, clientId: 'id', clientSecret: 'x', issuerUrl: 'https://id.example.com' });
    const [provider] = Object.keys(Template.fromStack(stack).findResources('AWS::Cognito::UserPoolIdentityProvider'));
    Template.fromStack(stack).hasResourceProperties('AWS::Cognito::UserPoolClient', { SupportedIdentityProviders: ['COGNITO', { Ref: provider }] });
  });

  test('takes people from those that are named only', () => {
    synthesized({ userPoolClient: { supportedIdentityProviders: [cognito.UserPoolClientIdentityProvider.GOOGLE] } })
      .hasResourceProperties('AWS::Cognito::UserPoolClient', { SupportedIdentityProviders: ['Google'] });
  });
});

describe('rotation of refresh tokens', () => {
  test('is off by default', () => template.hasResourceProperties('AWS::Cognito::UserPoolClient', { RefreshTokenRotation: Match.absent() }));

  test.each([
    [{ refreshTokenRotation: true }, 30],
    [{ userPoolClient: { refreshTokenRotationGracePeriod: Duration.seconds(0) } }, 0],
    [{ refreshTokenRotation: true, userPoolClient: { refreshTokenRotationGracePeriod: Duration.seconds(60) } }, 60],
  ])('leaves out the flow that it excludes: %j', (options, RetryGracePeriodSeconds) => {
    synthesized({ ...options, userPool: ESSENTIALS }).hasResourceProperties('AWS::Cognito::UserPoolClient', {
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds }, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
    });
  });

  test('tells of its price instead of raising it', () => {
    expect(() => auth({ refreshTokenRotation: true })).toThrow(/^Test\/Auth: refreshTokenRotation: needs userPool\.featurePlan ESSENTIALS or PLUS.*got LITE$/);
    expect(() => auth({ domain: MANAGED })).toThrow(/^Test\/Auth: domain\.managedLoginVersion: managed login needs userPool\.featurePlan ESSENTIALS/);
  });

  test.each([
    ['no flow, so Cognito\'s defaults', { authFlows: {} }, undefined],
    ['none of CDK\'s', { authFlows: { userPassword: false } }, undefined],
    ['the flow itself, set on the resource', {}, ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH']],
  ])('refuses at synth what Cognito would: %s', (_what, userPoolClient, explicitAuthFlows) => {
    const { stack, vodAuth } = auth({ refreshTokenRotation: true, userPool: ESSENTIALS, userPoolClient });
    if (explicitAuthFlows) (vodAuth.userPoolClient.node.defaultChild as cognito.CfnUserPoolClient).explicitAuthFlows = explicitAuthFlows;
    expect(() => Template.fromStack(stack)).toThrow(/refreshTokenRotation: Cognito refuses rotation beside ALLOW_REFRESH_TOKEN_AUTH/);
  });
});

describe('the public client', () => {
  const withApp = auth({ publicClient: { callbackUrls: ['com.example.app://callback'], logoutUrls: ['com.example.app://out'] } });
  withApp.vodAuth.guard(new VodApi(withApp.stack, 'Api'));

  test('has no secret and comes back to the app', () => {
    Template.fromStack(withApp.stack).hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false, CallbackURLs: ['com.example.app://callback'], LogoutURLs: ['com.example.app://out'], AllowedOAuthFlows: ['code'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], EnableTokenRevocation: true, IdTokenValidity: 60,
    });
    expect(withApp.stack.resolve(withApp.vodAuth.publicClient.userPoolClientId)).toEqual({ Ref: expect.stringMatching(/^AuthUserPoolPublicClient/) });
    expect(() => defaultAuth.publicClient).toThrow('Test/Auth: publicClient: the identity that was given has none');
  });

  test('and the other one are who tokens may be made for', () => {
    const expression = Object.values(Template.fromStack(withApp.stack).findResources('AWS::ApiGateway::Authorizer'))[0].Properties.IdentityValidationExpression;
    const filled = (expression['Fn::Join'][1] as (string | { Ref: string })[]).map((part) => typeof part === 'string' ? part : part.Ref).join('');
    expect(filled).toMatch(/^\^\(\?:AuthUserPoolClient\w+\|AuthUserPoolPublicClient\w+\)\$$/);
  });
});

describe('the client\'s secret', () => {
  test('is in no part of the template', () => {
    const [, secret] = only('AWS::SecretsManager::Secret');
    expect(Object.keys(secret.Properties)).toEqual(['Description']);
    expect(json).not.toMatch(/"ClientSecret"|AWS::CloudFormation::CustomResource|Custom::AWS|resolve:secretsmanager/);
  });

  test('is filled anew when the client is another', () => {
    const [, resource] = only('Custom::VodClientSecret');
    expect(resource.Properties).toMatchObject({
      ServiceToken: { 'Fn::GetAtt': [expect.stringMatching(/^AuthFillClientSecret/), 'Arn'] },
      UserPoolId: { Ref: only('AWS::Cognito::UserPool')[0] },
      ClientId: { Ref: only('AWS::Cognito::UserPoolClient')[0] },
      SecretArn: { Ref: only('AWS::SecretsManager::Secret')[0] },
    });
  });

  test('is filled before the sign-in function learns the new client\'s id', () => {
    const signIn = Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) => /^AuthSignIn/.test(id))![1];
    expect(signIn.DependsOn).toContain(only('Custom::VodClientSecret')[0]);
  });
});

describe('permissions', () => {
  const pool = { 'Fn::GetAtt': [only('AWS::Cognito::UserPool')[0], 'Arn'] };
  const secret = { Ref: only('AWS::SecretsManager::Secret')[0] };
  const ofRole = (name: RegExp) => statements().filter(({ role, actions }) => name.test(role) && !actions.every((action) => action.startsWith('logs:')));

  test('filling may read the client and write the secret, and nothing else', () => {
    expect(ofRole(/FillClientSecret/).map(({ actions, resource }) => ({ actions, resource }))).toEqual([
      { actions: ['cognito-idp:DescribeUserPoolClient'], resource: pool },
      { actions: ['secretsmanager:PutSecretValue'], resource: secret },
    ]);
  });

  test('sign-in may read the secret, and nothing else', () => {
    expect(ofRole(/SignIn/).map(({ actions, resource }) => ({ actions, resource }))).toEqual([
      { actions: ['secretsmanager:GetSecretValue'], resource: secret },
    ]);
  });

  test('there is nobody else, and no managed policy', () => {
    expect(new Set(statements().map(({ role }) => role.replace(/[0-9A-F]{8}$/, '')))).toEqual(new Set(['AuthFillClientSecretRole', 'AuthSignInRole']));
    expect(json).not.toContain('ManagedPolicyArns');
  });
});

describe('props', () => {
  test('tells everything that is wrong at once, in its own names', () => {
    expect(() => auth({ returnOrigins: ['https://app.example.com/', 'http://app.example.com', 'http://localhost:5173', 'app.example.com'] })).toThrow(
      /^Test\/Auth: returnOrigins\[0\]: expected an origin .*returnOrigins\[1\]: expected https .*returnOrigins\[3\]: expected an origin/,
    );
    expect(() => auth({ firstAdmin: 'ada', publicClient: { callbackUrls: [] }, userPoolClient: { generateSecret: false, oAuth: {} } })).toThrow(
      /userPoolClient\.generateSecret: .*userPoolClient\.oAuth: .*publicClient\.callbackUrls: .*firstAdmin: expected an e-mail address, got "ada"/,
    );
    expect(() => new VodAuth(new Stack(), 'Auth', { origin: `${ORIGIN}/` })).toThrow(/^Default\/Auth: origin: expected an origin/);
    expect(() => auth({}, { roles: { uploaders: Access.group('') } })).toThrow(/^Test\/Auth: roles\.uploaders: /);
  });

  test('allowed return addresses reach the handler', () => {
    synthesized({ returnOrigins: ['http://localhost:5173'] }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { RETURN_ORIGINS: '["http://localhost:5173"]', ORIGIN } },
    });
  });

  test('public addresses are those of the pool and the domain', () => {
    expect(defaultStack.resolve(defaultAuth.issuer)).toEqual({ 'Fn::GetAtt': [only('AWS::Cognito::UserPool')[0], 'ProviderURL'] });
    expect(JSON.stringify(defaultStack.resolve(defaultAuth.domain.baseUrl()))).toMatch(/^\{"Fn::Join":\["",\["https:\/\/",\{"Ref":"AuthUserPoolDomain\w+"\},"\.auth\.",\{"Ref":"AWS::Region"\},"\.amazoncognito\.com"\]\]\}$/);
  });
});

test('adds the routes of the sign-in handler', () => {
  const served: unknown[][] = [];
  defaultAuth.addRoutes({ _serve: (...args: unknown[]) => served.push(args) } as unknown as Parameters<VodAuth['addRoutes']>[0]);
  expect(served).toEqual([['auth/sign-in', defaultAuth.signInFunction]]);
});
