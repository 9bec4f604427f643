import { randomUUID } from 'crypto';
import { join } from 'path';
import { createBuses, type Buses } from './buses';
import { compilePattern } from '../patterns';
import { compileSchedule } from './schedule';
import { compileInput } from './target-input';
import { onlyKnown } from '../../lookup';
import type { Resource } from '../../template/resources';
import { firstLines, logLine } from '../../text';
import type { BusEvent, LocalStack } from '../../types';
import { ignoreUsage, type ObserveUsage } from '../../usage';
import { createDeliveries, type OtherTargets, type Tools } from '../deliveries';
import type { Json } from '../json';

export type Events = ReturnType<typeof createEvents>;

const SERVICES = ['lambda', 'sqs', 'sns'];
/** The limits of RetryPolicy, which PutTargets checks. RetryPolicy has no other effect in the local stack. */
const RETRY_POLICY: Record<string, [least: number, most: number]> = { MaximumEventAgeInSeconds: [60, 86_400], MaximumRetryAttempts: [0, 185] };

/** An event is on disk when `put` returns, and is delivered at least once. Rules fire automatically only after `startSchedules`. */
export function createEvents({ stack, topics, observe = ignoreUsage, ...tools }: { stack: LocalStack; topics?: OtherTargets; observe?: ObserveUsage } & Tools) {
  const deliveries = createDeliveries(join(stack.dataFolder, 'events'), 'events.amazonaws.com', tools, topics);
  const buses = createBuses(stack);
  const rules = stack.ofType('AWS::Events::Rule').map((resource) => ruleOf(resource, buses, topics));
  const timers: NodeJS.Timeout[] = [];

  function send(given: BusEvent, chosen: (event: Json) => typeof rules): string {
    const now = new Date();
    const time = (given.time ?? now).toISOString().replace(/\.\d+/, '');
    const event = { version: '0', id: randomUUID(), region: stack.region, account: stack.account, resources: [], ...given, time };
    for (const { arn: sourceArn, targets } of chosen(event)) {
      for (const { targetArn, deadLetterArn, inputOf } of targets) deliveries.add({ sourceArn, targetArn, deadLetterArn, text: inputOf(event, now) });
    }
    return event.id;
  }

  const fireRule = (rule: typeof rules[number]) => send({ 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'resources': [rule.arn], 'detail': {} }, () => [rule]);

  return {
    buses,
    put(given: BusEvent, bus = buses.nameOf()): string {
      observe({ kind: 'event', bus, source: given.source });
      return send(given, (event) => rules.filter((rule) => rule.bus === bus && rule.matches(event)));
    },
    /** Fires a scheduled rule by its logical id, name or ARN. Returns the event's id, or undefined if the rule does not exist. */
    fire(name: string): string | undefined {
      const rule = rules.find(({ schedule, names }) => schedule && names.includes(name));
      return rule && fireRule(rule);
    },
    start: deliveries.start,
    startSchedules(): void {
      const { log = logLine } = tools;
      for (const rule of rules.filter(({ schedule }) => schedule)) {
        const { schedule: { milliseconds } = {}, names: [name] } = rule;
        if (!milliseconds) {
          log(`${name}: the local stack does not support the schedule expression, so the rule never fires automatically. To fire the rule, send a request with the header x-local-fire-rule (docs/decisions/004)`);
          continue;
        }
        const fire = () => {
          try {
            fireRule(rule);
          } catch (error) {
            // An error, such as a full disk, loses only this event. The schedule continues.
            log(`${name}: ${firstLines(error as Error)}`);
          }
        };
        timers.push(setInterval(fire, milliseconds).unref());
      }
    },
    stop(): Promise<void> {
      timers.forEach((timer) => clearInterval(timer));
      return deliveries.stop();
    },
  };
}

function ruleOf({ logicalId, physicalId, attributes: { Arn: arn }, properties }: Resource, buses: Buses, topics?: OtherTargets) {
  const { EventBusName, EventPattern, ScheduleExpression, Targets = [], ...more } = properties;
  onlyKnown(logicalId, more, 'Name Description', { State: ['ENABLED'] });
  const bus = buses.nameOf(EventBusName);
  if (!buses.has(bus)) throw new Error(`${logicalId}: the template has no event bus ${EventBusName}`);
  if (!EventPattern && !ScheduleExpression) throw new Error(`${logicalId}: a rule requires an EventPattern or a ScheduleExpression`);
  if (ScheduleExpression && bus !== buses.nameOf()) throw new Error(`${logicalId}: only rules of the default bus can have a ScheduleExpression`);
  return {
    arn,
    bus,
    names: [logicalId, physicalId, arn],
    matches: EventPattern ? compilePattern(EventPattern) : () => false,
    schedule: ScheduleExpression ? compileSchedule(logicalId, ScheduleExpression) : undefined,
    targets: (Targets as Json[]).map((target) => targetOf(logicalId, arn, target, topics)),
  };
}

function targetOf(owner: string, ruleArn: string, target: Json, topics?: OtherTargets) {
  onlyKnown(owner, target, 'Id Arn DeadLetterConfig RetryPolicy Input InputPath InputTransformer');
  const { Arn: targetArn, DeadLetterConfig, RetryPolicy = {} } = target;
  onlyKnown(owner, RetryPolicy, Object.keys(RETRY_POLICY).join(' '));
  for (const [name, [least, most]] of Object.entries(RETRY_POLICY)) {
    const value = RetryPolicy[name] ?? least;
    if (!(value >= least && value <= most)) throw new Error(`${owner}: ${name} must be from ${least} to ${most}, got ${value}`);
  }
  const service = targetArn.split(':')[2];
  if (!SERVICES.includes(service)) throw new Error(`${owner}: the local stack does not support the target ${targetArn}`);
  if (service === 'sns' && !topics?.has(targetArn)) throw new Error(`${owner}: the template has no topic ${targetArn}`);
  return { targetArn, deadLetterArn: DeadLetterConfig?.Arn, inputOf: compileInput(owner, ruleArn, target) };
}
