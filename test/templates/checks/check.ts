import { isDeepStrictEqual } from 'util';
import { CloudFormationTemplate, isOurs, ours } from '../../toolkit/template';

/** A requirement on a template. Returns a message for each problem. */
export type Check = (template: CloudFormationTemplate) => string[];

/** Expected values by property path. An expected value can be a function that returns whether the value is correct. */
export type Expected = Readonly<Record<string, unknown>>;

/** Returns the value at a path such as `Policies.PasswordPolicy` or `Rules.0.Id`. */
export function at(value: any, path: string): any {
  return path.split('.').reduce((inner, key) => inner?.[key], value);
}

/** Returns a message for each path whose value differs from the expected value. */
export function differences(id: string, value: unknown, expected: Expected): string[] {
  return Object.entries(expected).flatMap(([path, want]) => {
    const got = at(value, path);
    const fits = typeof want === 'function' ? got !== undefined && want(got) : isDeepStrictEqual(got, want);
    return fits ? [] : [`${id}: ${path} is ${JSON.stringify(got)}${typeof want === 'function' ? '' : `, expected ${JSON.stringify(want)}`}`];
  });
}

/** Returns a check that covers all resources of this type that the library creates. Each resource must have these properties. */
export function every(type: string, expected: Expected): Check {
  return (template) => ours(template, type).flatMap(({ id, properties }) => differences(id, properties, expected));
}

export function allOf(...checks: Check[]): Check {
  return (template) => checks.flatMap((check) => check(template));
}

/** Returns a message for each entry that is missing or not expected. */
export function exactly(id: string, found: string[], wanted: string[]): string[] {
  return [
    ...wanted.filter((each) => !found.includes(each)).map((each) => `${id}: missing: ${each}`),
    ...found.filter((each) => !wanted.includes(each)).map((each) => `${id}: unexpected: ${each}`),
  ];
}

/** Returns the first logical id of the library with this type and prefix. */
export function one(template: CloudFormationTemplate, type: string, beginning = 'Vod'): string | undefined {
  return Object.keys(template.Resources).find((id) => isOurs(id) && id.startsWith(beginning) && template.Resources[id].Type === type);
}

export const present = (): boolean => true;
export const nonEmpty = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
export const atLeast = (least: number) => (value: unknown): boolean => Number(value) >= least;
export const oneOf = (...values: unknown[]) => (value: unknown): boolean => values.includes(value);
