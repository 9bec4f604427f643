import { TemplateAccess, type Decision } from '../../local/access/access';
import type { Assembly, Definition } from '../../local/template/assembly';
import { TemplateStack } from '../../local/template/template-stack';
import { AwsError } from '../../local/types';
import { readable, withoutHash } from '../toolkit/template';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
}

export interface Grant {
  readonly name: string;
  readonly action: string;
  readonly taken: () => Assembly;
}

const POLICIES: Record<string, string> = {
  'AWS::IAM::Policy': 'PolicyDocument',
  'AWS::IAM::Role': 'AssumeRolePolicyDocument',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
};

/** Returns every grant of the template, except the grants to CDK's functions, which the local stack does not run. */
export function grantsOf(assembly: Assembly): Grant[] {
  const changed = (change: (resources: Record<string, Definition>) => void): Assembly => {
    const copy = structuredClone(assembly);
    change(copy.template.Resources);
    return copy;
  };
  const ours = Object.entries(assembly.template.Resources).filter(([logicalId]) => !/^Custom(CDK|S3)/.test(logicalId));
  return ours.flatMap(([logicalId, definition]) => {
    if (definition.Type === 'AWS::Lambda::Permission') {
      const action = String(definition.Properties!.Action);
      return [{ name: `${withoutHash(logicalId)}: ${action}`, action, taken: () => changed((resources) => { delete resources[logicalId]; }) }];
    }
    return statementsOf(definition).flatMap((statement, index) => pairsOf(statement).map(([action, resource]) => ({
      name: `${withoutHash(logicalId)}: ${action}${resource === undefined ? '' : ` on ${readable(resource)}`}`,
      action,
      taken: () => changed((resources) => { statementsOf(resources[logicalId]).splice(index, 1, ...without(statement, action, resource)); }),
    })));
  });
}

function statementsOf({ Type, Properties }: Definition): Statement[] {
  return (Properties?.[POLICIES[Type]] as { Statement: Statement[] } | undefined)?.Statement ?? [];
}

function pairsOf({ Effect, Action, Resource }: Statement): [action: string, resource: unknown][] {
  if (Effect !== 'Allow') return [];
  return [Action].flat().flatMap((action) => [Resource].flat().map((resource): [string, unknown] => [action, resource]));
}

/** Returns statements that together allow everything that `statement` allows, except this action on this resource. */
function without(statement: Statement, action: string, resource: unknown): Statement[] {
  const others = pairsOf(statement).filter((pair) => pair[0] !== action || pair[1] !== resource);
  return others.map(([Action, Resource]) => ({ ...statement, Action, Resource }));
}

export async function isAllowed(assembly: Assembly, needs: Decision[]): Promise<boolean[]> {
  const access = new TemplateAccess(new TemplateStack(assembly, '', { edge: 1, aws: 2, auth: 3, otherIssuer: 4 }), () => undefined);
  const answers: boolean[] = [];
  for (const { principal, action, resource, context } of needs) {
    answers.push(await access.require(principal, [{ action, resource, context }]).then(() => true, (error) => {
      if (error instanceof AwsError && error.code === 'AccessDenied') return false;
      throw error;
    }));
  }
  return answers;
}

export async function unnoticedGrants(grants: Grant[], decisions: Decision[]): Promise<string[]> {
  const unnoticed: string[] = [];
  for (const { name, action, taken } of grants) {
    const asked = decisions.filter((decision) => action.endsWith('*') ? decision.action.startsWith(action.slice(0, -1)) : decision.action === action);
    const answers = await isAllowed(taken(), asked);
    if (answers.every(Boolean)) unnoticed.push(name);
  }
  return unnoticed;
}
