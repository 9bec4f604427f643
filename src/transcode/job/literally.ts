/** Keeps literal types, so that TypeScript checks them against the SDK's enums. Unlike `as const`, it does not make arrays and objects read-only. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
export const literally = <const T>(value: T): Mutable<T> => value as Mutable<T>;
