import { isAbsent } from './prop-checks';

/**
 * Returns the defaults, overridden by the given props. A prop that is undefined or null (None in Python) keeps its default, such as the prop
 * `x ? y : undefined`.
 */
export function overlay<T extends object, U extends object>(defaults: T, given: U | null | undefined): T & U {
  return { ...defaults, ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => !isAbsent(value))) } as T & U;
}
