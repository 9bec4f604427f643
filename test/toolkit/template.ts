import { Template } from 'aws-cdk-lib/assertions';
import { type Lookup, resolve } from '../../local/template/resolve';

/** If possible, use the class `Template` of aws-cdk-lib/assertions. */
export interface CloudFormationTemplate {
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, unknown>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export type AnyTemplate = CloudFormationTemplate | Template;

export interface Found {
  readonly id: string;
  readonly properties: Record<string, any>;
  readonly resource: TemplateResource;
}

export function resourcesOf(template: AnyTemplate): Record<string, TemplateResource> {
  return (template instanceof Template ? template.toJSON() as CloudFormationTemplate : template).Resources;
}

export function ofType(template: AnyTemplate, type: string): Found[] {
  return Object.entries(resourcesOf(template)).filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ id, properties: resource.Properties ?? {}, resource }));
}

export function only(template: AnyTemplate, type: string): Found {
  const found = ofType(template, type);
  if (found.length !== 1) throw new Error(`expected one ${type}, got ${found.map(({ id }) => id).join(', ') || 'none'}`);
  return found[0];
}

/** Whether a resource belongs to the library. The construct id of the service in the template must be `Vod`. */
export const isOurs = (logicalId: string): boolean => logicalId.startsWith('Vod');

export function ours(template: AnyTemplate, type: string): Found[] {
  return ofType(template, type).filter(({ id }) => isOurs(id));
}

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

export const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

/** Replaces each reference with its name in `Fn::Sub`: `Table` for a Ref, `Table.Arn` for an attribute, `AWS::Region` for a pseudo parameter. */
const byName: Lookup = (name, attribute) => {
  // CDK splits the stack id into parts, so this text must have the format of an ARN.
  if (name === 'AWS::StackId') return 'arn:AWS::Partition:cloudformation:AWS::Region:AWS::AccountId:stack/AWS::StackName/AWS::StackId';
  return attribute ? `${withoutHash(name)}.${attribute}` : withoutHash(name);
};

export function plain(value: unknown, lookup: Lookup = byName): any {
  return value === undefined ? undefined : resolve('the template', value, lookup);
}

export function readable(value: unknown): string {
  const text = plain(value);
  return typeof text === 'string' ? text : String(JSON.stringify(text));
}

export const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

export function waitsFor(template: AnyTemplate, logicalId: string): Set<string> {
  const resources = resourcesOf(template);
  const found = new Set<string>();
  const visit = (id: string): void => {
    const resource = resources[id];
    if (!resource) return;
    for (const next of [...references(resource.Properties), ...list(resource.DependsOn)]) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(logicalId);
  return found;
}
