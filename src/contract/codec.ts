/** Renders values that may contain CDK tokens. */
export interface TokenWriter {
  readonly json: (value: unknown) => string;
  readonly number: (value: number) => string;
}

/** Converts a value to the text of an environment variable and back. */
export interface Codec<T> {
  readonly render: (value: T, write: TokenWriter) => string;
  /** Throws if the text is invalid. */
  readonly parse: (text: string) => T;
}

export const text: Codec<string> = { render: (value) => value, parse: (written) => written };

export const number: Codec<number> = {
  render: (value, write) => write.number(value),
  parse: (written) => {
    const value = Number(written);
    if (written.trim() === '' || !Number.isFinite(value)) throw new Error(`expected a number, got "${written}"`);
    return value;
  },
};

export function json<T>(): Codec<T> {
  return { render: (value, write) => write.json(value), parse: (written) => JSON.parse(written) as T };
}
