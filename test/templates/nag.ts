import type { App, Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Finding } from './validate';

export function nag(app: App, stack: Stack): Finding[] {
  return new AwsSolutionsChecks(app).validateScope(stack).violations.flatMap(({ ruleName, description, violatingResources }: any) => (
    violatingResources.map((resource: any) => ({ ruleId: ruleName, place: resource.constructPath, message: description }))));
}
