import { App, AppProps, Stack } from 'aws-cdk-lib';
import { MODES } from './modes';
import { VideosStack as FullStack } from '../../examples/typescript/full/videos-stack';
import { VideosStack as SmallestStack } from '../../examples/typescript/smallest/videos-stack';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
}

export interface CloudFormationTemplate {
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, unknown>;
}

/** Every example of this repo, and every source of identity: what users copy must pass every check. */
export const EXAMPLES = { smallest: SmallestStack, full: FullStack, ...MODES };

/** Synthesizes a stack of its own app. */
export function synthesize(build: (app: App) => Stack, props: AppProps = {}): CloudFormationTemplate {
  const app = new App({ analyticsReporting: false, ...props });
  const stack = build(app);
  return app.synth().getStackByName(stack.stackName).template;
}

export function example(name: keyof typeof EXAMPLES): CloudFormationTemplate {
  return synthesize((app) => new EXAMPLES[name](app, 'Videos'));
}

/** The resources of a type, by logical id. */
export function ofType(template: CloudFormationTemplate, type: string): Record<string, TemplateResource> {
  return Object.fromEntries(Object.entries(template.Resources).filter(([, resource]) => resource.Type === type));
}

/** Logical ids that a value refers to, by Ref, GetAtt or Sub. */
export function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [inner as string];
    if (key === 'Fn::GetAtt') return [(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0]) as string];
    if (key === 'Fn::Sub') return [...String(Array.isArray(inner) ? inner[0] : inner).matchAll(/\$\{([A-Za-z0-9]+)/g)].map(([, id]) => id);
    return references(inner);
  });
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: unknown[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The statements of a policy document, each field a list. */
export function statements(document: { Statement: any[] }): Statement[] {
  return document.Statement.map((statement) => ({ ...statement, Action: list(statement.Action), Resource: list(statement.Resource) }));
}

/** What each role may do: logical id of the role -> statements of its inline and attached policies. */
export function rolePolicies(template: CloudFormationTemplate): Record<string, Statement[]> {
  const roles: Record<string, Statement[]> = {};
  for (const [id, { Properties }] of Object.entries(ofType(template, 'AWS::IAM::Role'))) {
    roles[id] = list(Properties?.Policies).flatMap((policy: any) => statements(policy.PolicyDocument));
  }
  for (const { Properties } of Object.values(ofType(template, 'AWS::IAM::Policy'))) {
    for (const role of Properties!.Roles as { Ref: string }[]) roles[role.Ref].push(...statements(Properties!.PolicyDocument));
  }
  return roles;
}

/** Whether a logical id is the library's own: it stands below the construct `Vod`. */
export const isOurs = (logicalId: string): boolean => logicalId.startsWith('Vod');
