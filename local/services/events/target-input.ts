import { onlyKnown } from '../../lookup';
import type { Json } from '../json';

/** What a rule of that ARN hands to a target for an event, as JSON text. `receivedAt` is when the bus took the event. */
export type InputOf = (event: Json, receivedAt: Date) => string;

const VARIABLE = /<([\w.-]+)>/g;
/** A JSON string with a variable, before a colon. */
const KEY = /"(?:[^"\\]|\\.)*<[\w.-]+>(?:[^"\\]|\\.)*"\s*:/;
const PATH = /^\$((\.[\w-]+)|(\[\d+\]))*$/;
const RULE_ARN = 'aws.events.rule-arn';

/** Variables that each template may use. */
const RESERVED: Record<string, (event: Json, receivedAt: Date, ruleArn: string) => unknown> = {
  [RULE_ARN]: (_, __, ruleArn) => ruleArn,
  'aws.events.rule-name': (_, __, ruleArn) => ruleArn.split('/').at(-1),
  'aws.events.event.ingestion-time': (_, receivedAt) => receivedAt.toISOString(),
  'aws.events.event': ({ detail: _, ...event }) => event,
  'aws.events.event.json': (event) => event,
};

/** Reads Input, InputPath and InputTransformer of a target, of which it has one at most; throws, by name, for what is not understood. */
export function compileInput(owner: string, ruleArn: string, { Input, InputPath, InputTransformer }: Json): InputOf {
  if ([Input, InputPath, InputTransformer].filter((given) => given !== undefined).length > 1) throw new Error(`${owner}: a target has Input, InputPath or InputTransformer`);
  if (Input !== undefined) {
    if (!isJson(Input)) throw new Error(`${owner}: Input must be JSON, got ${Input}`);
    return () => Input;
  }
  if (InputTransformer) return compileTemplate(owner, ruleArn, InputTransformer);
  const valueAt = compilePath(owner, InputPath ?? '$');
  return (event) => JSON.stringify(valueAt(event) ?? null);
}

/** A JSON path in dot notation with array indices. */
function compilePath(owner: string, path: string): (event: Json) => any {
  if (!PATH.test(path)) throw new Error(`${owner}: the local stack does not support the path ${path}`);
  const steps = path.match(/[\w-]+/g) ?? [];
  return (event) => steps.reduce<any>((value, step) => value?.[step], event);
}

function compileTemplate(owner: string, ruleArn: string, { InputPathsMap = {}, InputTemplate: template, ...more }: Json): InputOf {
  onlyKnown(owner, more, '');
  const reserved = Object.keys(InputPathsMap).find((name) => /^aws\./i.test(name));
  if (reserved) throw new Error(`${owner}: InputPathsMap: names that begin with aws. are reserved, got ${reserved}`);
  const paths = new Map(Object.entries<string>(InputPathsMap).map(([name, path]) => [name, compilePath(owner, path)]));
  if (KEY.test(template)) throw new Error(`${owner}: InputTemplate: a variable can't stand in a key, got ${template}`);
  const names = [...template.matchAll(VARIABLE)].map(([, name]) => name);
  const undefinedName = names.find((name) => !paths.has(name) && !Object.hasOwn(RESERVED, name));
  if (undefinedName) throw new Error(`${owner}: InputTemplate: nothing defines <${undefinedName}>`);
  const sample = fill(template, () => 0);
  if (!isJson(sample) && !sample.split('\n').every(isJson)) throw new Error(`${owner}: InputTemplate must be JSON, or a JSON string on each line, got ${template}`);
  return (event, receivedAt) => minified(fill(template, (name) => paths.has(name) ? paths.get(name)!(event) : RESERVED[name](event, receivedAt, ruleArn)));
}

/** Values stand as JSON outside of strings and as plain text inside, where AWS escapes nothing. What is not in the event is empty. */
function fill(template: string, valueOf: (name: string) => unknown): string {
  // A JSON string as a whole, or what is between two of them.
  return template.replace(/"(?:[^"\\]|\\.)*"|[^"]+/g, (part) => part.replace(VARIABLE, (_, name) => {
    const { value = '' } = { value: valueOf(name) };
    return part.startsWith('"') && typeof value === 'string' ? value : JSON.stringify(value);
  }));
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const minified = (text: string): string => isJson(text) ? JSON.stringify(JSON.parse(text)) : text;
