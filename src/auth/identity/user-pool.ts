import { Annotations, Aspects, Fn, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import type { IdentityContext } from './bound-identity';
import type { Roles } from '../../contract/roles';
import { LOGIN_PATH } from '../../contract/routes';
import { overlay } from '../../synth/overlay';
import { enumProblem, misspellingProblem, show } from '../../synth/prop-checks';
import { removalPolicyProblem, warnOfProtection } from '../../synth/removal-policy';

/** The cheapest. */
const DEFAULT_PLAN = cognito.FeaturePlan.LITE;

/** What is wrong with asking for `what` of a pool of this plan. */
export function planProblem(prop: string, { featurePlan = DEFAULT_PLAN }: cognito.UserPoolProps = {}): string | undefined {
  return featurePlan === cognito.FeaturePlan.LITE
    ? `${prop}: expected userPool.featurePlan ESSENTIALS or PLUS, which cost by the active user (https://aws.amazon.com/cognito/pricing), got LITE` : undefined;
}

/** Every prop of a pool. */
export const USER_POOL_PROPS: Record<keyof cognito.UserPoolProps, true> = {
  userPoolName: true, selfSignUpEnabled: true, userVerification: true, userInvitation: true, smsRole: true, smsRoleExternalId: true, snsRegion: true,
  enableSmsRole: true, signInAliases: true, autoVerify: true, keepOriginal: true, standardAttributes: true, customAttributes: true, mfa: true, mfaMessage: true,
  mfaSecondFactor: true, passwordPolicy: true, signInPolicy: true, passkeyRelyingPartyId: true, passkeyUserVerification: true, email: true,
  lambdaTriggers: true, signInCaseSensitive: true, accountRecovery: true, removalPolicy: true, deletionProtection: true, deviceTracking: true,
  customSenderKmsKey: true, advancedSecurityMode: true, featurePlan: true, standardThreatProtectionMode: true, customThreatProtectionMode: true,
};

/** What is wrong with the pool's props, of those that decide what else is made. CDK and Cognito check the others. */
export function userPoolProblems(props?: cognito.UserPoolProps): (string | undefined)[] {
  return [
    misspellingProblem('userPool', props, USER_POOL_PROPS),
    enumProblem('userPool.featurePlan', props?.featurePlan, { FeaturePlan: cognito.FeaturePlan }),
    enumProblem('userPool.mfa', props?.mfa, { Mfa: cognito.Mfa }),
    removalPolicyProblem('userPool.removalPolicy', props?.removalPolicy),
  ];
}

/** The pool: CDK's own props over defaults that cost least and let nobody in by themselves. */
export function makeUserPool(scope: Construct, props: cognito.UserPoolProps, context: IdentityContext): cognito.UserPool {
  const { url, removalPolicy, roles, deletionProtection } = context;
  const { passwordPolicy, userInvitation, ...others } = props;
  warnOfProtection(scope, 'user pool', overlay({ deletionProtection, removalPolicy }, others));
  const aliases = props.signInAliases ?? { username: true, email: true };
  const verified = props.autoVerify ?? aliases;
  const asksForSms = aliases.phone || verified.phone || props.mfaSecondFactor?.sms;
  const userPool = new cognito.UserPool(scope, 'UserPool', {
    ...overlay({
      selfSignUpEnabled: false,
      signInAliases: aliases,
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      // A changed address counts once it is verified: until then the old one signs in. Cognito takes it for what it verifies by itself only.
      keepOriginal: verified.email ? { email: true } : undefined,
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      // CDK knows by itself when a role is needed; without SMS there is to be none.
      enableSmsRole: asksForSms ? undefined : false,
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

/** People of other providers join a pool by signing in: an invitation is not asked of them. */
function warnOfProviders(userPool: cognito.UserPool, isOpen: boolean): void {
  for (const provider of userPool.identityProviders) {
    const resource = provider.node.defaultChild as cognito.CfnUserPoolIdentityProvider | undefined;
    if (isOpen) {
      Annotations.of(provider).addWarningV2('serverless-vod:openToProvider',
        'everyone whom this identity provider knows can sign in, without an invitation, and roles let everyone signed in upload or watch: '
        + 'restrict roles to groups, or refuse strangers in a preSignUp trigger');
    }
    if (resource && resource.attributeMapping === undefined) {
      Annotations.of(provider).addWarningV2('serverless-vod:providerWithoutEmail',
        'the user pool asks for an e-mail address, and Cognito refuses people of a provider that maps none: set attributeMapping.email');
    }
  }
}

/** A group's name is taken once within a pool that may outlive the stack: kept like the pool, but not by a deployment that failed to make it. */
function withinPool(policy: RemovalPolicy): RemovalPolicy {
  return policy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy;
}

/** The groups that roles name, and `uploaders` while everyone may upload, for the day that changes; by name. */
export function makeGroups(scope: Construct, userPool: cognito.UserPool, { removalPolicy, roles }: IdentityContext): ReadonlyMap<string, string> {
  const descriptions = new Map(roles.uploaders ? [] : [['uploaders', 'May upload, where uploading is restricted']]);
  const describe = (names: readonly string[] = [], description: string) => {
    for (const name of names.filter((each) => !Token.isUnresolved(each))) descriptions.set(name, description);
  };
  describe(roles.viewers, 'May watch');
  describe(roles.uploaders, 'May upload');
  describe(roles.admins, 'May manage every video');
  const known = new Map([['uploaders', 'Uploaders'], ['admins', 'Admins']]);
  return new Map([...descriptions].map(([groupName, description]) => {
    const group = new cognito.UserPoolGroup(scope, known.get(groupName) ?? `Group-${encodeURIComponent(groupName)}`, { userPool, groupName, description });
    group.applyRemovalPolicy(withinPool(removalPolicy));
    return [groupName, group.groupName];
  }));
}

/** What is wrong with the groups of the roles. */
export function groupProblems(roles: Roles): (string | undefined)[] {
  return Object.entries(roles).flatMap(([role, names]) => (names as readonly string[] | undefined ?? []).map((name) => groupNameProblem(`roles.${role}`, name)));
}

/** What Cognito takes (Amazon Cognito User Pools API Reference, CreateGroup), but for the comma by which API Gateway joins the groups of a token. */
function groupNameProblem(prop: string, name: string | undefined): string | undefined {
  // `rolesProblems` refuses what is no name at all.
  if (typeof name !== 'string' || name.trim() === '' || Token.isUnresolved(name) || /^(?:(?!,)[\p{L}\p{M}\p{S}\p{N}\p{P}])+$/u.test(name)) return undefined;
  return `${prop}: expected a group's name without spaces and commas, which Cognito and API Gateway can't take, got "${name}"`;
}

/** What is wrong with the address of somebody to invite. */
export function inviteProblem(prop: string, email: unknown): string | undefined {
  return typeof email === 'string' && (Token.isUnresolved(email) || /^[^@\s]+@[^@\s]+$/.test(email)) ? undefined : `${prop}: expected an e-mail address, got ${show(email)}`;
}

/** Makes a user in the group of the admins: Cognito sends the invitation when the user is made. */
export function invite(
  scope: Construct, email: string, userPool: cognito.UserPool, aliases: cognito.SignInAliases | undefined, group: string, removalPolicy: RemovalPolicy,
): cognito.CfnUserPoolUser {
  const { userPoolId } = userPool;
  const user = new cognito.CfnUserPoolUser(scope, 'FirstAdmin', {
    userPoolId,
    // Where an address is an alias, a user name may not look like one. It changes with the address, since CloudFormation makes the new user first.
    username: aliases && !aliases.username ? email : Fn.join('-at-', Fn.split('@', email)),
    desiredDeliveryMediums: ['EMAIL'],
    userAttributes: [{ name: 'email', value: email }, { name: 'email_verified', value: 'true' }],
  });
  const role = new cognito.CfnUserPoolUserToGroupAttachment(scope, 'FirstAdminRole', { userPoolId, username: user.ref, groupName: group });
  // Both: a user who stays without the role would be an admin no more.
  for (const resource of [user, role]) resource.applyRemovalPolicy(withinPool(removalPolicy));
  return user;
}
