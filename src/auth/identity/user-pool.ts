import { Annotations, Aspects, Fn, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import type { IdentityContext } from './bound-identity';
import type { Roles } from '../../contract/roles';
import { LOGIN_PATH } from '../../contract/routes';
import { overlay } from '../../synth/overlay';
import { enumProblem, misspellingProblem, show } from '../../synth/prop-checks';
import { removalPolicyProblem, warnOfProtection } from '../../synth/removal-policy';

const DEFAULT_PLAN = cognito.FeaturePlan.LITE;

export function planProblem(prop: string, { featurePlan = DEFAULT_PLAN }: cognito.UserPoolProps = {}): string | undefined {
  return featurePlan === cognito.FeaturePlan.LITE
    ? `userPool.featurePlan: expected ESSENTIALS or PLUS for ${prop}, got LITE. ESSENTIALS and PLUS cost more per active user (https://aws.amazon.com/cognito/pricing)` : undefined;
}

export const USER_POOL_PROPS: Record<keyof cognito.UserPoolProps, true> = {
  userPoolName: true, selfSignUpEnabled: true, userVerification: true, userInvitation: true, smsRole: true, smsRoleExternalId: true, snsRegion: true,
  enableSmsRole: true, signInAliases: true, autoVerify: true, keepOriginal: true, standardAttributes: true, customAttributes: true, mfa: true, mfaMessage: true,
  mfaSecondFactor: true, passwordPolicy: true, signInPolicy: true, passkeyRelyingPartyId: true, passkeyUserVerification: true, email: true,
  lambdaTriggers: true, signInCaseSensitive: true, accountRecovery: true, removalPolicy: true, deletionProtection: true, deviceTracking: true,
  customSenderKmsKey: true, advancedSecurityMode: true, featurePlan: true, standardThreatProtectionMode: true, customThreatProtectionMode: true,
};

/** Checks the names of all props, and the values of some enums. CDK and Cognito check the other values. */
export function userPoolProblems(props?: cognito.UserPoolProps): (string | undefined)[] {
  return [
    misspellingProblem('userPool', props, USER_POOL_PROPS),
    enumProblem('userPool.featurePlan', props?.featurePlan, { FeaturePlan: cognito.FeaturePlan }),
    enumProblem('userPool.mfa', props?.mfa, { Mfa: cognito.Mfa }),
    removalPolicyProblem('userPool.removalPolicy', props?.removalPolicy),
  ];
}

export function createUserPool(scope: Construct, props: cognito.UserPoolProps, context: IdentityContext): cognito.UserPool {
  const { url, removalPolicy, roles, deletionProtection } = context;
  const { passwordPolicy, userInvitation, ...others } = props;
  warnOfProtection(scope, 'user pool', overlay({ deletionProtection, removalPolicy }, others));
  const aliases = props.signInAliases ?? { username: true, email: true };
  const verified = props.autoVerify ?? aliases;
  const needsSms = aliases.phone || verified.phone || props.mfaSecondFactor?.sms;
  const userPool = new cognito.UserPool(scope, 'UserPool', {
    ...overlay({
      selfSignUpEnabled: false,
      signInAliases: aliases,
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      // Users sign in with the old e-mail address until the new address is verified. Cognito accepts `keepOriginal` only for automatically verified attributes.
      keepOriginal: verified.email ? { email: true } : undefined,
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      enableSmsRole: needsSms ? undefined : false,
      mfa: cognito.Mfa.OFF,
      mfaSecondFactor: { sms: false, otp: true },
      featurePlan: DEFAULT_PLAN,
      deletionProtection,
      removalPolicy,
    }, others),
    passwordPolicy: overlay({ minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true }, passwordPolicy),
    userInvitation: overlay({
      emailSubject: 'Your invitation',
      emailBody: `<p>You are invited to ${url}</p><p>Sign in as {username} with the temporary password {####}</p>`
        + `<p><a href="${url}${LOGIN_PATH}?return_to=%2F">Sign in</a></p>`,
    }, userInvitation),
  });
  const isOpen = (roles.uploaders === undefined || roles.viewers === undefined) && !props.lambdaTriggers?.preSignUp;
  Aspects.of(userPool).add({ visit: (node) => { if (node === userPool) warnOfProviders(userPool, isOpen); } });
  return userPool;
}

function warnOfProviders(userPool: cognito.UserPool, isOpen: boolean): void {
  for (const provider of userPool.identityProviders) {
    const resource = provider.node.defaultChild as cognito.CfnUserPoolIdentityProvider | undefined;
    if (isOpen) {
      Annotations.of(provider).addWarningV2('serverless-vod:openToProvider',
        'all users of this identity provider can sign in without an invitation, and the roles allow every signed-in user to upload or watch. '
        + 'Restrict the roles to groups, or reject unknown users in a preSignUp trigger');
    }
    if (resource && resource.attributeMapping === undefined) {
      Annotations.of(provider).addWarningV2('serverless-vod:providerWithoutEmail',
        'the user pool requires an e-mail address, but this identity provider has no attribute mapping for the e-mail address. Cognito rejects all users of the identity provider. Set attributeMapping.email');
    }
  }
}

/** A user or group whose creation is rolled back must be deleted, because its name would block the next deployment. */
function withinPool(policy: RemovalPolicy): RemovalPolicy {
  return policy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy;
}

/** The group `uploaders` is created even if every user can upload, so that uploads can be restricted later. */
export function createGroups(scope: Construct, userPool: cognito.UserPool, { removalPolicy, roles }: IdentityContext): ReadonlyMap<string, string> {
  const descriptions = new Map(roles.uploaders ? [] : [['uploaders', 'All users can upload. To restrict uploads to this group, set the prop roles.uploaders']]);
  const describe = (names: readonly string[] = [], description: string) => {
    for (const name of names.filter((each) => !Token.isUnresolved(each))) descriptions.set(name, description);
  };
  describe(roles.viewers, 'Can watch');
  describe(roles.uploaders, 'Can upload');
  describe(roles.admins, 'Can manage every video');
  const known = new Map([['uploaders', 'Uploaders'], ['admins', 'Admins']]);
  return new Map([...descriptions].map(([groupName, description]) => {
    const group = new cognito.UserPoolGroup(scope, known.get(groupName) ?? `Group-${encodeURIComponent(groupName)}`, { userPool, groupName, description });
    group.applyRemovalPolicy(withinPool(removalPolicy));
    return [groupName, group.groupName];
  }));
}

export function groupProblems(roles: Roles): (string | undefined)[] {
  return Object.entries(roles).flatMap(([role, names]) => (names as readonly string[] | undefined ?? []).map((name) => groupNameProblem(`roles.${role}`, name)));
}

/** For Cognito's rules, see CreateGroup in the Amazon Cognito User Pools API Reference. */
function groupNameProblem(prop: string, name: string | undefined): string | undefined {
  // `rolesProblems` already rejects values that are not names.
  if (typeof name !== 'string' || name.trim() === '' || Token.isUnresolved(name) || /^(?:(?!,)[\p{L}\p{M}\p{S}\p{N}\p{P}])+$/u.test(name)) return undefined;
  return `${prop}: expected a group name without spaces and commas, got "${name}". Cognito does not support spaces, and API Gateway does not support commas`;
}

export function inviteProblem(prop: string, email: unknown): string | undefined {
  return typeof email === 'string' && (Token.isUnresolved(email) || /^[^@\s]+@[^@\s]+$/.test(email)) ? undefined : `${prop}: expected an e-mail address, got ${show(email)}`;
}

export function invite(
  scope: Construct, email: string, userPool: cognito.UserPool, aliases: cognito.SignInAliases | undefined, group: string, removalPolicy: RemovalPolicy,
): cognito.CfnUserPoolUser {
  const { userPoolId } = userPool;
  const user = new cognito.CfnUserPoolUser(scope, 'FirstAdmin', {
    userPoolId,
    // If e-mail is an alias, a user name must not look like an e-mail address. CloudFormation creates a new user before it deletes the old user, so a new
    // address must lead to a new name.
    username: aliases && !aliases.username ? email : Fn.join('-at-', Fn.split('@', email)),
    desiredDeliveryMediums: ['EMAIL'],
    userAttributes: [{ name: 'email', value: email }, { name: 'email_verified', value: 'true' }],
  });
  const role = new cognito.CfnUserPoolUserToGroupAttachment(scope, 'FirstAdminRole', { userPoolId, username: user.ref, groupName: group });
  // The user and the group membership get the same removal policy, because a retained user without the membership would not be an admin.
  for (const resource of [user, role]) resource.applyRemovalPolicy(withinPool(removalPolicy));
  return user;
}
