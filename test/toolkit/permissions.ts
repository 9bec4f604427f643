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

/**
 * Converts `Action` and `Resource` to lists. `NotAction` becomes an entry of `Action` that begins with `NotAction`. `NotResource` becomes an entry of
 * `Resource` in the same way.
 */
export function statements(document: { Statement?: any[] } | undefined): Statement[] {
  const part = (statement: any, name: string): any[] => list(statement[name] ?? `Not${name} ${JSON.stringify(statement[`Not${name}`])}`);
  return (document?.Statement ?? []).map((statement) => ({ ...statement, Action: part(statement, 'Action'), Resource: part(statement, 'Resource') }));
}

export function statementsOf(template: AnyTemplate, type: string): Statement[] {
  return ofType(template, type).flatMap(({ properties }) => statements(properties.PolicyDocument));
}

export function rolePolicies(template: AnyTemplate): Record<string, Statement[]> {
  const roles = Object.fromEntries(ofType(template, 'AWS::IAM::Role').map(({ id, properties }) => (
    [id, list(properties.Policies).flatMap((policy: any) => statements(policy.PolicyDocument))])));
  for (const { properties } of ofType(template, 'AWS::IAM::Policy')) {
    for (const role of references(properties.Roles)) roles[role]?.push(...statements(properties.PolicyDocument));
  }
  return roles;
}

/**
 * Formats each action on each resource, for example `Deny s3:GetObject on Media.Arn/v/* if {condition}`. Only actions that are not allowed begin with their
 * effect.
 */
export function grants(granted: Statement[]): string[] {
  return granted.flatMap(({ Effect, Action, Resource, Condition }) => Action.flatMap((action) => Resource.map((resource) => (
    `${Effect === 'Allow' ? '' : `${Effect} `}${action} on ${readable(resource)}${Condition ? ` if ${readable(Condition)}` : ''}`))));
}

/** The condition of permissions for the rows of titles and tags, in the format of `grants`. */
export const IF_DERIVED = ' if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["tag#*","owntag#*","titles#*"]}}';

export function permissionsOfRole(template: AnyTemplate, role: IRole | string): string[] {
  const id = typeof role === 'string' ? role : Stack.of(role).getLogicalId(role.node.defaultChild as CfnElement);
  const granted = rolePolicies(template)[id];
  if (!granted) throw new Error(`the template has no role ${id}`);
  return grants(granted).sort();
}

/** Returns the sorted permissions of a handler, in the format of `grants`. Permissions for the log are omitted. */
export function permissionsOf(template: AnyTemplate, handler: HandlerName): string[] {
  const { role, properties } = functionOf(template, handler);
  const logGroup = readable({ 'Fn::GetAtt': [references(properties.LoggingConfig)[0], 'Arn'] });
  const log = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => `${action} on ${logGroup}`);
  return permissionsOfRole(template, role).filter((permission) => !log.includes(permission));
}
