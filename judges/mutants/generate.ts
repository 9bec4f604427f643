import { storesOf } from '../../test/templates/checks/handlers';
import { CloudFormationTemplate, isOurs, list, ofType, references, TemplateResource, waitsFor } from '../../test/toolkit/template';

export interface Mutant {
  readonly kind: string;
  readonly what: string;
  readonly logicalId: string;
  readonly example: string;
  readonly template: CloudFormationTemplate;
}

type Path = (string | number)[];

const COSMETIC = ['Description', 'Comment', 'Tags', 'Sid', 'PolicyName', 'description', 'title', 'detail'];

const POLICY_TYPES = ['AWS::IAM::Policy', 'AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::Lambda::Permission'];

const isIntrinsic = (value: object): boolean => Object.keys(value).length === 1 && /^(Ref|Fn::\w+)$/.test(Object.keys(value)[0]);

function get(value: any, path: Path): any {
  return path.reduce((inner, key) => inner?.[key], value);
}

function changed(resource: TemplateResource, path: Path, value?: unknown): TemplateResource {
  const copy = structuredClone(resource);
  const parent = get(copy, path.slice(0, -1));
  const key = path.at(-1)!;
  if (value !== undefined) parent[key] = value;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return copy;
}

function kindOf(path: Path): string {
  if (path[0] === 'DependsOn') return 'dependency removed';
  if (path[0] !== 'Properties') return 'retention removed';
  if (path.at(-2) === 'Statement') return 'statement removed';
  if (path.includes('Condition')) return 'condition removed';
  if (path.at(-2) === 'Action') return 'action removed';
  return path.includes('Statement') ? 'part of a statement removed' : 'property removed';
}

function weaker(value: unknown, path: Path): [kind: string, value: unknown][] {
  const key = String(path.at(-1));
  const inStatement = path.includes('Statement') && !path.includes('Condition');
  if (typeof value === 'boolean') return [['switch turned', !value]];
  if (key === 'State' && value === 'ENABLED') return [['switch turned', 'DISABLED']];
  if (!inStatement) return [];
  if (key === 'Resource' && value !== '*') return [['resource broadened', '*']];
  if (key === 'Principal' && JSON.stringify(value) !== '{"AWS":"*"}') return [['principal broadened', '*']];
  const wholeService = `${String(list(value as string)[0]).split(':')[0]}:*`;
  return key === 'Action' && value !== wholeService ? [['action broadened', wholeService]] : [];
}

function changes(resource: TemplateResource): { path: Path; kind: string; value?: unknown }[] {
  const found: { path: Path; kind: string; value?: unknown }[] = [];
  const visit = (value: any, path: Path): void => {
    if (path.length > 1 || (path.length === 1 && path[0] !== 'Properties')) {
      found.push({ path, kind: kindOf(path) });
      for (const [kind, other] of weaker(value, path)) found.push({ path, kind, value: other });
    }
    if (typeof value !== 'object' || value === null || isIntrinsic(value)) return;
    for (const key of Object.keys(value)) if (!COSMETIC.includes(key)) visit(value[key], [...path, Array.isArray(value) ? Number(key) : key]);
  };
  for (const part of ['Properties', 'DependsOn', 'DeletionPolicy', 'UpdateReplacePolicy'] as const) {
    const value = resource[part];
    if (value !== undefined) visit(part === 'DependsOn' ? list(value as string[]) : value, [part]);
  }
  // A mutant removes one entry of `DependsOn`. Mutants that remove the whole list are omitted, because each check requires a single entry.
  return found.filter(({ path }) => path[0] !== 'DependsOn' || path.length === 2);
}

/** Whether the library writes this part of an existing resource, such as a bucket. The user's app writes the other parts of the resource. */
function isWrittenByUs(resource: TemplateResource, path: Path): boolean {
  if (path[1] === 'CorsConfiguration' || path[1] === 'NotificationConfiguration') return true;
  const statement = path.indexOf('Statement');
  return statement > 0 && path.length > statement + 1 && 'Service' in (get(resource, path.slice(0, statement + 2)).Principal ?? {});
}

function resourcesOf(template: CloudFormationTemplate): { id: string; resource: TemplateResource; mine: (path: Path) => boolean }[] {
  const stores = storesOf(template, 'table', 'sources', 'media').map(({ id }) => id).filter((id) => !isOurs(id));
  const policies = ofType(template, 'AWS::S3::BucketPolicy').filter(({ properties }) => references(properties.Bucket).some((id) => stores.includes(id)));
  const keys = ofType(template, 'AWS::KMS::Key').filter(({ id }) => !isOurs(id));
  const theirs = [...stores, ...[...policies, ...keys].map(({ id }) => id)];
  return Object.entries(template.Resources).filter(([id]) => isOurs(id) || theirs.includes(id)).map(([id, resource]) => ({
    id, resource, mine: (path: Path) => isOurs(id) || isWrittenByUs(resource, path),
  }));
}

/**
 * For each resource that no other resource refers to, returns the template without this resource. If another resource refers to a missing resource,
 * CloudFormation itself detects the error.
 */
function withoutResources(example: string, template: CloudFormationTemplate): Mutant[] {
  const referred = new Set(Object.values(template.Resources).flatMap(({ Properties }) => references(Properties)));
  return Object.keys(template.Resources).filter((id) => isOurs(id) && !referred.has(id)).map((id) => {
    const Resources = Object.fromEntries(Object.entries(template.Resources).filter(([each]) => each !== id)
      .map(([each, resource]) => [each, { ...resource, ...resource.DependsOn && { DependsOn: list(resource.DependsOn).filter((other) => other !== id) } }]));
    const isPolicy = POLICY_TYPES.includes(template.Resources[id].Type);
    const kind = isPolicy ? 'permission or policy removed' : 'resource removed';
    return { kind, what: `${id}: removed`, logicalId: id, example, template: { ...template, Resources } };
  });
}

/** Returns every mutant of a template. No mutant removes a dependency that a reference implies, because the removal would have no effect. */
export function mutantsOf(example: string, template: CloudFormationTemplate): Mutant[] {
  const parts = resourcesOf(template).flatMap(({ id, resource, mine }) => changes(resource).filter(({ path }) => mine(path))
    .map((change) => ({ id, resource, ...change })));
  const ofParts = parts.flatMap(({ id, resource, path, kind, value }) => {
    const base = { ...resource, ...resource.DependsOn && { DependsOn: list(resource.DependsOn) } };
    const mutated = { ...template, Resources: { ...template.Resources, [id]: changed(base, path, value) } };
    if (kind === 'dependency removed' && waitsFor(mutated, id).has(get(base, path))) return [];
    const place = path.slice(path[0] === 'Properties' ? 1 : 0).join('.');
    const before = get(base, path);
    const what = `${id}: ${place}${typeof before === 'object' ? '' : `=${before}`} ${value === undefined ? 'removed' : `-> ${JSON.stringify(value)}`}`;
    return [{ kind, what, logicalId: id, example, template: mutated }];
  });
  return [...withoutResources(example, template), ...ofParts];
}

/** Returns the mutants of several templates. If several templates contain the same resource, its mutants are returned only once. */
export function distinctMutants(templates: Record<string, CloudFormationTemplate>): Mutant[] {
  const seen = new Set<string>();
  return Object.entries(templates).flatMap(([example, template]) => mutantsOf(example, template)).filter(({ what, kind, logicalId, example }) => {
    const key = `${kind} ${what} ${JSON.stringify(templates[example].Resources[logicalId])}`;
    return !seen.has(key) && seen.add(key);
  });
}
