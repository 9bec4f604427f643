import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { functionOf } from './functions';
import { list, ofType, readable, references, type AnyTemplate } from './template';
import type { HandlerName } from '../../src/contract/environment';

export interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: unknown[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** The statements of a policy document, each field a list. One with `NotAction` or `NotResource` shows as such: it allows all else. */
export function statements(document: { Statement?: any[] } | undefined): Statement[] {
  const part = (statement: any, name: string): any[] => list(statement[name] ?? `Not${name} ${JSON.stringify(statement[`Not${name}`])}`);
  return (document?.Statement ?? []).map((statement) => ({ ...statement, Action: part(statement, 'Action'), Resource: part(statement, 'Resource') }));
}

/** The statements of all policies of a type, such as `AWS::S3::BucketPolicy`. */
export function statementsOf(template: AnyTemplate, type: string): Statement[] {
  return ofType(template, type).flatMap(({ properties }) => statements(properties.PolicyDocument));
}

/** What each role may do: logical id of the role -> statements of its inline and attached policies. */
export function rolePolicies(template: AnyTemplate): Record<string, Statement[]> {
  const roles = Object.fromEntries(ofType(template, 'AWS::IAM::Role').map(({ id, properties }) => (
    [id, list(properties.Policies).flatMap((policy: any) => statements(policy.PolicyDocument))])));
  for (const { properties } of ofType(template, 'AWS::IAM::Policy')) {
    for (const role of references(properties.Roles)) roles[role]?.push(...statements(properties.PolicyDocument));
  }
  return roles;
}

/**
 * One text for each action on each resource: `s3:GetObject on Media.Arn/v/*`, with ` if {condition}` where there is one.
 * `Deny ` stands before what is denied.
 */
export function grants(granted: Statement[]): string[] {
  return granted.flatMap(({ Effect, Action, Resource, Condition }) => Action.flatMap((action) => Resource.map((resource) => (
    `${Effect === 'Allow' ? '' : `${Effect} `}${action} on ${readable(resource)}${Condition ? ` if ${readable(Condition)}` : ''}`))));
}

/** What a role may do, sorted, as `grants` writes it. */
export function permissionsOfRole(template: AnyTemplate, role: IRole | string): string[] {
  const id = typeof role === 'string' ? role : Stack.of(role).getLogicalId(role.node.defaultChild as CfnElement);
  const granted = rolePolicies(template)[id];
  if (!granted) throw new Error(`the template has no role ${id}`);
  return grants(granted).sort();
}

/** What the function of a handler may do besides writing its own log, sorted, as `grants` writes it. */
export function permissionsOf(template: AnyTemplate, handler: HandlerName): string[] {
  const { role, properties } = functionOf(template, handler);
  const logGroup = readable({ 'Fn::GetAtt': [references(properties.LoggingConfig)[0], 'Arn'] });
  const log = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} on ${logGroup}`);
  return permissionsOfRole(template, role).filter((permission) => !log.includes(permission));
}
