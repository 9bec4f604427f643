import { Template } from 'aws-cdk-lib/assertions';
import { FeaturePlan, ManagedLoginVersion } from 'aws-cdk-lib/aws-cognito';
import { Identity, type UserPoolIdentityOptions, type VodAuthProps } from '../../../src';
import { authIn, testStack } from '../../toolkit/stacks';

export const ESSENTIALS = { featurePlan: FeaturePlan.ESSENTIALS };
export const MANAGED = { managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN };

export function auth(options: UserPoolIdentityOptions = {}, others: Partial<VodAuthProps> = {}) {
  const stack = testStack();
  return { stack, vodAuth: authIn(stack, { identity: Identity.userPool(options), ...others }) };
}

export const synthesized = (...args: Parameters<typeof auth>) => Template.fromStack(auth(...args).stack);
