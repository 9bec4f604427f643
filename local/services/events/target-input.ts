import { onlyKnown } from '../../lookup';
import type { Json } from '../json';

/** Returns the JSON text that a rule passes to its target for an event. `receivedAt` is the time at which the bus received the event. */
export type InputOf = (event: Json, receivedAt: Date) => string;

const VARIABLE = /<([\w.-]+)>/g;
const KEY = /"(?:[^"\\]|\\.)*<[\w.-]+>(?:[^"\\]|\\.)*"\s*:/;
const PATH = /^\$((\.[\w-]+)|(\[\d+\]))*$/;
const RULE_ARN = 'aws.events.rule-arn';

const RESERVED: Record<string, (event: Json, receivedAt: Date, ruleArn: string) => unknown> = {
  [RULE_ARN]: (_, __, ruleArn) => ruleArn,
  'aws.events.rule-name': (_, __, ruleArn) => ruleArn.split('/').at(-1),
  'aws.events.event.ingestion-time': (_, receivedAt) => receivedAt.toISOString(),
  'aws.events.event': ({ detail: _, ...event }) => event,
  'aws.events.event.json': (event) => event,
};

export function compileInput(owner: string, ruleArn: string, { Input, InputPath, InputTransformer }: Json): InputOf {
  if ([Input, InputPath, InputTransformer].filter((given) => given !== undefined).length > 1) throw new Error(`${owner}: a target can have only one of Input, InputPath and InputTransformer`);
  if (Input !== undefined) {
    if (!isJson(Input)) throw new Error(`${owner}: Input must be JSON, got ${Input}`);
    return () => Input;
  }
  if (InputTransformer) return compileTemplate(owner, ruleArn, InputTransformer);
  const valueAt = compilePath(owner, InputPath ?? '$');
  return (event) => JSON.stringify(valueAt(event) ?? null);
}

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
  if (KEY.test(template)) throw new Error(`${owner}: InputTemplate: a variable can't be part of an object key, got ${template}`);
  const names = [...template.matchAll(VARIABLE)].map(([, name]) => name);
  const undefinedName = names.find((name) => !paths.has(name) && !Object.hasOwn(RESERVED, name));
  if (undefinedName) throw new Error(`${owner}: InputTemplate: the variable <${undefinedName}> is not in InputPathsMap`);
  const sample = fill(template, () => 0);
  if (!isJson(sample) && !sample.split('\n').every(isJson)) throw new Error(`${owner}: InputTemplate must be JSON, or a JSON string on each line, got ${template}`);
  return (event, receivedAt) => minified(fill(template, (name) => paths.has(name) ? paths.get(name)!(event) : RESERVED[name](event, receivedAt, ruleArn)));
}

/**
 * Inserts values into a template. Outside of JSON strings, a value is inserted as JSON. Inside of a JSON string, a value is inserted as plain text, which AWS
 * does not escape. A value that is not in the event becomes empty.
 */
function fill(template: string, valueOf: (name: string) => unknown): string {
  // Matches a whole JSON string, or the text between two strings.
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
