import { isAbsent } from './prop-checks';

/** A prop that is undefined or null (None in Python) keeps its default. */
export function overlay<T extends object, U extends object>(defaults: T, given: U | null | undefined): T & U {
  return { ...defaults, ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => !isAbsent(value))) } as T & U;
}
