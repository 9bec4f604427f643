import type { Resource } from './template/resources';
import type { LocalStack } from './types';

export function theOne(stack: LocalStack, type: string): Resource {
  const [only, ...others] = stack.ofType(type);
  if (!only || others.length) throw new Error(`the local stack supports exactly one ${type}; the template has ${stack.ofType(type).length}`);
  return only;
}

/** `id` is the value of `Ref`. */
export function byId(stack: LocalStack, type: string, id: string): Resource {
  const found = stack.ofType(type).find(({ physicalId }) => physicalId === id);
  if (!found) throw new Error(`the template has no ${type} '${id}'`);
  return found;
}

/**
 * Throws for the first property that the local stack does not support, because an ignored property would have an effect only on AWS.
 *
 * @param free - property names, separated by spaces; these properties accept any value
 * @param bound - the accepted values of the other properties
 */
export function onlyKnown(what: string, properties: Record<string, any>, free: string, bound: Record<string, unknown[]> = {}): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || free.split(' ').includes(name) || bound[name]?.includes(value)) continue;
    throw new Error(`${what}: the local stack does not support ${name} ${JSON.stringify(value)}`);
  }
}
