import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag, where a user runs it, why a rule does not fit here: rule -> reason.
 *
 * @param scope as narrow as it can be: it holds for all below
 */
export function acknowledge(scope: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(scope).acknowledge({ id, reason });
}

/**
 * Tells cdk-nag why a policy names a resource with a wildcard (AwsSolutions-IAM5). Other wildcards below the scope are still reported.
 *
 * @param resourceArn exactly as the policy has it, or `*`
 */
export function acknowledgeWildcard(scope: IConstruct, resourceArn: string, reason: string): void {
  const id = (): string => `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(resourceArn))}]`;
  const told = id();
  acknowledgeOne(scope, told, reason);
  // When the app is complete, the ARN of another stack's resource has become an import.
  scope.node.addValidation({
    validate: () => {
      if (id() !== told) acknowledgeOne(scope, id(), reason);
      return [];
    },
  });
}

function acknowledgeOne(scope: IConstruct, id: string, reason: string): void {
  try {
    acknowledge(scope, { [id]: reason });
  } catch (error) {
    // Before 2.262 the CDK takes no id with a second `::`, which the ARN of an imported bucket has. A note to cdk-nag must not fail the synth.
    if (!/Invalid validation rule ID/i.test(String(error))) throw error;
  }
}

/** An ARN as cdk-nag writes it in the id of a finding: a reference as `<LogicalId>` or `<LogicalId.Attribute>`. */
function flatten(value: any): string {
  if (typeof value === 'string') return value;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(flatten).join(value['Fn::Join'][0]);
  if (value['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  if (value.Ref) return `<${value.Ref}>`;
  if (value['Fn::ImportValue']) return flatten(value['Fn::ImportValue']);
  return JSON.stringify(value);
}
