import { createContext, runInContext } from 'vm';
import type { ApiAnswer } from '../gateway/responses';
import { onlyKnown } from '../lookup';

/**
 * Runs a CloudFront Function that answers in the origin's place, in a context that has nothing but the language. It sees method and
 * path and nothing else; one that fails, reads more or lets the request pass rejects, as it would be a 503.
 */
export async function runFunction(code: string, method: string, uri: string): Promise<ApiAnswer> {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  const event = JSON.stringify({ version: '1.0', request: { method, uri } });
  const result = JSON.parse(await runInContext(`${code}
;Promise.resolve(handler(${event})).then((result) => JSON.stringify(result))`, context, { timeout: 200 }));
  onlyKnown('CloudFront Function', result, 'statusCode statusDescription headers body');
  const headers = Object.entries<{ value: string }>(result.headers ?? {}).map(([name, { value }]) => [name, value]);
  return { status: result.statusCode, headers: { ...Object.fromEntries(headers), 'x-cache': 'FunctionGeneratedResponse from cloudfront' }, body: result.body };
}
