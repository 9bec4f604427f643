import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { VodAuth, VodAuthOptions } from '../../src/auth/vod-auth';

const ORIGIN = 'https://videos.example.com';

function auth(options: VodAuthOptions = {}) {
  const stack = new Stack(new App(), 'Test');
  return { stack, vodAuth: new VodAuth(stack, 'Auth', { origin: ORIGIN, ...options }) };
}

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
    const thrownAway = Template.fromStack(auth({ removalPolicy: RemovalPolicy.DESTROY }).stack);
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

  test('takes the options', () => {
    Template.fromStack(auth({ selfSignUp: true, mfa: cognito.Mfa.REQUIRED, featurePlan: cognito.FeaturePlan.PLUS }).stack).hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: false }, MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'], UserPoolTier: 'PLUS',
    });
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
    const { stack } = auth({ idTokenValidity: Duration.minutes(5), accessTokenValidity: Duration.minutes(10), refreshTokenValidity: Duration.hours(1) });
    Template.fromStack(stack).hasResourceProperties('AWS::Cognito::UserPoolClient', { IdTokenValidity: 5, AccessTokenValidity: 10, RefreshTokenValidity: 60 });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { REFRESH_SECONDS: '3600' } } });
  });

  test.each<[VodAuthOptions, RegExp]>([
    [{ idTokenValidity: Duration.minutes(4) }, /idTokenValidity/],
    [{ accessTokenValidity: Duration.days(2) }, /accessTokenValidity/],
    [{ refreshTokenValidity: Duration.minutes(59) }, /refreshTokenValidity/],
    [{ refreshTokenValidity: Duration.hours(1), idTokenValidity: Duration.hours(2) }, /idTokenValidity/],
  ])('refuses validities that Cognito would: %#', (options, message) => {
    expect(() => auth(options)).toThrow(message);
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
    expect(() => new VodAuth(new Stack(), 'Auth', { origin: `${ORIGIN}/` })).toThrow(/^Default\/Auth: origin: expected an origin/);
  });

  test('allowed return addresses reach the handler', () => {
    Template.fromStack(auth({ returnOrigins: ['http://localhost:5173'] }).stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { RETURN_ORIGINS: '["http://localhost:5173"]', ORIGIN } },
    });
  });

  test('public addresses are those of the pool and the domain', () => {
    expect(defaultStack.resolve(defaultAuth.issuer)).toEqual({ 'Fn::GetAtt': [only('AWS::Cognito::UserPool')[0], 'ProviderURL'] });
    expect(JSON.stringify(defaultStack.resolve(defaultAuth.hostedUiAddress))).toMatch(/^\{"Fn::Join":\["",\["https:\/\/",\{"Ref":"AuthUserPoolDomain\w+"\},"\.auth\.",\{"Ref":"AWS::Region"\},"\.amazoncognito\.com"\]\]\}$/);
  });
});

test('adds the routes of the sign-in handler', () => {
  const served: unknown[][] = [];
  defaultAuth.addRoutes({ _serve: (...args: unknown[]) => served.push(args) } as unknown as Parameters<VodAuth['addRoutes']>[0]);
  expect(served).toEqual([['auth/sign-in', defaultAuth.signInFunction]]);
});
