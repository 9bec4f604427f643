import { isDeepStrictEqual } from 'util';
import { CloudFormationTemplate, isOurs, ours } from '../../toolkit/template';

export type Check = (template: CloudFormationTemplate) => string[];

/** An expected value can be a function that checks the value of the template. */
export type Expected = Readonly<Record<string, unknown>>;

export function at(value: any, path: string): any {
  return path.split('.').reduce((inner, key) => inner?.[key], value);
}

export function differences(id: string, value: unknown, expected: Expected): string[] {
  return Object.entries(expected).flatMap(([path, want]) => {
    const got = at(value, path);
    const fits = typeof want === 'function' ? got !== undefined && want(got) : isDeepStrictEqual(got, want);
    return fits ? [] : [`${id}: ${path} is ${JSON.stringify(got)}${typeof want === 'function' ? '' : `, expected ${JSON.stringify(want)}`}`];
  });
}

export function every(type: string, expected: Expected): Check {
  return (template) => ours(template, type).flatMap(({ id, properties }) => differences(id, properties, expected));
}

export function allOf(...checks: Check[]): Check {
  return (template) => checks.flatMap((check) => check(template));
}

export function exactly(id: string, found: string[], wanted: string[]): string[] {
  return [
    ...wanted.filter((each) => !found.includes(each)).map((each) => `${id}: missing: ${each}`),
    ...found.filter((each) => !wanted.includes(each)).map((each) => `${id}: unexpected: ${each}`),
  ];
}

export function one(template: CloudFormationTemplate, type: string, beginning = 'Vod'): string | undefined {
  return Object.keys(template.Resources).find((id) => isOurs(id) && id.startsWith(beginning) && template.Resources[id].Type === type);
}

export const present = (): boolean => true;
export const nonEmpty = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
export const atLeast = (least: number) => (value: unknown): boolean => Number(value) >= least;
export const oneOf = (...values: unknown[]) => (value: unknown): boolean => values.includes(value);
