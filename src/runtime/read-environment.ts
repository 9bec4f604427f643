import { Environment, ENVIRONMENTS, HandlerName } from '../contract/environment';

/** Reads a handler's environment, once, at its cold start. A missing name is an error of the deployment, not of a request. */
export function readEnvironment<H extends HandlerName>(handler: H, source: NodeJS.ProcessEnv = process.env): Environment<H> {
  const names: readonly string[] = ENVIRONMENTS[handler];
  const missing = names.filter((name) => source[name] === undefined);
  if (missing.length > 0) throw new Error(`environment of ${handler} lacks ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, source[name]])) as Environment<H>;
}
