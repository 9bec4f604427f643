import { onlyKnown } from '../../lookup';
import type { LocalStack } from '../../types';

export type Buses = ReturnType<typeof createBuses>;

const DEFAULT = 'default';

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
    /**
     * Returns the name of a bus. Without an argument, returns the name of the default bus. The ARN of a bus in another account or region is returned unchanged,
     * so it matches no local bus.
     */
    nameOf: (nameOrArn: string = DEFAULT): string => nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn,
    arnOf: (nameOrArn: string = DEFAULT): string => nameOrArn.startsWith('arn:') ? nameOrArn : `${prefix}${nameOrArn}`,
  };
}
