import { isAbsent } from './prop-checks';

/**
 * The defaults with the given props over them. A prop given as undefined (or Python's None, JavaScript's null) keeps its default, so that
 * conditions in props (`x ? y : undefined`) undo nothing.
 */
export function overlay<T extends object, U extends object>(defaults: T, given: U | null | undefined): T & U {
  return { ...defaults, ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => !isAbsent(value))) } as T & U;
}
