import { Bitrate, Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/*
 * Checks of single props. Each returns what is wrong, in the prop's name, or undefined. They take `unknown`, since no compiler checks plain
 * JavaScript. `null` and `undefined` (Python's None) mean that the prop was left out. A token passes if CloudFormation can take it.
 */

/** Whether a prop was left out. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** A value as an error message shows it. One that was left out is `none` in every language. */
export function show(value: unknown): string {
  if (isAbsent(value)) return 'none';
  if (isDuration(value)) return showDuration(value);
  if (isSize(value) && !value.isUnresolved()) return showSize(value);
  if (isBitrate(value) && !value.isUnresolved()) return `${value.toMbps()} Mb/s`;
  if (Token.isUnresolved(value)) return 'a value that is known at deploy time only';
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object) return `an object of class ${value.constructor?.name}`;
  return typeof value === 'number' ? String(value) : asJson(value) ?? String(value);
}

/** Undefined for what JSON can't hold, such as an object with a construct in it. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function showDuration(value: Duration): string {
  if (value.isUnresolved()) return `a number of ${value.unitLabel()} that is known at deploy time only`;
  const milliseconds = value.toMilliseconds({ integral: false });
  // CDK's text leaves out fractions of seconds.
  return milliseconds % 1000 === 0 ? value.toHumanString() : `${milliseconds / 1000} seconds`;
}

function showSize(value: Size): string {
  return bytesOf(value) < 1024 ? `${bytesOf(value)} bytes` : `${value.toGibibytes({ rounding: SizeRoundingBehavior.NONE })} GiB`;
}

/** Fractions too, at which CDK throws by itself. */
function bytesOf(value: Size): number {
  return value.toBytes({ rounding: SizeRoundingBehavior.NONE });
}

// Not by class: aws-cdk-lib may be installed twice.
function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | null | undefined)?.toMilliseconds === 'function';
}

function isBitrate(value: unknown): value is Bitrate {
  return typeof (value as Bitrate | null | undefined)?.toBps === 'function';
}

function isSize(value: unknown): value is Size {
  return typeof (value as Size | null | undefined)?.toBytes === 'function';
}

/**
 * A member of an enum. Tokens are refused, since code at synth depends on the value.
 *
 * @param enums the enum by its name: `{ RemovalPolicy }`
 */
export function enumProblem(name: string, value: unknown, enums: Readonly<Record<string, object>>): string | undefined {
  const [[type, members]] = Object.entries(enums);
  // A numeric enum of TypeScript has its numbers among its keys, and its names among its values.
  const right = Object.entries(members).filter(([key]) => Number.isNaN(Number(key)));
  if (isAbsent(value) || right.some(([, member]) => member === value)) return undefined;
  return `${name}: expected ${right.map(([key, member]) => `${type}.${key} (${show(member)})`).join(' or ')}, got ${show(value)}`;
}

/** A boolean. */
export function booleanProblem(name: string, value: unknown): string | undefined {
  return isAbsent(value) || typeof value === 'boolean' ? undefined : `${name}: expected true or false, got ${show(value)}`;
}

/** A string that isn't blank. */
export function stringProblem(name: string, value: unknown, expected: string): string | undefined {
  return isAbsent(value) || (typeof value === 'string' && value.trim() !== '') ? undefined : `${name}: expected ${expected}, got ${show(value)}`;
}

/**
 * An object: options, or what is known by its members. Not by class, since a library may be there twice.
 *
 * @param expected such as `a bucket`
 */
export function objectProblem(
  name: string, value: unknown, expected: string,
  { members = [], required = false }: { readonly members?: readonly string[]; readonly required?: boolean } = {},
): string | undefined {
  if (isAbsent(value)) return required ? `${name}: expected ${expected}, got ${show(value)}` : undefined;
  const isObject = typeof value === 'object' && !Array.isArray(value) && (members.length > 0 || !isNoStruct(value));
  const missing = isObject ? members.filter((member) => !(member in value)) : [];
  if (isObject && missing.length === 0) return undefined;
  return `${name}: expected ${expected}, got ${show(value)}${missing.length > 0 ? ` without ${missing.join(', ')}` : ''}`;
}

/** An object of this library, known by its members: one that lacks some may come from another version. */
export function ownObjectProblem(
  name: string, value: unknown, expected: string, options: { readonly members: readonly string[]; readonly required?: boolean },
): string | undefined {
  const wrong = objectProblem(name, value, expected, options);
  const isOther = wrong !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object;
  return isOther ? `${wrong}: it may be of another version of serverless-vod, and 'npm ls serverless-vod' lists all that are installed` : wrong;
}

/** Whether an object is known to be something else than options: with none of the names that options have, all of them would seem to be left out. */
function isNoStruct(value: object): boolean {
  return Token.isUnresolved(value) || Construct.isConstruct(value) || isDuration(value) || isSize(value) || isBitrate(value);
}

/**
 * Keys that a struct doesn't have. A misspelled role would be one that was left out, and so mean everyone.
 *
 * @param name of the struct's prop; empty for the construct's own props
 * @param elsewhere structs that may be meant, by how to write a key of them: `upload.*`
 */
export function keyProblem<T extends object>(
  name: string, given: T | null | undefined, keys: Readonly<Record<keyof T, true>>, elsewhere: Readonly<Record<string, object>> = {},
): string | undefined {
  const unknown = typeof given === 'object' && given !== null ? Object.keys(given).filter((key) => !Object.hasOwn(keys, key)) : [];
  if (unknown.length === 0) return undefined;
  const hints = unknown.flatMap((key) => {
    const meant = [
      ...Object.keys(keys).filter((each) => isNear(key, each)).map((each) => (name === '' ? each : `${name}.${each}`)),
      ...Object.entries(elsewhere).filter(([, others]) => Object.hasOwn(others, key)).map(([path]) => path.replace('*', key)),
    ];
    return meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : '';
  });
  return `${unknown.map((key) => (name === '' ? key : `${name}.${key}`)).join(', ')}: expected only ${Object.keys(keys).join(', ')}${hints.join('')}`;
}

/** Misspelled keys of a struct of CDK's. Other keys that are not known pass: a newer CDK may have them. */
export function misspellingProblem<T extends object>(name: string, given: T | null | undefined, keys: Readonly<Record<keyof T, true>>): string | undefined {
  const isNew = (key: string) => !Object.hasOwn(keys, key) && !Object.keys(keys).some((each) => isNear(key, each));
  return keyProblem(name, given && Object.fromEntries(Object.entries(given).filter(([key]) => !isNew(key))) as T, keys);
}

/** Whether two names differ by case, or by one letter that is wrong, missing or too much, or by two that changed places. */
function isNear(a: string, b: string): boolean {
  const [short, long] = [a.toLowerCase(), b.toLowerCase()].sort((one, other) => one.length - other.length);
  const from = Array.from(long).findIndex((letter, index) => letter !== short[index]);
  if (from < 0 || short.slice(from) === long.slice(from + 1)) return true;
  const isSwapped = short[from] === long[from + 1] && short[from + 1] === long[from] && short.slice(from + 2) === long.slice(from + 2);
  return short.length === long.length && (isSwapped || short.slice(from + 1) === long.slice(from + 1));
}

/** A number; a whole one unless `fractions` may come. */
export function numberProblem(
  name: string, value: unknown, { min, max = Infinity, fractions = false }: { readonly min: number; readonly max?: number; readonly fractions?: boolean },
): string | undefined {
  if (isAbsent(value) || (typeof value === 'number' && Token.isUnresolved(value))) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && (fractions || Number.isInteger(value)) && value >= min && value <= max) return undefined;
  return `${name}: expected a ${fractions ? '' : 'whole '}number ${max === Infinity ? `of ${min} or more` : `from ${min} to ${max}`}, got ${show(value)}`;
}

/** A duration of whole seconds or minutes. */
export function durationProblem(name: string, value: unknown, min: Duration, max: Duration, unit: 'seconds' | 'minutes' = 'seconds'): string | undefined {
  if (isAbsent(value)) return undefined;
  const expected = `${name}: expected a Duration of whole ${unit}, ${min.toHumanString()} to ${max.toHumanString()}, got ${show(value)}`;
  if (!isDuration(value)) return expected;
  if (value.isUnresolved()) return value.unitLabel() === unit ? undefined : `${name}: expected Duration.${unit}() for a token, which can't be converted, got ${show(value)}`;
  const milliseconds = value.toMilliseconds({ integral: false });
  const isWhole = milliseconds % Duration[unit](1).toMilliseconds() === 0;
  return isWhole && milliseconds >= min.toMilliseconds() && milliseconds <= max.toMilliseconds() ? undefined : expected;
}

/** A size in whole bytes, 1 at least. */
export function sizeProblem(name: string, value: unknown, max: Size, reason: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (isSize(value) && value.isUnresolved()) return inBytes(value) ? undefined : `${name}: expected Size.bytes() for a token, which can't be converted`;
  if (isSize(value) && Number.isInteger(bytesOf(value)) && bytesOf(value) >= 1 && bytesOf(value) <= bytesOf(max)) return undefined;
  return `${name}: expected a Size of 1 byte to ${show(max)} (${reason}), got ${show(value)}`;
}

/** A Size doesn't tell its unit. */
function inBytes(value: Size): boolean {
  try {
    return Token.isUnresolved(value.toBytes());
  } catch {
    return false;
  }
}

/** A bitrate in whole bits a second. */
export function bitrateProblem(name: string, value: unknown, min: Bitrate, max: Bitrate): string | undefined {
  if (isAbsent(value)) return undefined;
  const expected = `${name}: expected a Bitrate of ${show(min)} to ${show(max)} in whole bits, got ${show(value)}`;
  if (!isBitrate(value)) return expected;
  if (value.isUnresolved()) return inBits(value) ? undefined : `${name}: expected Bitrate.bps() for a token, which can't be converted`;
  return Number.isInteger(value.toBps()) && value.toBps() >= min.toBps() && value.toBps() <= max.toBps() ? undefined : expected;
}

/** A Bitrate doesn't tell its unit. */
function inBits(value: Bitrate): boolean {
  try {
    return Token.isUnresolved(value.toBps());
  } catch {
    return false;
  }
}

/**
 * A list, and each of its items.
 *
 * @param tokens whether the list may be known at deploy time only
 */
export function listProblems(
  name: string, value: unknown, itemProblem: (name: string, item: unknown) => string | undefined, { min = 1, tokens = true } = {},
): (string | undefined)[] {
  if (isAbsent(value)) return [];
  if (Token.isUnresolved(value)) return tokens && Array.isArray(value) ? [] : [`${name}: expected a list that is known at synth, got ${show(value)}`];
  if (!Array.isArray(value) || value.length < min) return [`${name}: expected a list of ${min} or more, got ${show(value)}`];
  return value.map((item, index) => {
    // What spreading a list token leaves is no item.
    if (Token.isUnresolved([item])) return `${name}[${index}]: expected an item, got a list that is known at deploy time only, which can't be joined with others`;
    return itemProblem(`${name}[${index}]`, item) ?? (isAbsent(item) ? `${name}[${index}]: expected a value, got ${show(item)}` : undefined);
  });
}

/**
 * Items that a list has more than once.
 *
 * @param item what one of them is
 */
export function repetitionProblem(name: string, list: unknown, item: string): string | undefined {
  const repeated: unknown[] = Array.isArray(list) ? list.filter((each) => list.indexOf(each) !== list.lastIndexOf(each)) : [];
  return repeated.length > 0 ? `${name}: expected each ${item} once, got ${repeated.join(', ')}` : undefined;
}
