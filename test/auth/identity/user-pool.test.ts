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
    template.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain', Properties: { DeletionProtection: 'INACTIVE' },
    });
    // A deployment that failed to make them leaves none: the next one could not make them, since their names would be taken.
    template.allResources('AWS::Cognito::UserPoolGroup', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    template.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('goes with a stack that is to be thrown away', () => {
    const thrownAway = synthesized({}, { removalPolicy: RemovalPolicy.DESTROY });
    thrownAway.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
    thrownAway.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'Delete' });
    expect(JSON.stringify(thrownAway.toJSON())).not.toContain('"Retain');
  });

  test('has its two groups', () => {
    expect(groupsOf(template)).toEqual(['admins', 'uploaders']);
  });

  test('keeps its logical ids: a new one is a new pool', () => {
    expect(only(template, 'AWS::Cognito::UserPool').id).toBe('AuthUserPool8115E87F');
    expect(only(template, 'AWS::Cognito::UserPoolClient').id).toBe('AuthUserPoolClientC635291F');
    expect(only(template, 'AWS::SecretsManager::Secret').id).toBe('AuthClientSecretCBB39842');
  });

  test('takes CDK\'s own props, and keeps what they leave out', () => {
    const passwordPolicy = { minLength: 20, requireSymbols: false };
    synthesized({ userPool: { selfSignUpEnabled: true, mfa: cognito.Mfa.REQUIRED, passwordPolicy, featurePlan: cognito.FeaturePlan.PLUS } })
      .hasResourceProperties('AWS::Cognito::UserPool', {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: false }, MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'], UserPoolTier: 'PLUS',
        Policies: { PasswordPolicy: { MinimumLength: 20, RequireNumbers: true, RequireSymbols: false } }, AliasAttributes: ['email'], DeletionProtection: 'INACTIVE',
      });
  });

  test('has the groups that roles name', () => {
    const roles = { uploaders: Access.group('editors'), viewers: Access.group('editors'), admins: Access.group('a/b') };
    const made = synthesized({}, { roles });
    expect(groupsOf(made)).toEqual(['a/b', 'editors']);
  });

  test.each<[string, Access, string[]]>([
    ['everyone may', Access.signedIn(), ['admins', 'uploaders']], ['they may', Access.group('uploaders'), ['admins', 'uploaders']], ['nobody may', Access.nobody(), ['admins']],
  ])('has the group `uploaders` unless others upload: %s', (_, uploaders, groups) => expect(groupsOf(synthesized({}, { roles: { uploaders } }))).toEqual(groups));

  test('invites with the address of the service, unless the words are given', () => {
    const { InviteMessageTemplate: words } = only(template, 'AWS::Cognito::UserPool').properties.AdminCreateUserConfig;
    expect(words.EmailMessage).toMatch(/\{username\}.*\{####\}.*"https:\/\/videos\.example\.com\/api\/login\?return_to=%2F"/);
    synthesized({ userPool: { userInvitation: { emailSubject: 'Hello' } } }).hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { InviteMessageTemplate: { EmailSubject: 'Hello', EmailMessage: words.EmailMessage } },
    });
  });
});

describe('what depends on what in a pool', () => {
  const properties = (userPool: cognito.UserPoolProps) => only(synthesized({ userPool }), 'AWS::Cognito::UserPool').properties;

  test.each<[string, cognito.UserPoolProps, object]>([
    // Cognito: all attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes.
    ['names only', { signInAliases: { username: true } }, { verified: undefined, before: undefined, sms: false }],
    ['nothing verified', { autoVerify: { email: false } }, { verified: [], before: undefined, sms: false }],
    // Cognito: SMS configuration is required when phone_number is selected for auto verification, or SMS for MFA.
    ['telephones', { signInAliases: { phone: true } }, { verified: ['phone_number'], before: undefined, sms: true }],
    ['MFA by SMS', { mfa: cognito.Mfa.OPTIONAL, mfaSecondFactor: { sms: true, otp: true } }, { verified: ['email'], before: ['email'], sms: true }],
    ['the defaults', {}, { verified: ['email'], before: ['email'], sms: false }],
  ])('%s', (_, userPool, expected) => {
    const { AutoVerifiedAttributes: verified, UserAttributeUpdateSettings: settings, SmsConfiguration: sms } = properties(userPool);
    expect({ verified, before: settings?.AttributesRequireVerificationBeforeUpdate, sms: sms !== undefined }).toEqual(expected);
  });

  test('what is given as undefined is not given: no plan is raised by a condition', () => {
    const given = { featurePlan: undefined, deletionProtection: undefined, mfa: undefined };
    expect(properties(given)).toMatchObject({ UserPoolTier: 'LITE', DeletionProtection: 'INACTIVE', MfaConfiguration: 'OFF' });
  });

  test('a pool that goes is not protected, nor are its groups and the secret', () => {
    const goes = synthesized({ userPool: { removalPolicy: RemovalPolicy.DESTROY } });
    goes.hasResource('AWS::Cognito::UserPool', { DeletionPolicy: 'Delete', Properties: { DeletionProtection: 'INACTIVE' } });
    expect(JSON.stringify(goes.toJSON())).not.toContain('"Retain');
  });

  test.each(['video editors', 'a,b', 'tab\t'])('no group is called "%s": Cognito, or the list that API Gateway makes of groups, can\'t take it', (name) => {
    expect(() => auth({}, { roles: { viewers: Access.group(name) } })).toThrow(/^Test\/Auth: roles\.viewers: expected a group name without spaces and commas/);
  });

  test.each(['constructor', '__proto__', 'toString'])('a group may be called %s, as every object has it', (name) => {
    const made = synthesized({}, { roles: { uploaders: Access.group(name) } });
    expect(groupsOf(made)).toContain(name);
  });

  test('names that differ in one character only are two groups', () => {
    const made = synthesized({}, { roles: { uploaders: Access.group('a/b'), viewers: Access.group('a-b') } });
    expect(groupsOf(made)).toEqual(['a-b', 'a/b', 'admins']);
  });
});

describe('people of another identity provider', () => {
  function warnings(options: Parameters<typeof auth>, attributeMapping?: cognito.AttributeMapping): string[] {
    const { stack, vodAuth } = auth(...options);
    new cognito.UserPoolIdentityProviderOidc(stack, 'Other', { userPool: vodAuth.userPool!, clientId: 'id', clientSecret: 'x', issuerUrl: 'https://id.example.com', attributeMapping });
    return warningsOf(stack);
  }
  const email = { email: cognito.ProviderAttribute.other('email') };
  const restricted: Partial<VodAuthProps> = { roles: { uploaders: Access.group('uploaders'), viewers: Access.group('viewers') } };

  test('are not invited, so roles that are open to everyone signed in are warned of', () => {
    expect(warnings([{}, {}], email)).toEqual([expect.stringContaining('without an invitation')]);
    expect(warnings([{}, { roles: { uploaders: Access.group('uploaders') } }], email)).toHaveLength(1);
    expect(warnings([{}, restricted], email)).toEqual([]);
  });

  test('need an address, so a provider that maps none is warned of', () => {
    expect(warnings([{}, restricted])).toEqual([expect.stringContaining('Set attributeMapping.email')]);
  });
});

describe('the first admin', () => {
  test('is nobody by default', () => template.resourceCountIs('AWS::Cognito::UserPoolUser', 0));

  test('is invited by e-mail, into the group of the admins', () => {
    const invited = synthesized({ firstAdmin: 'ada@example.com' }, { roles: { admins: Access.group('ops') } });
    invited.hasResource('AWS::Cognito::UserPoolUser', {
      DeletionPolicy: 'RetainExceptOnCreate',
      // Nobody is invited to what could not be made.
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AuthSignIn'), Match.stringLikeRegexp('^AuthUserPoolDomain')]),
      Properties: {
        // An address is an alias here, and a user name may not look like an alias.
        Username: 'ada-at-example.com',
        DesiredDeliveryMediums: ['EMAIL'],
        UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }, { Name: 'email_verified', Value: 'true' }],
      },
    });
    const [user] = Object.keys(invited.findResources('AWS::Cognito::UserPoolUser'));
    const [group] = Object.keys(invited.findResources('AWS::Cognito::UserPoolGroup', { Properties: { GroupName: 'ops' } }));
    invited.hasResource('AWS::Cognito::UserPoolUserToGroupAttachment', {
      // A user who stays when the prop goes stays an admin.
      DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain',
      Properties: { Username: { Ref: user }, GroupName: { Ref: group } },
    });
  });

  test('is named by the address where the pool knows no other name', () => {
    synthesized({ firstAdmin: 'ada@example.com', userPool: { signInAliases: { email: true } } })
      .hasResourceProperties('AWS::Cognito::UserPoolUser', { Username: 'ada@example.com' });
  });
});
