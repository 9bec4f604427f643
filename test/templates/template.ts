/** Reads synthesized templates. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface CloudFormationTemplate {
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, unknown>;
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: unknown[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Whether a logical id is the library's own: it stands below the construct `Vod`. */
export const isOurs = (logicalId: string): boolean => logicalId.startsWith('Vod');

/** The resources of a type, by logical id. */
export function ofType(template: CloudFormationTemplate, type: string): Record<string, TemplateResource> {
  return Object.fromEntries(Object.entries(template.Resources).filter(([, resource]) => resource.Type === type));
}

/** The library's own resources of a type: logical id, properties, and the whole resource. */
export function ours(template: CloudFormationTemplate, type: string): { id: string; properties: Record<string, any>; resource: TemplateResource }[] {
  return Object.entries(template.Resources).filter(([id, { Type }]) => isOurs(id) && Type === type)
    .map(([id, resource]) => ({ id, properties: resource.Properties ?? {}, resource }));
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

/** A value as one text: a resource stands for its address, whichever attribute is read; pseudo parameters keep their names. */
export function readable(value: any): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Fn::Join' in value) return value['Fn::Join'][1].map(readable).join(value['Fn::Join'][0]);
  if ('Ref' in value) return withoutHash(value.Ref);
  if ('Fn::GetAtt' in value) return withoutHash(value['Fn::GetAtt'][0]);
  return JSON.stringify(value);
}

/** A logical id as people write it: its hash changes with the construct's place in the tree. */
export const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

export const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The statements of a policy document, each field a list. */
export function statements(document: { Statement?: any[] } | undefined): Statement[] {
  return (document?.Statement ?? []).map((statement) => ({ ...statement, Action: list(statement.Action), Resource: list(statement.Resource) }));
}

/** What each role may do: logical id of the role -> statements of its inline and attached policies. */
export function rolePolicies(template: CloudFormationTemplate): Record<string, Statement[]> {
  const roles: Record<string, Statement[]> = {};
  for (const [id, { Properties }] of Object.entries(ofType(template, 'AWS::IAM::Role'))) {
    roles[id] = list(Properties?.Policies).flatMap((policy: any) => statements(policy.PolicyDocument));
  }
  for (const { Properties } of Object.values(ofType(template, 'AWS::IAM::Policy'))) {
    for (const role of references(Properties?.Roles)) roles[role]?.push(...statements(Properties?.PolicyDocument));
  }
  return roles;
}

/** What a resource waits for: everything that it refers to or depends on, and what those wait for. */
export function waitsFor(template: CloudFormationTemplate, logicalId: string): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    const resource = template.Resources[id];
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
