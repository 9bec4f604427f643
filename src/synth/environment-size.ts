import type { CfnElement } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { renderedProperties } from './rendered';
import type { Variable } from '../contract/environment';

/** For all variables of a function together, which Lambda measures as JSON (AWS Lambda quotas, "Environment variables"). */
const MAX_BYTES = 4096;

/** Stands for a value that is known at deploy time only. A guess: less than an ARN, and more than most ids. */
const UNKNOWN = '?'.repeat(40);

/** The shortest values that CloudFormation's pseudo parameters have. */
const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012', 'AWS::Partition': 'aws', 'AWS::Region': 'us-east-1', 'AWS::URLSuffix': 'amazonaws.com',
};

/** The props that fill the variables that may become large. */
const FILLED_BY: Partial<Record<string, string>> = {
  APP_ORIGINS: 'appOrigins',
  RETURN_ORIGINS: 'appOrigins',
  ROLES: 'roles',
  SIGNING_KEYS: 'keyGenerations',
  TOKEN_RULES: 'issuer, audiences, groupsClaim and jwksUri of Identity.oidc',
  TRANSCODE_SETTINGS: 'ladder',
  UPLOAD_SETTINGS: 'contentTypes',
} satisfies Partial<Record<Variable, string>>;

/** How many of the largest variables a message names. */
const SHOWN = 3;

interface FunctionProperties {
  readonly Environment: { readonly Variables?: Readonly<Record<string, unknown>> };
}

/** Refuses an environment that Lambda would refuse, when the app is complete: an app may add variables of its own. */
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
    .sort((one, other) => other.bytes - one.bytes).slice(0, SHOWN)
    .map(({ name, bytes }) => `${name} ${bytes}${FILLED_BY[name] ? ` (${FILLED_BY[name]})` : ''}`);
  const guess = variables.some(([, value]) => value.includes(UNKNOWN)) ? `, with ${UNKNOWN.length} for each value that is known at deploy time only` : '';
  return `environment: expected at most ${MAX_BYTES} bytes, since Lambda has 4 KB for all variables of a function as JSON, got ${total}${guess}. The largest are ${largest.join(', ')}: make them shorter`;
}

function bytesOf(variables: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(variables));
}

/** A rendered value with its literal parts, and a guess for each of the others. */
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
