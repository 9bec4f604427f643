type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
/** With literal types, TypeScript can check the value against the SDK's enums. Unlike `as const`, `literally` adds no `readonly`. */
export const literally = <const T>(value: T): Mutable<T> => value as Mutable<T>;
