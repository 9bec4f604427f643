import * as iam from 'aws-cdk-lib/aws-iam';
import type { IDependable } from 'constructs';
import type { HandlerName, Optional, Required, Values, Variable } from '../contract/environment';

/**
 * The environment variables and the permissions with which a handler uses a resource. The area (part of the service) that owns the resource creates the
 * connection. The other areas import the connection instead of the resource.
 */
export interface Connection<V extends Variable = never> {
  readonly environment: Values<V>;
  /** @default - no permission */
  readonly grant?: (grantee: iam.IGrantable) => void;
  /**
   * Constructs that must be deployed before the function.
   * @default - the function waits only for the resources that its environment variables refer to
   */
  readonly after?: IDependable;
}

/** Returns its argument, so that the compiler infers the variables of the connection. */
export function connection<V extends Variable>(parts: Connection<V>): Connection<V> {
  return parts;
}

export function permission(actions: string[], resourceArns: string[]): Connection {
  return { environment: {}, grant: (grantee) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns }) };
}

export type Covered<U> = U extends readonly (infer C)[] ? C extends Connection<infer V> ? V : never : never;

type CoveredTwice<U> = U extends readonly [Connection<infer V>, ...infer Others] ? (V & Covered<Others>) | CoveredTwice<Others> : never;

/** The environment variables of a handler, except the variables that a connection sets. */
export type Uncovered<H extends HandlerName, U> = Values<Exclude<Required<H>, Covered<U>>> & Partial<Values<Exclude<Optional<H>, Covered<U>>>>
  & { readonly [Other in Exclude<Variable, Exclude<Required<H> | Optional<H>, Covered<U>>>]?: never };

/** If all variables of the connection are optional for the handler, this type accepts the connection. Otherwise the type is an error message. */
export type LateFor<H extends HandlerName, V extends Variable> = [Exclude<V, Optional<H>>] extends [never] ? unknown : `${Exclude<V, Optional<H>>} is not optional for ${H}`;

/**
 * If the handler reads all variables of the connections, and no variable is set twice, this type accepts the connections. Otherwise the type is a list of
 * error messages.
 */
export type FitFor<H extends HandlerName, U> = [CoveredTwice<U>] extends [never]
  ? [Exclude<Covered<U>, Required<H> | Optional<H>>] extends [never] ? unknown : readonly `${H} does not read ${Exclude<Covered<U>, Required<H> | Optional<H>>}`[]
  : readonly `${CoveredTwice<U>} is set twice`[];
