/** What an intrinsic may ask of the template around it. */
export interface Scope {
  ref(name: string): string;
  attribute(logicalId: string, name: string): string;
}

/** Those that a CDK app without conditions, mappings and parameters emits. Their arguments are resolved already. */
const INTRINSICS: Record<string, (argument: any, scope: Scope) => unknown> = {
  'Ref': (name, scope) => scope.ref(name),
  'Fn::GetAtt': ([logicalId, name], scope) => scope.attribute(logicalId, name),
  'Fn::Join': ([separator, parts]) => parts.join(separator),
  'Fn::Select': ([index, values]) => values[index],
  'Fn::Split': ([separator, text]) => text.split(separator),
  'Fn::Sub': (text, scope) => text.replace(/\$\{([^}]*)\}/g, (_: string, name: string) => scope.ref(name)),
};

/** The node with the value of every intrinsic in its place. */
export function resolve(node: unknown, scope: Scope): any {
  // A reviver sees what is inside before what is around it.
  return JSON.parse(JSON.stringify(node), (_, inner) => {
    if (typeof inner === 'string' && inner.includes('{{resolve:')) throw new Error('dynamic references are not supported');
    const [name, ...others] = inner && typeof inner === 'object' ? Object.keys(inner) : [];
    if (others.length > 0 || !/^(Ref$|Fn::)/.test(name)) return inner;
    const value = INTRINSICS[name]?.(inner[name], scope);
    if (value === undefined) throw new Error(`can't resolve ${JSON.stringify(inner)}`);
    return value;
  });
}
