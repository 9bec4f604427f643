import { BlockList, isIPv6 } from 'net';
import type { Json } from './json';

type Test = (value: unknown) => boolean;
/** Whether one value of a field (`node`) matches. `all` contains all values of the field, because the field can occur in several elements of an array. */
type Match = (node: any, all: any[]) => boolean;

/** Compiles an event pattern, with AWS's documented comparison operators. Throws for any other operator. */
export function compilePattern(pattern: Json): (event: any) => boolean {
  const matches = compileObject(pattern);
  return (event) => matches(event, [event]);
}

const unknown = (rule: unknown) => new Error(`event pattern: the local stack does not support ${JSON.stringify(rule)}`);
const valuesOf = (value: unknown): unknown[] => value === undefined ? [] : [value].flat(Infinity);
const fieldOf = (node: any, name: string): unknown => node !== null && typeof node === 'object' && Object.hasOwn(node, name) ? node[name] : undefined;
/** Operators ignore objects. */
const leavesOf = (value: unknown): unknown[] => valuesOf(value).filter((each) => each === null || typeof each !== 'object');

function compileObject(pattern: Json): Match {
  if (Object.keys(pattern).length === 0) throw unknown(pattern);
  const fields = Object.entries(pattern).map(([name, wanted]): Match => {
    if (name === '$or') return compileOr(wanted);
    if (Array.isArray(wanted)) return compileLeaf(name, wanted);
    if (wanted === null || typeof wanted !== 'object') throw unknown({ [name]: wanted });
    const nested = compileObject(wanted);
    return (node, all) => {
      const nodes = valuesOf(fieldOf(node, name));
      const children = all.flatMap((each) => valuesOf(fieldOf(each, name)));
      // A field that is in no element of an array counts as absent.
      return (nodes.length > 0 ? nodes : [undefined]).some((child) => nested(child, children));
    };
  });
  return (node, all) => fields.every((matches) => matches(node, all));
}

function compileOr(patterns: unknown): Match {
  if (!Array.isArray(patterns) || patterns.length < 2) throw unknown({ $or: patterns });
  const branches = patterns.map(compileObject);
  return (node, all) => branches.some((matches) => matches(node, all));
}

/** An array in the event matches if one of its elements matches. */
function compileLeaf(name: string, rules: unknown[]): Match {
  if (rules.length === 0) throw unknown({ [name]: rules });
  const alternatives = rules.map((rule): Match => {
    if (operatorOf(rule)?.[0] === 'exists') {
      const { exists } = rule as Json;
      if (typeof exists !== 'boolean') throw unknown(rule);
      return (node, all) => exists ? leavesOf(fieldOf(node, name)).length > 0 : all.every((each) => leavesOf(fieldOf(each, name)).length === 0);
    }
    const test = compileRule(rule);
    return (node) => leavesOf(fieldOf(node, name)).some(test);
  });
  return (node, all) => alternatives.some((matches) => matches(node, all));
}

function operatorOf(rule: unknown): [name: string, argument: any] | undefined {
  if (rule === null || typeof rule !== 'object') return undefined;
  const [operator, ...more] = Object.entries(rule);
  if (!operator || more.length > 0) throw unknown(rule);
  return operator;
}

function compileRule(rule: unknown): Test {
  const [operator, argument] = operatorOf(rule) ?? [];
  if (!operator) return (value) => value === rule;
  const test = operator === 'anything-but' ? compileAnythingBut(argument) : Object.hasOwn(OPERATORS, operator) && OPERATORS[operator](argument);
  if (!test) throw unknown(rule);
  return test;
}

/** Each operator returns undefined for an unsupported argument. */
const OPERATORS: Record<string, (argument: any) => Test | undefined> = {
  'prefix': affix((value, text) => value.startsWith(text)),
  'suffix': affix((value, text) => value.endsWith(text)),
  'equals-ignore-case': (text) => typeof text === 'string' ? ofText((value) => sameCase(value) === sameCase(text)) : undefined,
  'wildcard': compileWildcard,
  'numeric': compileNumeric,
  'cidr': compileCidr,
};

const sameCase = (text: string): string => text.toLowerCase();
const ofText = (test: (value: string) => boolean): Test => (value) => typeof value === 'string' && test(value);

function affix(has: (value: string, text: string) => boolean) {
  return (argument: any): Test | undefined => {
    if (typeof argument === 'string') return ofText((value) => has(value, argument));
    const [operator, text] = operatorOf(argument) ?? [];
    return operator === 'equals-ignore-case' && typeof text === 'string' ? ofText((value) => has(sameCase(value), sameCase(text))) : undefined;
  };
}

/** Compiles a list of strings, a list of numbers, or one operator with one or several strings. */
function compileAnythingBut(argument: unknown): Test | undefined {
  const isPlain = argument === null || typeof argument !== 'object' || Array.isArray(argument);
  const [operator, given] = isPlain ? ['', argument] : operatorOf(argument)!;
  if (operator && !['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)) return undefined;
  const excluded = [given].flat();
  const kinds = new Set(excluded.map((each) => typeof each));
  if (kinds.size !== 1 || !kinds.has('string') && (operator || !kinds.has('number'))) return undefined;
  if (['prefix', 'suffix'].includes(operator) && excluded.includes('')) return undefined;
  const tests = excluded.map((each) => compileRule(operator ? { [operator]: each } : each));
  return (value) => !tests.some((test) => test(value));
}

/** `*` matches any characters, `\*` matches an asterisk. */
function compileWildcard(text: unknown): Test | undefined {
  if (typeof text !== 'string' || /(?<!\\)\*\*|(?<!\\)(\\\\)*\\[^*\\]|(?<!\\)(\\\\)*\\$/.test(text)) return undefined;
  const parts = text.match(/\\[*\\]|[^\\]/g) ?? [];
  const source = parts.map((part) => part === '*' ? '.*' : part.at(-1)!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('');
  const expression = new RegExp(`^${source}$`, 's');
  return ofText((value) => expression.test(value));
}

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** The largest absolute value of a number in a comparison. */
const LARGEST = 5e9;

/** Compiles one comparison, or a lower and an upper bound. */
function compileNumeric(argument: unknown): Test | undefined {
  if (!Array.isArray(argument)) return undefined;
  const form = argument.map((part) => typeof part === 'number' ? 'n' : part).join(' ');
  if (!/^(=|<=?|>=?) n$|^>=? n <=? n$/.test(form)) return undefined;
  const [first, low, second, high] = argument;
  if (Math.abs(low) > LARGEST || Math.abs(high ?? 0) > LARGEST || high <= low) return undefined;
  return (value) => typeof value === 'number' && Math.abs(value) <= LARGEST && COMPARISONS[first](value, low) && (second === undefined || COMPARISONS[second](value, high));
}

function compileCidr(range: unknown): Test | undefined {
  const family = (text: string) => isIPv6(text) ? 'ipv6' : 'ipv4';
  const [, address, bits] = /^([^/]+)\/(\d{1,3})$/.exec(String(range)) ?? [];
  if (!address) return undefined;
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family(address));
  } catch {
    return undefined;
  }
  return ofText((value) => list.check(value, family(value)));
}
