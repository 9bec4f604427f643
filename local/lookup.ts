import type { Resource } from './template/resources';
import type { LocalStack } from './types';

/** The resource of a type of which this machine serves exactly one. */
export function theOne(stack: LocalStack, type: string): Resource {
  const [only, ...others] = stack.ofType(type);
  if (!only || others.length) throw new Error(`this machine serves exactly one ${type}, the template has ${only ? others.length + 1 : 'none'}`);
  return only;
}

/** The resource of a type that `Ref` names so. */
export function byId(stack: LocalStack, type: string, id: string): Resource {
  const found = stack.ofType(type).find(({ physicalId }) => physicalId === id);
  if (!found) throw new Error(`the template has no ${type} '${id}'`);
  return found;
}

/**
 * Throws for the first property that the local stack does not support, since one that it ignored would work on AWS only.
 * @param free names of properties that may have any value, with spaces between
 * @param bound the values that the others may have
 */
export function onlyKnown(what: string, properties: Record<string, any>, free: string, bound: Record<string, unknown[]> = {}): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || free.split(' ').includes(name) || bound[name]?.includes(value)) continue;
    throw new Error(`${what}: the local stack does not support ${name} ${JSON.stringify(value)}`);
  }
}
