import { Bitrate, Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { readableBytes } from '../domain/readable';

/*
 * Each check returns undefined, or an error message that begins with the name of the prop. The checks accept `unknown`, because plain JavaScript has no type
 * check. `null` and `undefined` (None in Python) mean that the prop was omitted. A CDK token is accepted if the library does not need the value at synth.
 */

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** An omitted value (`undefined`, `null`, or None in Python) is shown as `none`. */
export function show(value: unknown): string {
  if (isAbsent(value)) return 'none';
  // For example, `Access.signedIn` without parentheses is a function. The name of the function helps the user to find the mistake.
  if (typeof value === 'function') return `the function ${value.name}`;
  if (isDuration(value)) return showDuration(value);
  if (isSize(value) && !value.isUnresolved()) return readableBytes(bytesOf(value));
  if (isBitrate(value) && !value.isUnresolved()) return `${value.toMbps()} Mb/s`;
  if (Token.isUnresolved(value)) return 'a value that is known at deploy time only';
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object) return `an object of class ${value.constructor?.name}`;
  return typeof value === 'number' ? String(value) : asJson(value) ?? String(value);
}

/** Returns undefined for a value that JSON can't represent, such as an object that contains a construct. */
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
  // toHumanString() omits fractions of seconds.
  return milliseconds % 1000 === 0 ? value.toHumanString() : `${milliseconds / 1000} seconds`;
}

/** Without `rounding`, CDK throws an error for fractions. */
function bytesOf(value: Size): number {
  return value.toBytes({ rounding: SizeRoundingBehavior.NONE });
}

// `instanceof` would fail if aws-cdk-lib is installed twice.
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
 * The library needs the value at synth, so CDK tokens are rejected.
 *
 * @param enums an object that contains one enum under its name, such as `{ RemovalPolicy }`
 */
export function enumProblem(name: string, value: unknown, enums: Readonly<Record<string, object>>): string | undefined {
  const [[type, members]] = Object.entries(enums);
  // A numeric enum of TypeScript also has its numbers as keys.
  const right = Object.entries(members).filter(([key]) => Number.isNaN(Number(key)));
  if (isAbsent(value) || right.some(([, member]) => member === value)) return undefined;
  return `${name}: expected ${right.map(([key, member]) => `${type}.${key} (${show(member)})`).join(' or ')}, got ${show(value)}`;
}

export function booleanProblem(name: string, value: unknown): string | undefined {
  return isAbsent(value) || typeof value === 'boolean' ? undefined : `${name}: expected true or false, got ${show(value)}`;
}

export function stringProblem(name: string, value: unknown, expected: string): string | undefined {
  return isAbsent(value) || (typeof value === 'string' && value.trim() !== '') ? undefined : `${name}: expected ${expected}, got ${show(value)}`;
}

/**
 * Checks that a value is an object that has all `members`. If `members` is empty, checks that the value is a struct. The check does not use `instanceof`, which
 * fails if a library is installed twice.
 *
 * @param expected the description in the error message, such as `a bucket`
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

/** If methods or properties are missing, the object may come from a different version of the library. */
export function libraryObjectProblem(
  name: string, value: unknown, expected: string, options: { readonly members: readonly string[]; readonly required?: boolean },
): string | undefined {
  const wrong = objectProblem(name, value, expected, options);
  const isOther = wrong !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object;
  return isOther ? `${wrong}. The object may come from another version of serverless-vod. List all installed versions with 'npm ls serverless-vod'` : wrong;
}

/** Without this check, a construct would be accepted as an options object that omits every option. */
function isNoStruct(value: object): boolean {
  return Token.isUnresolved(value) || Construct.isConstruct(value) || isDuration(value) || isSize(value) || isBitrate(value);
}

/**
 * Rejects unknown keys of a struct. Without this check, a misspelled key such as `uploadres` would count as omitted. If `uploaders` is omitted, every signed-in
 * user can upload.
 *
 * @param name the prop that contains the struct, or an empty string for the props of a construct
 * @param elsewhere other structs that may define an unknown key, by their paths in the error message, such as `upload.*`
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

/** Rejects misspelled keys of a CDK struct. Keys that resemble no known key are accepted, because a newer version of CDK may define them. */
export function misspellingProblem<T extends object>(name: string, given: T | null | undefined, keys: Readonly<Record<keyof T, true>>): string | undefined {
  const isNew = (key: string) => !Object.hasOwn(keys, key) && !Object.keys(keys).some((each) => isNear(key, each));
  return keyProblem(name, given && Object.fromEntries(Object.entries(given).filter(([key]) => !isNew(key))) as T, keys);
}

/** Whether two names differ only by case, by one wrong, missing or extra letter, or by two swapped letters. */
function isNear(a: string, b: string): boolean {
  const [short, long] = [a.toLowerCase(), b.toLowerCase()].sort((one, other) => one.length - other.length);
  const from = Array.from(long).findIndex((letter, index) => letter !== short[index]);
  if (from < 0 || short.slice(from) === long.slice(from + 1)) return true;
  const isSwapped = short[from] === long[from + 1] && short[from + 1] === long[from] && short.slice(from + 2) === long.slice(from + 2);
  return short.length === long.length && (isSwapped || short.slice(from + 1) === long.slice(from + 1));
}

export function numberProblem(
  name: string, value: unknown, { min, max = Infinity, fractions = false }: { readonly min: number; readonly max?: number; readonly fractions?: boolean },
): string | undefined {
  if (isAbsent(value) || (typeof value === 'number' && Token.isUnresolved(value))) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && (fractions || Number.isInteger(value)) && value >= min && value <= max) return undefined;
  return `${name}: expected a ${fractions ? '' : 'whole '}number ${max === Infinity ? `of ${min} or more` : `from ${min} to ${max}`}, got ${show(value)}`;
}

export function durationProblem(name: string, value: unknown, min: Duration, max: Duration, unit: 'seconds' | 'minutes' = 'seconds'): string | undefined {
  if (isAbsent(value)) return undefined;
  const expected = `${name}: expected a Duration in whole ${unit} from ${min.toHumanString()} to ${max.toHumanString()}, got ${show(value)}`;
  if (!isDuration(value)) return expected;
  if (value.isUnresolved()) return value.unitLabel() === unit ? undefined : `${name}: expected a Duration with the unit ${unit} (Duration.${unit}) for a CDK token, got ${show(value)}. CDK can't convert CDK tokens to another unit`;
  const milliseconds = value.toMilliseconds({ integral: false });
  const isWhole = milliseconds % Duration[unit](1).toMilliseconds() === 0;
  return isWhole && milliseconds >= min.toMilliseconds() && milliseconds <= max.toMilliseconds() ? undefined : expected;
}

export function sizeProblem(name: string, value: unknown, max: Size, reason: string): string | undefined {
  if (isAbsent(value)) return undefined;
  if (isSize(value) && value.isUnresolved()) return inBytes(value) ? undefined : `${name}: expected a Size with the unit bytes (Size.bytes) for a CDK token, got a Size with another unit. CDK can't convert CDK tokens to another unit`;
  if (isSize(value) && Number.isInteger(bytesOf(value)) && bytesOf(value) >= 1 && bytesOf(value) <= bytesOf(max)) return undefined;
  return `${name}: expected a Size of 1 byte to ${show(max)} (${reason}), got ${show(value)}`;
}

/** `Size` has no public property for its unit. For a CDK token, `toBytes()` succeeds only if the unit is bytes. */
function inBytes(value: Size): boolean {
  try {
    return Token.isUnresolved(value.toBytes());
  } catch {
    return false;
  }
}

export function bitrateProblem(name: string, value: unknown, min: Bitrate, max: Bitrate): string | undefined {
  if (isAbsent(value)) return undefined;
  const expected = `${name}: expected a Bitrate from ${show(min)} to ${show(max)} in whole bits per second, got ${show(value)}`;
  if (!isBitrate(value)) return `${expected}. Create a Bitrate with a unit, such as Bitrate.mbps(3)`;
  if (value.isUnresolved()) return inBits(value) ? undefined : `${name}: expected a Bitrate with the unit bits per second (Bitrate.bps) for a CDK token, got a Bitrate with another unit. CDK can't convert CDK tokens to another unit`;
  return Number.isInteger(value.toBps()) && value.toBps() >= min.toBps() && value.toBps() <= max.toBps() ? undefined : expected;
}

/** `Bitrate` has no public property for its unit. For a CDK token, `toBps()` succeeds only if the unit is bits per second. */
function inBits(value: Bitrate): boolean {
  try {
    return Token.isUnresolved(value.toBps());
  } catch {
    return false;
  }
}

/**
 * @param tokens whether the list may be a CDK token
 * @param example a valid list, for the error message
 */
export function listProblems(
  name: string, value: unknown, itemProblem: (name: string, item: unknown) => string | undefined, { min = 1, tokens = true, example = '' } = {},
): (string | undefined)[] {
  if (isAbsent(value)) return [];
  if (Token.isUnresolved(value)) return tokens && Array.isArray(value) ? [] : [`${name}: expected a list that is known at synth, got ${show(value)}`];
  if (!Array.isArray(value) || value.length < min) return [`${name}: expected a list of ${min} or more items${example && `, such as ${example}`}, got ${show(value)}`];
  return value.map((item, index) => {
    // The item of `[...listToken]` is a CDK token that can't be resolved to one string.
    if (Token.isUnresolved([item])) return `${name}[${index}]: expected an item, got a list that is known only at deploy time. Such a list can't be combined with other items`;
    return itemProblem(`${name}[${index}]`, item) ?? (isAbsent(item) ? `${name}[${index}]: expected a value, got ${show(item)}` : undefined);
  });
}

/** @param item the noun for an item in the error message, such as `origin` */
export function repetitionProblem(name: string, list: unknown, item: string): string | undefined {
  const repeated: unknown[] = Array.isArray(list) ? list.filter((each) => list.indexOf(each) !== list.lastIndexOf(each)) : [];
  return repeated.length > 0 ? `${name}: expected each ${item} only once, got ${[...new Set(repeated)].join(', ')} more than once` : undefined;
}
