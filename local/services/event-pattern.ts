type Json = Record<string, any>;
type Test = (value: unknown) => boolean;

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b, '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};

/** Makes a test of an EventBridge event pattern; an operator that it does not know throws, and is named. */
export function compilePattern(pattern: Json): (event: Json) => boolean {
  const fields = Object.entries(pattern).map(([name, wanted]) => {
    if (name.startsWith('$')) throw new Error(`event pattern: the operator '${name}' is not supported`);
    const test: Test = Array.isArray(wanted) ? anyOf(wanted) : nested(wanted);
    return (event: Json) => test(event?.[name]);
  });
  return (event) => fields.every((field) => field(event));
}

/** An array in the event matches when one of its elements does. */
function nested(pattern: Json): Test {
  const test = compilePattern(pattern);
  return (value) => Array.isArray(value) ? value.some(test) : test(value as Json);
}

function anyOf(alternatives: unknown[]): Test {
  const tests = alternatives.map(one);
  return (value) => tests.some((test) => test(value));
}

function one(rule: unknown): Test {
  if (typeof rule !== 'object' || rule === null) return each((value) => value === rule);
  const [[operator, operand], ...more] = Object.entries(rule);
  if (more.length > 0) throw new Error('event pattern: one operator an object');
  const text = (test: (value: string) => boolean) => each((value) => typeof value === 'string' && test(value));
  switch (operator) {
    case 'exists': return (value) => (value !== undefined) === operand;
    case 'prefix': return text((value) => value.startsWith(operand));
    case 'suffix': return text((value) => value.endsWith(operand));
    case 'equals-ignore-case': return text((value) => value.toLowerCase() === operand.toLowerCase());
    case 'numeric': return each(numeric(operand));
    case 'anything-but': {
      const excluded = anyOf([operand].flat());
      return (value) => value !== undefined && !excluded(value);
    }
    default: throw new Error(`event pattern: the operator '${operator}' is not supported`);
  }
}

function each(test: Test): Test {
  return (value) => value !== undefined && (Array.isArray(value) ? value.some(test) : test(value));
}

/** `['>', 0, '<=', 5]` */
function numeric(conditions: unknown[]): Test {
  const pairs = conditions.flatMap((operator, index) => index % 2 === 0 ? [[String(operator), Number(conditions[index + 1])] as const] : []);
  for (const [operator] of pairs) if (!COMPARE[operator]) throw new Error(`event pattern: the operator 'numeric ${operator}' is not supported`);
  return (value) => typeof value === 'number' && pairs.every(([operator, bound]) => COMPARE[operator](value, bound));
}
