import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Suppresses cdk-nag findings of a construct and its children. */
export function acknowledge(scope: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(scope).acknowledge({ id, reason });
}

/**
 * Suppresses AwsSolutions-IAM5 of cdk-nag for one wildcard resource.
 *
 * @param resourceArn the ARN exactly as in the policy, or `*`
 */
export function acknowledgeWildcard(scope: IConstruct, resourceArn: string, reason: string): void {
  const id = (): string => `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(resourceArn))}]`;
  const early = id();
  acknowledgeOne(scope, early, reason);
  // At the end of synth, CDK replaces the ARN of a resource in another stack with an Fn::ImportValue, which changes the id of the finding.
  scope.node.addValidation({
    validate: () => {
      if (id() !== early) acknowledgeOne(scope, id(), reason);
      return [];
    },
  });
}

/**
 * Writes the metadata that CDK's `acknowledge` would write. CDK before 2.262 rejects an id with a second `::`, which the ARN of an imported bucket contains.
 * Code that calls `acknowledge` cannot ignore this error, because CDK also writes the error to the file `cdk.out/error.txt`.
 */
function acknowledgeOne(scope: IConstruct, id: string, reason: string): void {
  scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

/** References become `<LogicalId>` or `<LogicalId.Attribute>`, as in the finding ids of cdk-nag. */
function flatten(value: any): string {
  if (typeof value === 'string') return value;
  if (value['Fn::Join']) return value['Fn::Join'][1].map(flatten).join(value['Fn::Join'][0]);
  if (value['Fn::GetAtt']) return `<${value['Fn::GetAtt'].join('.')}>`;
  if (value.Ref) return `<${value.Ref}>`;
  if (value['Fn::ImportValue']) return flatten(value['Fn::ImportValue']);
  return JSON.stringify(value);
}
