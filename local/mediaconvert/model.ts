import { readFileSync } from 'fs';
import { join } from 'path';
import * as sdk from '@aws-sdk/client-mediaconvert';
import { AwsError } from '../types';
import { SUPPORTED } from './supported';

/** An SDK type as it is on the wire: names begin small, times are epoch seconds. Names of maps are data and stay. */
export type Wire<T> = T extends Date ? number
  : T extends (infer Item)[] ? Wire<Item>[]
    : T extends object ? string extends keyof T ? Record<string, Wire<T[string]>> : { [K in keyof T as Uncapitalize<K & string>]: Wire<T[K]> } : T;
export type Job = Wire<sdk.Job> & { settings: Settings };
export type Settings = Wire<sdk.JobSettings>;
export type Output = Wire<sdk.Output>;

/** The one way to refuse a request: names the member as AWS does. */
export const bad = (path: string, why: string) => new AwsError('BadRequestException', `${path}: ${why}`);

function fits(value: unknown, allowed: string): boolean {
  const [, least, most] = /^(\d+)\.\.(\d*)$/.exec(allowed) ?? [];
  return least ? Number(value) >= +least && Number(value) <= +(most || Infinity) : allowed.split('|').includes(`${value}`);
}

/**
 * Checks wire JSON against the SDK's own model: members, types and what is required come from its runtime schemas,
 * which member takes which enum from its declarations, the enums' values from its exports; and against what is supported here.
 */
export function createModel() {
  const declarations = readFileSync(join(require.resolve('@aws-sdk/client-mediaconvert'), '../../dist-types/models/models_0.d.ts'), 'utf8');
  const enums = new Map([...declarations.matchAll(/^export interface (\w+) \{([\s\S]*?)^\}/gm)].flatMap(([, name, body]) =>
    [...body.matchAll(/^ {4}(\w+)\??: (\w+)(?:\[\])?(?: \| undefined)?;/gm)].flatMap(([, member, type]) => {
      const values = (sdk as unknown as Record<string, unknown>)[type];
      return values && typeof values === 'object' ? [[`${name}.${member}`, Object.values(values) as string[]]] as const : [];
    })));

  /** Schemas are numbers (1 is a number, 64 a list of, 128 a map of), thunks, [schema, traits] or [kind, namespace, name, traits, ...]. */
  function check(schema: any, value: unknown, path: string, values?: string[]): void {
    if (typeof schema === 'function') return check(schema(), value, path, values);
    if (Array.isArray(schema) && typeof schema[1] !== 'string') return check(schema[0], value, path, values);
    const simple = typeof schema === 'number';
    const kind = simple ? Math.floor(schema / 64) : schema[0];
    if (kind === 1) {
      if (!Array.isArray(value)) throw bad(path, 'should be an array');
      return value.forEach((item, index) => check(simple ? schema % 64 : schema[4], item, `${path}/${index}`, values));
    }
    if (kind === 0) {
      const expected = schema === 1 ? 'number' : 'string';
      if (typeof value !== expected) throw bad(path, `should be a ${expected}`);
      if (values && !values.includes(value as string)) throw bad(path, `should be one of: ${values.join(', ')}`);
      return undefined;
    }
    if (!value || typeof value !== 'object' || Array.isArray(value)) throw bad(path, 'should be an object');
    if (kind === 2) return Object.entries(value).forEach(([key, item]) => check(simple ? schema % 64 : schema[5], item, `${path}/${key}`));

    const [, , name, , names, types, required = 0] = schema as [number, string, string, unknown, string[], unknown[], number?];
    const wire = names.map((member) => member[0].toLowerCase() + member.slice(1));
    const rules = [...(SUPPORTED[name] ?? '').matchAll(/(\*?)(\w+)(?:=(\S+))?/g)];
    const needed = [...wire.slice(0, required), ...rules.flatMap(([, must, member]) => (must ? [member] : []))];
    const missing = needed.find((member) => !(member in value));
    if (missing) throw bad(path || '/', `is missing required member: ${missing}`);
    for (const [member, item] of Object.entries(value)) {
      const [at, index] = [`${path}/${member}`, wire.indexOf(member)];
      if (index < 0) throw bad(at, 'is not a member of the API');
      const [rule] = rules.filter(([, , each]) => each === member);
      if (!rule) throw bad(at, 'is not supported on one machine');
      check(types[index], item, at, enums.get(`${name}.${names[index]}`));
      if (rule[3] && !fits(item, rule[3])) throw bad(at, `should be ${rule[3]} on one machine, got ${item}`);
    }
  }
  return { createJob: (value: unknown) => check(sdk.CreateJobRequest$, value, ''), probe: (value: unknown) => check(sdk.ProbeRequest$, value, '') };
}
