/** Literals stay literals, so that the SDK's enums check them where the settings are sent; arrays stay arrays. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
export const literally = <const T>(value: T): Mutable<T> => value as Mutable<T>;
