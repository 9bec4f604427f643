import type { APIGatewayProxyEvent } from 'aws-lambda';
import { HttpProblem, invalid } from './http-problem';
import { isText } from '../domain/text-rules';

/** Large enough for every valid request, even if all characters are escaped as `\uXXXX`. */
const MAX_BODY_BYTES = 128 * 1024;
/** Prevents a stack overflow in recursive code. */
const MAX_DEPTH = 32;
/** Limits the work of code that compares each value with every other value. */
const MAX_VALUES = 1000;

/** Throws if the body is too large or is not UTF-8. */
export function bodyText({ body, isBase64Encoded }: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>): string {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw new HttpProblem('too_large', `the body is larger than ${MAX_BODY_BYTES / 1024} KiB`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // Unless the body is Base64-encoded, API Gateway has already replaced invalid UTF-8 with U+FFFD.
    if (!text.includes('\ufffd')) return text;
  } catch {
    // The decoder throws for invalid UTF-8.
  }
  throw malformed();
}

/** Throws for invalid JSON, repeated names in an object, too many values or levels, strings that `isText` rejects, and infinite numbers. */
export function parseJson(text: string): unknown {
  const value = parsed(text);
  checkStructure(text);
  checkValues(value, '');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

/** `JSON.parse` keeps only the last value of a repeated name. */
function checkStructure(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let values = 1;
  for (const [token, string, colon] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*(:)?|[{}[\],]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') values++;
    else if (colon !== undefined) addName(open.at(-1), JSON.parse(`"${string}"`));
    if (open.length > MAX_DEPTH) throw invalid('', `the body has more than ${MAX_DEPTH} levels of objects and arrays`);
    if (values > MAX_VALUES) throw invalid('', `the body contains more than ${MAX_VALUES} values`);
  }
}

function addName(names: Set<string> | undefined, name: string): void {
  if (names?.has(name)) throw invalid(`/${escaped(name)}`, 'can be given only once');
  names?.add(name);
}

function checkValues(value: unknown, pointer: string): void {
  if (typeof value === 'string') {
    if (!isText(value)) throw invalid(pointer, 'contains a control character, an unpaired surrogate or a noncharacter');
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(pointer, 'is too large for a double-precision number');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      if (!isText(name)) throw invalid(pointer, 'has a name that contains a control character, an unpaired surrogate or a noncharacter');
      checkValues(each, `${pointer}/${escaped(name)}`);
    }
  }
}

/** RFC 6901, section 3. */
function escaped(name: string): string {
  return name.replace(/~/g, '~0').replace(/\//g, '~1');
}

function malformed(): HttpProblem {
  return new HttpProblem('malformed_json', 'send JSON, encoded in UTF-8 without a byte order mark');
}
