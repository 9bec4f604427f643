import { readFileSync } from 'fs';
import { join } from 'path';
import * as sdk from '@aws-sdk/client-mediaconvert';
import { AwsError } from '../types';

/** An SDK type as it is on the wire: names begin small, times are epoch seconds. Names of maps are data and stay. */
export type Wire<T> = T extends Date ? number
  : T extends (infer Item)[] ? Wire<Item>[]
    : T extends object ? string extends keyof T ? Record<string, Wire<T[string]>> : { [K in keyof T as Uncapitalize<K & string>]: Wire<T[K]> } : T;
export type Job = Wire<sdk.Job> & { settings: Settings };
export type Settings = Wire<sdk.JobSettings>;
export type Output = Wire<sdk.Output>;

/** The limits that the SDK's schemas do not say, by member. */
const RANGES: Record<string, [number, number]> = {
  qvbrQualityLevel: [1, 10], maxBitrate: [1000, 1_152_000_000], hrdBufferSize: [0, 1_152_000_000], segmentLength: [1, 2 ** 31], fragmentLength: [1, 2 ** 31],
  width: [32, 8192], height: [32, 8192], maxCaptures: [1, 10_000_000], quality: [1, 100], framerateNumerator: [1, 2 ** 31], framerateDenominator: [1, 2 ** 31],
  bitrate: [1000, 1_152_000_000], sampleRate: [8000, 192_000], gopSize: [0, 2 ** 31], priority: [-50, 50],
};

/** The one way to refuse a request: names the member as AWS does. */
export const bad = (path: string, why: string) => new AwsError('BadRequestException', `${path}: ${why}`);

/**
 * Checks wire JSON against the SDK's own model: members, types and what is required come from its runtime schemas,
 * which member takes which enum from its declarations, the enums' values from its exports.
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
      const [least, most] = RANGES[path.slice(path.lastIndexOf('/') + 1)] ?? [-Infinity, Infinity];
      if (typeof value === 'number' && !(value >= least && value <= most)) throw bad(path, `should be from ${least} to ${most}`);
      return undefined;
    }
    if (!value || typeof value !== 'object' || Array.isArray(value)) throw bad(path, 'should be an object');
    if (kind === 2) return Object.entries(value).forEach(([key, item]) => check(simple ? schema % 64 : schema[5], item, `${path}/${key}`));
    const [, , name, , names, types, required = 0] = schema as [number, string, string, unknown, string[], unknown[], number?];
    const wire = names.map((member) => member[0].toLowerCase() + member.slice(1));
    const missing = wire.slice(0, required).find((member) => !(member in value));
    if (missing) throw bad(path || '/', `is missing required member: ${missing}`);
    for (const [member, item] of Object.entries(value)) {
      const index = wire.indexOf(member);
      if (index < 0) throw bad(`${path}/${member}`, 'is not a member of the API');
      check(types[index], item, `${path}/${member}`, enums.get(`${name}.${names[index]}`));
    }
  }
  return { createJob: (value: unknown) => check(sdk.CreateJobRequest$, value, ''), probe: (value: unknown) => check(sdk.ProbeRequest$, value, '') };
}
