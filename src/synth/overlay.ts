/** The defaults with what was given over them. What was given as undefined was not given: conditions in props (`x ? y : undefined`) keep the default. */
export function overlay<T extends object, U extends object>(defaults: T, given: U | undefined): T & U {
  return { ...defaults, ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) } as T & U;
}
