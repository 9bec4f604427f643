import * as iam from 'aws-cdk-lib/aws-iam';
import type { IDependable } from 'constructs';
import type { HandlerName, Optional, Required, Values, Variable } from '../contract/environment';

/**
 * The link between a handler and a resource: the environment variables that the handler reads and the permissions that it needs, in one value. The area that
 * owns the resource creates the connection. Any handler can use it, so areas do not import each other's resources.
 */
export interface Connection<V extends Variable = never> {
  readonly environment: Values<V>;
  /** @default - no permission */
  readonly grant?: (grantee: iam.IGrantable) => void;
  /**
   * Constructs that must be deployed before the function.
   * @default - only the resources that the variables refer to
   */
  readonly after?: IDependable;
}

/** Returns the connection, with the variables that it covers inferred in its type. */
export function connection<V extends Variable>(parts: Connection<V>): Connection<V> {
  return parts;
}

/** Creates a permission without an environment variable. */
export function permission(actions: string[], resourceArns: string[]): Connection {
  return { environment: {}, grant: (grantee) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns }) };
}

/** The variables that are covered by a list of connections. */
export type Covered<U> = U extends readonly (infer C)[] ? C extends Connection<infer V> ? V : never : never;

/** The variables that are covered by more than one connection of a list. */
type CoveredTwice<U> = U extends readonly [Connection<infer V>, ...infer Others] ? (V & Covered<Others>) | CoveredTwice<Others> : never;

/** The variables of a handler that no connection covers: required ones, optional ones, and no others. */
export type Uncovered<H extends HandlerName, U> = Values<Exclude<Required<H>, Covered<U>>> & Partial<Values<Exclude<Optional<H>, Covered<U>>>>
  & { readonly [Other in Exclude<Variable, Exclude<Required<H> | Optional<H>, Covered<U>>>]?: never };

/** `unknown`, which accepts any connection, if all its variables are optional for the handler. Otherwise a string type that is the compiler's error message. */
export type LateFor<H extends HandlerName, V extends Variable> = [Exclude<V, Optional<H>>] extends [never] ? unknown : `${Exclude<V, Optional<H>>} is not optional for ${H}`;

/**
 * `unknown`, which accepts any list, unless a variable is covered twice or the handler does not read it. Then a list of a string type that is the compiler's
 * error message.
 */
export type FitFor<H extends HandlerName, U> = [CoveredTwice<U>] extends [never]
  ? [Exclude<Covered<U>, Required<H> | Optional<H>>] extends [never] ? unknown : readonly `${H} does not read ${Exclude<Covered<U>, Required<H> | Optional<H>>}`[]
  : readonly `${CoveredTwice<U>} is covered twice`[];
