import { onlyKnown } from '../../lookup';
import type { LocalStack } from '../../types';

/** The default bus and the template's own. */
export type Buses = ReturnType<typeof createBuses>;

const DEFAULT = 'default';

/** Reads the template's event buses; a bus is named by its name or its ARN. */
export function createBuses(stack: LocalStack) {
  const prefix = `arn:aws:events:${stack.region}:${stack.account}:event-bus/`;
  const names = new Set([DEFAULT]);
  for (const { logicalId, physicalId, properties } of stack.ofType('AWS::Events::EventBus')) {
    onlyKnown(logicalId, properties, 'Name Description');
    if (names.has(physicalId)) throw new Error(`${logicalId}: an event bus named ${physicalId} exists already`);
    names.add(physicalId);
  }
  return {
    has: (name: string): boolean => names.has(name),
    /** The default bus if none is given. A bus of another account or region keeps its whole ARN, so that it has no name here. */
    nameOf: (nameOrArn: string = DEFAULT): string => nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn,
    arnOf: (nameOrArn: string = DEFAULT): string => nameOrArn.startsWith('arn:') ? nameOrArn : `${prefix}${nameOrArn}`,
  };
}
