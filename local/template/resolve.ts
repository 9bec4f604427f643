export type Lookup = (name: string, attribute?: string) => string | undefined;

/** The arguments are resolved before the call. */
const INTRINSICS: Record<string, (argument: any, lookup: Lookup) => unknown> = {
  'Ref': (name, lookup) => lookup(name),
  'Fn::GetAtt': ([name, attribute], lookup) => lookup(name, attribute),
  'Fn::Join': ([separator, parts]) => parts.join(separator),
  'Fn::Select': ([index, values]) => values[index],
  'Fn::Split': ([separator, text]) => text.split(separator),
  'Fn::Sub': (text, lookup) => text.replace(/\$\{([^}]*)\}/g, (_: string, name: string) => lookup(name)),
};

export function resolve(owner: string, node: unknown, lookup: Lookup): any {
  // JSON.parse calls a reviver for inner values first, so the arguments of a function are already resolved.
  return JSON.parse(JSON.stringify(node), (_, inner) => {
    if (typeof inner === 'string' && inner.includes('{{resolve:')) throw new Error(`${owner}: the local stack does not support dynamic references`);
    const [name, ...others] = inner && typeof inner === 'object' ? Object.keys(inner) : [];
    if (others.length > 0 || !/^(Ref$|Fn::)/.test(name)) return inner;
    const value = INTRINSICS[name]?.(inner[name], lookup);
    if (value === undefined) throw new Error(`${owner}: can't resolve ${JSON.stringify(inner)}`);
    return value;
  });
}
