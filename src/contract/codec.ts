/** Writes values that are known at synth only in part: the CDK's tokens. */
export interface TokenWriter {
  /** As JSON. */
  readonly json: (value: unknown) => string;
  readonly number: (value: number) => string;
}

/** How a value becomes the text of an environment variable, and is read back. */
export interface Codec<T> {
  readonly render: (value: T, write: TokenWriter) => string;
  /** Fails if `render` can't have written the text. */
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

/** JSON of a value whose type both sides share. */
export function json<T>(): Codec<T> {
  return { render: (value, write) => write.json(value), parse: (written) => JSON.parse(written) as T };
}
