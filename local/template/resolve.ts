/** What an intrinsic may ask of the template around it. */
export interface Scope {
  /** Whose property is resolved: the first word of every error. */
  readonly owner: string;
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, key: string, entry: string): unknown;
}

type Intrinsic = (argument: any, scope: Scope) => unknown;

/** An error that begins with the logical id it is about. */
export function fault(owner: string, message: string): Error {
  return new Error(`${owner}: ${message}`);
}

const CONDITIONS: Record<string, Intrinsic> = {
  'Fn::Equals': ([left, right], scope) => resolve(left, scope) === resolve(right, scope),
  'Fn::And': (terms, scope) => terms.every((term: unknown) => test(term, scope)),
  'Fn::Or': (terms, scope) => terms.some((term: unknown) => test(term, scope)),
  'Fn::Not': ([term], scope) => !test(term, scope),
  'Condition': (name, scope) => scope.condition(name),
};

const INTRINSICS: Record<string, Intrinsic> = {
  'Ref': (name, scope) => scope.ref(name),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...rest] = typeof argument === 'string' ? argument.split('.') : argument;
    return scope.attribute(logicalId, String(resolve(rest.join('.'), scope)));
  },
  'Fn::Join': ([separator, parts], scope) => list(parts, scope, 'Fn::Join').map((part) => text(part, scope, 'Fn::Join')).join(separator),
  'Fn::Sub': (argument, scope) => {
    const [format, variables] = typeof argument === 'string' ? [argument, {}] : argument;
    return format.replace(/\$\{([^}]+)\}/g, (_: string, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return text(resolve(variables[name], scope), scope, 'Fn::Sub');
      const [logicalId, ...attribute] = name.split('.');
      return text(attribute.length ? scope.attribute(logicalId, attribute.join('.')) : scope.ref(name), scope, 'Fn::Sub');
    });
  },
  'Fn::Select': ([index, values], scope) => {
    const found = list(values, scope, 'Fn::Select')[Number(resolve(index, scope))];
    if (found === undefined) throw fault(scope.owner, `Fn::Select has no value at ${JSON.stringify(index)}`);
    return found;
  },
  'Fn::Split': ([separator, value], scope) => text(resolve(value, scope), scope, 'Fn::Split').split(separator),
  'Fn::If': ([name, yes, no], scope) => resolve(scope.condition(name) ? yes : no, scope),
  'Fn::Base64': (value, scope) => Buffer.from(text(resolve(value, scope), scope, 'Fn::Base64')).toString('base64'),
  'Fn::FindInMap': ([map, key, entry], scope) => {
    const [from, row, column] = [map, key, entry].map((part) => text(resolve(part, scope), scope, 'Fn::FindInMap'));
    return scope.mapping(from, row, column);
  },
};

function list(value: unknown, scope: Scope, intrinsic: string): unknown[] {
  const values = resolve(value, scope);
  if (!Array.isArray(values)) throw fault(scope.owner, `${intrinsic} needs a list`);
  return values;
}

function text(value: unknown, scope: Scope, intrinsic: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw fault(scope.owner, `${intrinsic} needs text, got ${JSON.stringify(value)}`);
}

function intrinsicOf(node: object): string | undefined {
  const keys = Object.keys(node);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::')) ? keys[0] : undefined;
}

/** Evaluates a condition of the template. */
export function test(node: any, scope: Scope): boolean {
  const [name] = Object.keys(node);
  if (!CONDITIONS[name]) throw fault(scope.owner, `unknown condition function ${name}`);
  return CONDITIONS[name](node[name], scope) as boolean;
}

/** The node with every intrinsic replaced; `undefined` for what `AWS::NoValue` removes. */
export function resolve(node: unknown, scope: Scope): any {
  if (typeof node === 'string' && node.includes('{{resolve:')) throw fault(scope.owner, 'dynamic references are not supported');
  if (Array.isArray(node)) return node.map((item) => resolve(item, scope)).filter((item) => item !== undefined);
  if (node === null || typeof node !== 'object') return node;
  const name = intrinsicOf(node);
  if (name) {
    if (!INTRINSICS[name]) throw fault(scope.owner, `unknown intrinsic ${name}`);
    return INTRINSICS[name]((node as Record<string, unknown>)[name], scope);
  }
  const entries = Object.entries(node).map(([key, value]) => [key, resolve(value, scope)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Every name that a node refers to. */
export function references(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(references);
  if (node === null || typeof node !== 'object') return [];
  const inner = Object.values(node).flatMap(references);
  const [argument] = Object.values(node);
  switch (intrinsicOf(node)) {
    case 'Ref': return [argument];
    case 'Fn::GetAtt': return [typeof argument === 'string' ? argument.split('.')[0] : argument[0], ...inner];
    case 'Fn::Sub': return [...[argument].flat()[0].matchAll(/\$\{([^!}.]+)[^}]*\}/g)].map((match) => match[1]).concat(inner);
    default: return inner;
  }
}
