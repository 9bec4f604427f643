import type { Json } from '../json';

/** Makes a test of an event pattern of exact texts and prefixes; any other operator throws, and is named. */
export function compilePattern(pattern: Json): (event: any) => boolean {
  const fields = Object.entries(pattern).map(([name, wanted]) => {
    const tests = Array.isArray(wanted) ? wanted.map(compileRule) : [compilePattern(wanted)];
    // An array in the event matches when one of its elements does.
    return (event: any) => [event?.[name]].flat().some((value) => tests.some((test) => test(value)));
  });
  return (event) => fields.every((field) => field(event));
}

function compileRule(rule: unknown): (value: unknown) => boolean {
  if (typeof rule === 'string') return (value) => value === rule;
  const { prefix, ...more }: Json = rule ?? {};
  if (typeof prefix !== 'string' || Object.keys(more).length > 0) throw new Error(`event pattern: this machine does not know ${JSON.stringify(rule)}`);
  return (value) => typeof value === 'string' && value.startsWith(prefix);
}
