import { Environment, ENVIRONMENTS, HandlerName, LambdaVariable, Values, Variable, VARIABLES } from '../contract/environment';

/** Throws if a value is missing or invalid, so that a wrong deployment fails before the first request. */
export function readEnvironment<H extends HandlerName>(handler: H, source: NodeJS.ProcessEnv = process.env): Environment<H> {
  const listed: readonly string[] = ENVIRONMENTS[handler];
  const missing = listed.filter((name) => !name.endsWith('?') && source[name] === undefined);
  if (missing.length > 0) throw new Error(`environment of ${handler}: missing ${missing.join(', ')}`);
  const present = listed.map((name) => name.replace('?', '') as Variable).filter((name) => source[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, read(name, source[name]!)])) as Environment<H>;
}

export function readOptional<V extends Variable>(name: V, source: NodeJS.ProcessEnv = process.env): Values<V>[V] | undefined {
  return source[name] === undefined ? undefined : read(name, source[name]) as Values<V>[V];
}

export function readFromLambda(name: LambdaVariable, source: NodeJS.ProcessEnv = process.env): string {
  const written = source[name];
  if (written === undefined) throw new Error(`environment variable ${name}: expected the value that Lambda sets, got none`);
  return written;
}

function read(name: Variable, written: string): unknown {
  try {
    return VARIABLES[name].parse(written);
  } catch (error) {
    throw new Error(`environment variable ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
