import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { auth, ESSENTIALS, MANAGED, synthesized } from './user-pool-stack';
import { VodApi } from '../../../src';
import { functionOf } from '../../toolkit/functions';
import { SERVICE_URL } from '../../toolkit/stacks';
import { only, readable } from '../../toolkit/template';

const { stack: defaultStack, vodAuth: defaultAuth } = auth();
const template = Template.fromStack(defaultStack);

describe('the client', () => {
  test('allows only the authorization code grant, and returns to the service URL', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      CallbackURLs: [`${SERVICE_URL}/api/authorize`],
      LogoutURLs: [`${SERVICE_URL}/`],
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

  test('accepts token lifetimes, and the cookie is valid as long as its token', () => {
    const changed = synthesized({
      userPoolClient: { idTokenValidity: Duration.minutes(5), accessTokenValidity: Duration.minutes(10), refreshTokenValidity: Duration.hours(1) },
    });
    changed.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      IdTokenValidity: 5, AccessTokenValidity: 10, RefreshTokenValidity: 60, GenerateSecret: true, AllowedOAuthFlows: ['code'],
    });
    changed.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { REFRESH_SECONDS: '3600' } } });
  });

  test('treats null as an omitted option', () => {
    const nothing = Object.fromEntries(['generateSecret', 'oAuth', 'authFlows', 'idTokenValidity', 'refreshTokenValidity', 'refreshTokenRotationGracePeriod'].map((name) => [name, null]));
    synthesized({ userPoolClient: nothing, refreshTokenRotation: null as any }).templateMatches({ Resources: template.toJSON().Resources });
  });

  test.each<[cognito.UserPoolClientOptions, RegExp]>([
    [{ idTokenValidity: Duration.minutes(4) }, /idTokenValidity/],
    [{ accessTokenValidity: Duration.days(2) }, /accessTokenValidity/],
    [{ refreshTokenValidity: Duration.minutes(59) }, /refreshTokenValidity/],
    [{ refreshTokenValidity: Duration.hours(1), idTokenValidity: Duration.hours(2) }, /idTokenValidity/],
  ])('rejects token lifetimes that Cognito would reject: %#', (userPoolClient, message) => {
    expect(() => auth({ userPoolClient })).toThrow(message);
  });

  test('supports every identity provider of the pool, even if it is added later', () => {
    const { stack, vodAuth } = auth();
    new cognito.UserPoolIdentityProviderOidc(stack, 'Corporate', { userPool: vodAuth.userPool!, clientId: 'id', clientSecret: 'x', issuerUrl: 'https://id.example.com' });
    const [provider] = Object.keys(Template.fromStack(stack).findResources('AWS::Cognito::UserPoolIdentityProvider'));
    Template.fromStack(stack).hasResourceProperties('AWS::Cognito::UserPoolClient', { SupportedIdentityProviders: ['COGNITO', { Ref: provider }] });
  });

  test('supports only the given identity providers', () => {
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
  ])('removes the auth flow that rotation excludes: %j', (options, RetryGracePeriodSeconds) => {
    synthesized({ ...options, userPool: ESSENTIALS }).hasResourceProperties('AWS::Cognito::UserPoolClient', {
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds }, ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
    });
  });

  test('requires an explicit plan, since another plan costs more', () => {
    expect(() => auth({ refreshTokenRotation: true })).toThrow(/^Test\/Auth: userPool\.featurePlan: expected ESSENTIALS or PLUS for refreshTokenRotation, got LITE\. /);
    expect(() => auth({ domain: MANAGED })).toThrow(/^Test\/Auth: userPool\.featurePlan: expected ESSENTIALS or PLUS for domain\.managedLoginVersion/);
  });

  test.each([
    ['no flow, which means the default flows of Cognito', { authFlows: {} }, undefined],
    ['no flow of CDK', { authFlows: { userPassword: false } }, undefined],
    ['the excluded flow, set on the resource', {}, ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH']],
  ])('rejects flows at synth that Cognito would reject: %s', (_what, userPoolClient, explicitAuthFlows) => {
    const { stack, vodAuth } = auth({ refreshTokenRotation: true, userPool: ESSENTIALS, userPoolClient });
    if (explicitAuthFlows) (vodAuth.userPoolClient!.node.defaultChild as cognito.CfnUserPoolClient).explicitAuthFlows = explicitAuthFlows;
    expect(() => Template.fromStack(stack)).toThrow(/userPoolClient\.authFlows: expected flows without ALLOW_REFRESH_TOKEN_AUTH/);
  });
});

describe('the public client', () => {
  const withApp = auth({ publicClient: { callbackUrls: ['com.example.app://callback'], logoutUrls: ['com.example.app://out'] } });
  withApp.vodAuth.guard(new VodApi(withApp.stack, 'Api'));

  test('has no secret and returns to the app', () => {
    Template.fromStack(withApp.stack).hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false, CallbackURLs: ['com.example.app://callback'], LogoutURLs: ['com.example.app://out'], AllowedOAuthFlows: ['code'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], EnableTokenRevocation: true, IdTokenValidity: 60,
    });
    expect(withApp.stack.resolve(withApp.vodAuth.publicClient!.userPoolClientId)).toEqual({ Ref: expect.stringMatching(/^AuthUserPoolPublicClient/) });
    expect(defaultAuth.publicClient).toBeUndefined();
  });

  test('is an accepted audience, like the confidential client', () => {
    const { properties } = only(Template.fromStack(withApp.stack), 'AWS::ApiGateway::Authorizer');
    expect(readable(properties.IdentityValidationExpression)).toBe('^(?:AuthUserPoolClient|AuthUserPoolPublicClient)$');
  });
});

describe('the client\'s secret', () => {
  test('is not in the template', () => {
    expect(Object.keys(only(template, 'AWS::SecretsManager::Secret').properties)).toEqual(['Description']);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/"ClientSecret"|AWS::CloudFormation::CustomResource|Custom::AWS|resolve:secretsmanager/);
  });

  test('is copied again when the client is replaced', () => {
    expect(only(template, 'Custom::VodClientSecret').properties).toMatchObject({
      ServiceToken: { 'Fn::GetAtt': [expect.stringMatching(/^AuthFillClientSecret/), 'Arn'] },
      UserPoolId: { Ref: only(template, 'AWS::Cognito::UserPool').id },
      ClientId: { Ref: only(template, 'AWS::Cognito::UserPoolClient').id },
      SecretArn: { Ref: only(template, 'AWS::SecretsManager::Secret').id },
    });
  });

  test('is copied before the sign-in function gets the new client id', () => {
    expect(functionOf(template, 'auth/sign-in').resource.DependsOn).toContain(only(template, 'Custom::VodClientSecret').id);
  });
});
