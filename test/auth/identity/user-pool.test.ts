import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { auth, synthesized } from './user-pool-stack';
import { Access, VodAuthProps } from '../../../src';
import { warningsOf } from '../../toolkit/stacks';
import { ofType, only } from '../../toolkit/template';

const template = Template.fromStack(auth().stack);

const groupsOf = (made: Template): string[] => ofType(made, 'AWS::Cognito::UserPoolGroup').map(({ properties }) => properties.GroupName).sort();

describe('the user pool', () => {
  test('has no self sign-up, signs in by name or e-mail, and requires strong passwords', () => {
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

  test('has no features with an additional price', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      UserPoolTier: 'LITE', MfaConfiguration: 'OFF', SmsConfiguration: Match.absent(), UserPoolAddOns: Match.absent(), LambdaConfig: Match.absent(),
    });
  });

  test('is retained with its groups and the secret', () => {
    template.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', Properties: { DeletionProtection: 'INACTIVE' },
    });
    // If a failed deployment left groups behind, the next deployment could not create groups with the same names.
    template.allResources('AWS::Cognito::UserPoolGroup', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    template.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('is deleted with a disposable stack', () => {
    const thrownAway = synthesized({}, { removalPolicy: RemovalPolicy.DESTROY });
    thrownAway.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
    thrownAway.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'Delete' });
    expect(JSON.stringify(thrownAway.toJSON())).not.toContain('"Retain');
  });

  test('has two groups by default', () => {
    expect(groupsOf(template)).toEqual(['admins', 'uploaders']);
  });

  test('keeps its logical ids, since a new id would replace the pool', () => {
    expect(only(template, 'AWS::Cognito::UserPool').id).toBe('AuthUserPool8115E87F');
    expect(only(template, 'AWS::Cognito::UserPoolClient').id).toBe('AuthUserPoolClientC635291F');
    expect(only(template, 'AWS::SecretsManager::Secret').id).toBe('AuthClientSecretCBB39842');
  });

  test('applies the props of CDK and keeps the other defaults', () => {
    const passwordPolicy = { minLength: 20, requireSymbols: false };
    synthesized({ userPool: { selfSignUpEnabled: true, mfa: cognito.Mfa.REQUIRED, passwordPolicy, featurePlan: cognito.FeaturePlan.PLUS } })
      .hasResourceProperties('AWS::Cognito::UserPool', {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: false }, MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'], UserPoolTier: 'PLUS',
        Policies: { PasswordPolicy: { MinimumLength: 20, RequireNumbers: true, RequireSymbols: false } }, AliasAttributes: ['email'], DeletionProtection: 'INACTIVE',
      });
  });

  test('creates the groups of the roles', () => {
    const roles = { uploaders: Access.group('editors'), viewers: Access.group('editors'), admins: Access.group('a/b') };
    const made = synthesized({}, { roles });
    expect(groupsOf(made)).toEqual(['a/b', 'editors']);
  });

  test.each<[string, Access, string[]]>([
    ['every user can upload', Access.signedIn(), ['admins', 'uploaders']], ['the group can upload', Access.group('uploaders'), ['admins', 'uploaders']], ['nobody can upload', Access.nobody(), ['admins']],
  ])('creates the group `uploaders` unless the role excludes it: %s', (_, uploaders, groups) => expect(groupsOf(synthesized({}, { roles: { uploaders } }))).toEqual(groups));

  test('sends invitations with the service URL, unless the text is given', () => {
    const { InviteMessageTemplate: words } = only(template, 'AWS::Cognito::UserPool').properties.AdminCreateUserConfig;
    expect(words.EmailMessage).toMatch(/\{username\}.*\{####\}.*"https:\/\/videos\.example\.com\/api\/login\?return_to=%2F"/);
    synthesized({ userPool: { userInvitation: { emailSubject: 'Hello' } } }).hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { InviteMessageTemplate: { EmailSubject: 'Hello', EmailMessage: words.EmailMessage } },
    });
  });
});

describe('dependencies between props of a pool', () => {
  const properties = (userPool: cognito.UserPoolProps) => only(synthesized({ userPool }), 'AWS::Cognito::UserPool').properties;

  test.each<[string, cognito.UserPoolProps, object]>([
    // Cognito requires that AutoVerifiedAttributes contains all attributes of AttributesRequireVerificationBeforeUpdate.
    ['user names only', { signInAliases: { username: true } }, { verified: undefined, before: undefined, sms: false }],
    ['no verified attribute', { autoVerify: { email: false } }, { verified: [], before: undefined, sms: false }],
    // Cognito requires an SMS configuration to verify phone_number automatically, and for MFA by SMS.
    ['phone numbers', { signInAliases: { phone: true } }, { verified: ['phone_number'], before: undefined, sms: true }],
    ['MFA by SMS', { mfa: cognito.Mfa.OPTIONAL, mfaSecondFactor: { sms: true, otp: true } }, { verified: ['email'], before: ['email'], sms: true }],
    ['the defaults', {}, { verified: ['email'], before: ['email'], sms: false }],
  ])('%s', (_, userPool, expected) => {
    const { AutoVerifiedAttributes: verified, UserAttributeUpdateSettings: settings, SmsConfiguration: sms } = properties(userPool);
    expect({ verified, before: settings?.AttributesRequireVerificationBeforeUpdate, sms: sms !== undefined }).toEqual(expected);
  });

  test('treats undefined props as omitted, so the plan stays Lite', () => {
    const given = { featurePlan: undefined, deletionProtection: undefined, mfa: undefined };
    expect(properties(given)).toMatchObject({ UserPoolTier: 'LITE', DeletionProtection: 'INACTIVE', MfaConfiguration: 'OFF' });
  });

  test('does not protect a disposable pool, its groups and its secret', () => {
    const goes = synthesized({ userPool: { removalPolicy: RemovalPolicy.DESTROY } });
    goes.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
    expect(JSON.stringify(goes.toJSON())).not.toContain('"Retain');
  });

  test.each(['video editors', 'a,b', 'tab\t'])('rejects the group name "%s", which Cognito or API Gateway cannot handle', (name) => {
    expect(() => auth({}, { roles: { viewers: Access.group(name) } })).toThrow(/^Test\/Auth: roles\.viewers: expected a group name without spaces and commas/);
  });

  test.each(['constructor', '__proto__', 'toString'])('accepts the group name %s, which is also an inherited property', (name) => {
    const made = synthesized({}, { roles: { uploaders: Access.group(name) } });
    expect(groupsOf(made)).toContain(name);
  });

  test('creates two groups for names that differ in one character', () => {
    const made = synthesized({}, { roles: { uploaders: Access.group('a/b'), viewers: Access.group('a-b') } });
    expect(groupsOf(made)).toEqual(['a-b', 'a/b', 'admins']);
  });
});

describe('users of another identity provider', () => {
  function warnings(options: Parameters<typeof auth>, attributeMapping?: cognito.AttributeMapping): string[] {
    const { stack, vodAuth } = auth(...options);
    new cognito.UserPoolIdentityProviderOidc(stack, 'Other', { userPool: vodAuth.userPool!, clientId: 'id', clientSecret: 'x', issuerUrl: 'https://id.example.com', attributeMapping });
    return warningsOf(stack);
  }
  const email = { email: cognito.ProviderAttribute.other('email') };
  const restricted: Partial<VodAuthProps> = { roles: { uploaders: Access.group('uploaders'), viewers: Access.group('viewers') } };

  test('need no invitation, so roles for every signed-in user cause a warning', () => {
    expect(warnings([{}, {}], email)).toEqual([expect.stringContaining('without an invitation')]);
    expect(warnings([{}, { roles: { uploaders: Access.group('uploaders') } }], email)).toHaveLength(1);
    expect(warnings([{}, restricted], email)).toEqual([]);
  });

  test('need an e-mail address, so a provider that maps none causes a warning', () => {
    expect(warnings([{}, restricted])).toEqual([expect.stringContaining('Set attributeMapping.email')]);
  });
});

describe('the first admin', () => {
  test('does not exist by default', () => template.resourceCountIs('AWS::Cognito::UserPoolUser', 0));

  test('is invited by e-mail into the admins group', () => {
    const invited = synthesized({ firstAdmin: 'ada@example.com' }, { roles: { admins: Access.group('ops') } });
    invited.hasResource('AWS::Cognito::UserPoolUser', {
      DeletionPolicy: 'RetainExceptOnCreate',
      // The user depends on the sign-in resources, so no invitation is sent if the creation of these resources fails.
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AuthSignIn'), Match.stringLikeRegexp('^AuthUserPoolDomain')]),
      Properties: {
        // In a user pool with e-mail addresses as aliases, a user name must not be an e-mail address.
        Username: 'ada-at-example.com',
        DesiredDeliveryMediums: ['EMAIL'],
        UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }, { Name: 'email_verified', Value: 'true' }],
      },
    });
    const [user] = Object.keys(invited.findResources('AWS::Cognito::UserPoolUser'));
    const [group] = Object.keys(invited.findResources('AWS::Cognito::UserPoolGroup', { Properties: { GroupName: 'ops' } }));
    invited.hasResource('AWS::Cognito::UserPoolUserToGroupAttachment', {
      // If `firstAdmin` is removed from the props, the user remains an admin.
      DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain',
      Properties: { Username: { Ref: user }, GroupName: { Ref: group } },
    });
  });

  test('has the e-mail address as user name if the pool has no other user names', () => {
    synthesized({ firstAdmin: 'ada@example.com', userPool: { signInAliases: { email: true } } })
      .hasResourceProperties('AWS::Cognito::UserPoolUser', { Username: 'ada@example.com' });
  });
});
