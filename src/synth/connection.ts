import * as iam from 'aws-cdk-lib/aws-iam';
import type { IDependable } from 'constructs';
import type { HandlerName, Optional, Required, Values, Variable } from '../contract/environment';

/**
 * What links a handler to a resource: the variables that it reads and the permissions that it needs, in one value. The area that owns the resource makes
 * it, and any handler can use it, so a construct can be handed what another one owns without importing it.
 */
export interface Connection<V extends Variable = never> {
  readonly environment: Values<V>;
  /** @default - no permission: the variables are all */
  readonly grant?: (grantee: iam.IGrantable) => void;
  /**
   * What has to be deployed before the handler may run.
   * @default - what the variables refer to
   */
  readonly after?: IDependable;
}

/** A connection whose type says which variables it covers. */
export function connection<V extends Variable>(parts: Connection<V>): Connection<V> {
  return parts;
}

/** A permission that comes with no variable. */
export function permission(actions: string[], resourceArns: string[]): Connection {
  return { environment: {}, grant: (grantee) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns }) };
}

/** The variables that a list of connections covers. */
export type Covered<U> = U extends readonly (infer C)[] ? C extends Connection<infer V> ? V : never : never;

/** The variables that more than one connection of a list covers. */
type CoveredTwice<U> = U extends readonly [Connection<infer V>, ...infer Others] ? (V & Covered<Others>) | CoveredTwice<Others> : never;

/** The variables that a handler still needs besides its connections, and may be given. No other one may be there. */
export type Uncovered<H extends HandlerName, U> = Values<Exclude<Required<H>, Covered<U>>> & Partial<Values<Exclude<Optional<H>, Covered<U>>>>
  & { readonly [Other in Exclude<Variable, Exclude<Required<H> | Optional<H>, Covered<U>>>]?: never };

/** Unknown (any connection is right), unless the handler can't be given it later: then the reason. */
export type LateFor<H extends HandlerName, V extends Variable> = [Exclude<V, Optional<H>>] extends [never] ? unknown : `${Exclude<V, Optional<H>>} is not optional for ${H}`;

/** Unknown (any list is right), unless a variable is covered twice or is none of the handler's: then a list of the reason, which no list of connections is. */
export type FitFor<H extends HandlerName, U> = [CoveredTwice<U>] extends [never]
  ? [Exclude<Covered<U>, Required<H> | Optional<H>>] extends [never] ? unknown : readonly `${H} does not read ${Exclude<Covered<U>, Required<H> | Optional<H>>}`[]
  : readonly `${CoveredTwice<U>} is covered twice`[];
