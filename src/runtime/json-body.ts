import type { APIGatewayProxyEvent } from 'aws-lambda';
import { HttpProblem, invalid } from './http-problem';
import { isText } from '../domain/text-rules';

/** No request of the API needs more, even with every character escaped as `\uXXXX`. */
const MAX_BODY_BYTES = 128 * 1024;
/** Levels of objects and arrays. What reads the body afterwards may recurse. */
const MAX_DEPTH = 32;
/** Values in the whole body. What reads the body afterwards may compare each with each. */
const MAX_VALUES = 1000;

/** The body as text: empty when there is none, and refused when it is too large or not UTF-8. */
export function bodyText({ body, isBase64Encoded }: Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>): string {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw new HttpProblem('too_large', `the body is larger than ${MAX_BODY_BYTES / 1024} KiB`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // API Gateway decodes bodies that are not Base64, and puts U+FFFD where the bytes were not UTF-8.
    if (!text.includes('\ufffd')) return text;
  } catch {
    // Answered below.
  }
  throw malformed();
}

/** The value of a JSON text. Refused: what is not JSON, names given twice, deep or long structures, strings that are not text, numbers without end. */
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

/** Looks at the text, since `JSON.parse` keeps the last of two equal names only. The text is known to be JSON. */
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
    if (values > MAX_VALUES) throw invalid('', `the body holds more than ${MAX_VALUES} values`);
  }
}

function addName(names: Set<string> | undefined, name: string): void {
  if (names?.has(name)) throw invalid(`/${escaped(name)}`, 'may be given once');
  names?.add(name);
}

function checkValues(value: unknown, pointer: string): void {
  if (typeof value === 'string') {
    if (!isText(value)) throw invalid(pointer, 'holds a control character, half of a surrogate pair, or a character that stands for none');
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(pointer, 'is too large for a number');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      if (!isText(name)) throw invalid(pointer, 'has a name with a control character, half of a surrogate pair, or a character that stands for none');
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
