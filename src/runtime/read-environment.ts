import { Environment, ENVIRONMENTS, HandlerName, LambdaVariable, Values, Variable, VARIABLES } from '../contract/environment';

/** Reads a handler's environment, once, at its cold start. A missing or malformed value is an error of the deployment, not of a request. */
export function readEnvironment<H extends HandlerName>(handler: H, source: NodeJS.ProcessEnv = process.env): Environment<H> {
  const listed: readonly string[] = ENVIRONMENTS[handler];
  const missing = listed.filter((name) => !name.endsWith('?') && source[name] === undefined);
  if (missing.length > 0) throw new Error(`environment of ${handler} lacks ${missing.join(', ')}`);
  const present = listed.map((name) => name.replace('?', '') as Variable).filter((name) => source[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, read(name, source[name]!)])) as Environment<H>;
}

/** Reads a variable that a handler works without. */
export function readOptional<V extends Variable>(name: V, source: NodeJS.ProcessEnv = process.env): Values<V>[V] | undefined {
  return source[name] === undefined ? undefined : read(name, source[name]) as Values<V>[V];
}

/** Reads a variable that Lambda itself sets, as it is now. */
export function readFromLambda(name: LambdaVariable, source: NodeJS.ProcessEnv = process.env): string {
  const written = source[name];
  if (written === undefined) throw new Error(`environment lacks ${name}, which Lambda sets`);
  return written;
}

function read(name: Variable, written: string): unknown {
  try {
    return VARIABLES[name].parse(written);
  } catch (error) {
    throw new Error(`environment variable ${name} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
