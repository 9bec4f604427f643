import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FeaturePlan, ManagedLoginVersion } from 'aws-cdk-lib/aws-cognito';
import { Identity, type UserPoolIdentityOptions, VodAuth, type VodAuthOptions } from '../../../src';

export const ORIGIN = 'https://videos.example.com';
export const ESSENTIALS = { featurePlan: FeaturePlan.ESSENTIALS };
export const MANAGED = { managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN };

export function auth(options: UserPoolIdentityOptions = {}, others: VodAuthOptions = {}) {
  const stack = new Stack(new App(), 'Test');
  return { stack, vodAuth: new VodAuth(stack, 'Auth', { origin: ORIGIN, identity: Identity.userPool(options), ...others }) };
}

export const synthesized = (...args: Parameters<typeof auth>) => Template.fromStack(auth(...args).stack);

/** The one resource of the template that is of this type: its logical id and itself. */
export function only(template: Template, type: string): [string, any] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}
