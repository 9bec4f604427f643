import { randomUUID } from 'crypto';
import { join } from 'path';
import { setTimeout as wait } from 'timers/promises';
import { createBuses } from './buses';
import { compilePattern } from './patterns';
import type { Access } from '../../access/access';
import { durableRecords } from '../../durable';
import { onlyKnown } from '../../lookup';
import { firstLines, logLine } from '../../text';
import { AwsError, type BusEvent, type Functions, type LocalStack, type Principal } from '../../types';
import type { Json } from '../json';
import type { Queues } from '../queues';

const principalOf = (ruleArn: string): Principal => ({ kind: 'service', id: 'events.amazonaws.com', context: { 'aws:SourceArn': ruleArn } });
/** Lambda's for an asynchronous event, whatever the rule's own policy for deliveries is. */
const TRIES = 3;

/** The event buses of the stack. */
export type Events = ReturnType<typeof createEvents>;

/** An event that a rule has matched and that its target has not taken yet. */
interface Delivery { readonly ruleArn: string; readonly targetArn: string; readonly deadLetterArn?: string; readonly event: unknown }

/**
 * The default bus and the template's own, with their rules. An event is on disk when `put` returns, and delivered at least once, kill -9 or not;
 * nothing is delivered before `start`.
 *
 * @param retryMilliseconds the time before the first retry; in AWS it is a minute
 */
export function createEvents({ stack, access, functions, queues, log = logLine, retryMilliseconds = 1000 }: {
  stack: LocalStack; access: Access; functions: Functions; queues: Pick<Queues, 'send'>; log?: (line: string) => void; retryMilliseconds?: number;
}) {
  const stopping = new AbortController();
  const pending = durableRecords<Delivery>(join(stack.dataFolder, 'events'));
  const buses = createBuses(stack);
  let started = false;
  const rules = stack.ofType('AWS::Events::Rule').map(({ logicalId, attributes: { Arn: arn }, properties: { EventBusName, EventPattern, Targets, ...more } }) => {
    onlyKnown(logicalId, more, 'Description', { State: ['ENABLED'] });
    for (const target of Targets) onlyKnown(logicalId, target, 'Id Arn DeadLetterConfig');
    const bus = buses.nameOf(EventBusName);
    if (!buses.has(bus)) throw new Error(`${logicalId}: the template has no event bus ${EventBusName}`);
    return { arn, bus, matches: compilePattern(EventPattern), targets: Targets as Json[] };
  });

  async function settle([id, delivery]: [id: string, delivery: Delivery]): Promise<void> {
    try {
      await deliver(delivery);
      // What was interrupted is delivered at the next start.
      if (!stopping.signal.aborted) pending.delete(id);
    } catch (error) {
      // A fault of this machine, such as a full disk, and not an answer of AWS: the event stays until it can be delivered.
      log(`${delivery.ruleArn}: ${delivery.targetArn}: ${firstLines(error as Error)}`);
      await wait(retryMilliseconds * TRIES, undefined, { signal: stopping.signal }).then(() => settle([id, delivery]), () => undefined);
    }
  }

  async function deliver({ ruleArn, targetArn, deadLetterArn, event }: Delivery): Promise<void> {
    try {
      if (!targetArn.startsWith('arn:aws:sqs:')) return await invoke(ruleArn, targetArn, event);
      await access.require(principalOf(ruleArn), [{ action: 'sqs:SendMessage', resource: targetArn }]);
      queues.send(targetArn, JSON.stringify(event));
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!(error instanceof AwsError)) throw error;
      log(`${ruleArn}: ${targetArn}: ${error.name}: ${error.message}`);
      if (deadLetterArn) await deliver({ ruleArn, targetArn: deadLetterArn, event });
    }
  }

  async function invoke(ruleArn: string, functionArn: string, event: unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { error } = await functions.invoke(functionArn, event, principalOf(ruleArn));
      if (!error) return;
      if (attempt === TRIES) throw new AwsError(error.errorType, error.errorMessage);
      await wait(retryMilliseconds * attempt, undefined, { signal: stopping.signal });
    }
  }

  return {
    buses,
    /** Puts an event on the bus of that name, and returns the event's id. */
    put(given: BusEvent, bus = buses.nameOf()): string {
      const time = (given.time ?? new Date()).toISOString().replace(/\.\d+/, '');
      // A copy: what the sender does to its objects afterwards is its own.
      const event = structuredClone({ version: '0', id: randomUUID(), region: stack.region, account: stack.account, resources: [], ...given, time });
      for (const { arn, targets } of rules.filter((rule) => rule.bus === bus && rule.matches(event))) {
        for (const { Arn, DeadLetterConfig } of targets) {
          const entry: [string, Delivery] = [randomUUID(), { ruleArn: arn, targetArn: Arn, deadLetterArn: DeadLetterConfig?.Arn, event }];
          pending.set(...entry);
          if (started) void settle(entry);
        }
      }
      return event.id;
    },
    start(): void {
      started = true;
      pending.entries().forEach((entry) => void settle(entry));
    },
    stop: async () => stopping.abort(),
  };
}
