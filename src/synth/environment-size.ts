import type { CfnElement } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { renderedProperties } from './rendered';
import type { Variable } from '../contract/environment';

/** The quota for the environment variables of a function, measured as JSON (see "Environment variables" in "Lambda quotas"). */
const MAX_BYTES = 4096;

/** A placeholder for a value that is known only at deploy time. The placeholder has a medium length: ARNs are longer, and most ids are shorter. */
const UNKNOWN = '?'.repeat(40);

/** The shortest possible values of CloudFormation's pseudo parameters. */
const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012', 'AWS::Partition': 'aws', 'AWS::Region': 'us-east-1', 'AWS::URLSuffix': 'amazonaws.com',
};

/** For each environment variable that can be large: the props that determine its size. */
const FILLED_BY: Partial<Record<string, string>> = {
  APP_ORIGINS: 'appOrigins',
  INGEST_SETTINGS: 'ingest.buckets',
  RETURN_ORIGINS: 'appOrigins',
  ROLES: 'roles',
  SIGNING_KEYS: 'keyGenerations',
  TOKEN_RULES: 'issuer, audiences, groupsClaim and jwksUri of Identity.oidc',
  TRANSCODE_SETTINGS: 'ladder',
  UPLOAD_SETTINGS: 'files.contentTypes',
} satisfies Partial<Record<Variable, string>>;

const NAMED_VARIABLES = 3;

interface FunctionProperties {
  readonly Environment: { readonly Variables?: Readonly<Record<string, unknown>> };
}

/** Runs at the end of synth, because the app may add variables. */
export function checkEnvironmentSize(fn: lambda.Function): void {
  fn.node.addValidation({ validate: () => [sizeProblem(fn)].filter((problem) => problem !== undefined) });
}

function sizeProblem(fn: lambda.Function): string | undefined {
  const { Environment } = renderedProperties<FunctionProperties>(fn.node.defaultChild as CfnElement);
  const variables = Object.entries(Environment?.Variables ?? {}).map(([name, value]) => [name, textOf(value)] as const);
  const total = bytesOf(Object.fromEntries(variables));
  if (total <= MAX_BYTES) return undefined;
  const largest = variables
    .map(([name, value]) => ({ name, bytes: bytesOf({ [name]: value }) }))
    .sort((one, other) => other.bytes - one.bytes).slice(0, NAMED_VARIABLES)
    .map(({ name, bytes }) => `${name} with ${bytes} bytes${FILLED_BY[name] ? ` (set by ${FILLED_BY[name]})` : ''}`);
  const guess = variables.some(([, value]) => value.includes(UNKNOWN)) ? ` (with an estimate of ${UNKNOWN.length} bytes for each value that is known only at deploy time)` : '';
  return `environment: expected environment variables of at most ${MAX_BYTES} bytes as JSON (a quota of Lambda), got ${total} bytes${guess}. Shorten the largest: ${largest.join(', ')}`;
}

function bytesOf(variables: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(variables));
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value) as [string, any][];
  switch (name) {
    case 'Ref': return PSEUDO_PARAMETERS[argument] ?? UNKNOWN;
    case 'Fn::Join': return Array.isArray(argument[1]) ? argument[1].map(textOf).join(argument[0]) : UNKNOWN;
    case 'Fn::Sub': return [argument].flat()[0].replace(/\$\{[^}]*\}/g, UNKNOWN);
    default: return UNKNOWN;
  }
}
