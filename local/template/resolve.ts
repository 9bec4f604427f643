/** What `Ref` answers for a name, or `Fn::GetAtt` for one of its attributes. */
export type Lookup = (name: string, attribute?: string) => string | undefined;

/** Those that a CDK app without conditions, mappings and parameters emits. Their arguments are resolved already. */
const INTRINSICS: Record<string, (argument: any, lookup: Lookup) => unknown> = {
  'Ref': (name, lookup) => lookup(name),
  'Fn::GetAtt': ([name, attribute], lookup) => lookup(name, attribute),
  'Fn::Join': ([separator, parts]) => parts.join(separator),
  'Fn::Select': ([index, values]) => values[index],
  'Fn::Split': ([separator, text]) => text.split(separator),
  'Fn::Sub': (text, lookup) => text.replace(/\$\{([^}]*)\}/g, (_: string, name: string) => lookup(name)),
};

/** The node with the value of every intrinsic in its place. */
export function resolve(owner: string, node: unknown, lookup: Lookup): any {
  // A reviver sees what is inside before what is around it.
  return JSON.parse(JSON.stringify(node), (_, inner) => {
    if (typeof inner === 'string' && inner.includes('{{resolve:')) throw new Error(`${owner}: dynamic references are not supported`);
    const [name, ...others] = inner && typeof inner === 'object' ? Object.keys(inner) : [];
    if (others.length > 0 || !/^(Ref$|Fn::)/.test(name)) return inner;
    const value = INTRINSICS[name]?.(inner[name], lookup);
    if (value === undefined) throw new Error(`${owner}: can't resolve ${JSON.stringify(inner)}`);
    return value;
  });
}
