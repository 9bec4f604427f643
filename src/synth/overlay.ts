import { isAbsent } from './prop-checks';

/**
 * Returns the defaults, overridden by the given props. A conditional prop (`x ? y : undefined`) keeps its default if the value is undefined or null (None in
 * Python).
 */
export function overlay<T extends object, U extends object>(defaults: T, given: U | null | undefined): T & U {
  return { ...defaults, ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => !isAbsent(value))) } as T & U;
}
