import { parse } from 'querystring';
import { createContext, runInContext } from 'vm';

type Valued = Record<string, { value: string; multiValue?: { value: string }[] }>;

/** A request in the shape of CloudFront Functions. */
export interface EdgeRequest { method: string; uri: string; querystring: Valued; headers: Valued; cookies: Valued }
/** A response in the shape of CloudFront Functions. */
export interface EdgeResponse {
  statusCode: number;
  statusDescription?: string;
  headers?: Valued;
  cookies?: Record<string, { value: string; attributes?: string }>;
  body?: string | { encoding: 'text' | 'base64'; data: string };
}

/** One or several values as CloudFront Functions show them. */
export function valued(values: string | string[]): Valued[string] {
  const all = [values].flat().map((value) => ({ value }));
  return all.length > 1 ? { ...all[0], multiValue: all } : all[0];
}

/** All the values again. */
export const valuesOf = (entry: Valued[string]): string[] => (entry.multiValue ?? [entry]).map(({ value }) => value);

/** A query string as CloudFront Functions show it: undecoded. */
export function queryOf(query: string): Valued {
  const parsed = query ? parse(query, '&', '=', { decodeURIComponent: (text) => text }) : {};
  return Object.fromEntries(Object.entries(parsed).map(([name, values]) => [name, valued(values ?? '')]));
}

/** And back. */
export function queryText(query: Valued): string {
  return Object.entries(query).flatMap(([name, entry]) => valuesOf(entry).map((value) => value === '' ? name : `${name}=${value}`)).join('&');
}

/** Runs a CloudFront Function in a context that has nothing but the language; a failure rejects, as it would be a 503. */
export async function runFunction(code: string, event: object): Promise<any> {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  const result = runInContext(`const console = { log() {} };\n${code}
;Promise.resolve(handler(${JSON.stringify(event)})).then((result) => JSON.stringify(result))`, context, { timeout: 200 });
  return JSON.parse(await result);
}
