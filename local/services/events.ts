import { randomUUID } from 'crypto';
import { setTimeout as wait } from 'timers/promises';
import { Access, AwsError, BusEvent, Functions, LocalStack, Part, PutEvent, Resource } from '../types';
import { compilePattern } from './event-pattern';
import { Queues } from './queues';

/** What the default event bus needs. */
export interface EventsOptions {
  readonly stack: LocalStack;
  readonly access: Access;
  readonly functions: Functions;
  readonly queues: Pick<Queues, 'send'>;
  /** Hears of events that reached neither target nor dead-letter queue. @default console.error */
  readonly log?: (line: string) => void;
  /** Before the first retry; in AWS it is a minute. @default 1000 */
  readonly retryMilliseconds?: number;
}

interface Rule {
  readonly arn: string;
  readonly matches?: (event: object) => boolean;
  readonly everyMinutes?: number;
  readonly targets: Record<string, any>[];
}

const SCHEDULED: BusEvent = { 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'detail': {} };
const SERVICE = 'events.amazonaws.com';
const RULE = ['Name', 'Description', 'State', 'EventBusName', 'EventPattern', 'ScheduleExpression', 'Targets', 'Tags'];
const TARGET = ['Id', 'Arn', 'Input', 'RetryPolicy', 'DeadLetterConfig'];
const MINUTES: Record<string, number> = { minute: 1, hour: 60, day: 24 * 60 };
/** Lambda tries an asynchronous event three times, whatever the rule's own policy for deliveries is. */
const RETRIES = 2;

/** The default bus with the template's rules. */
export function createEvents(options: EventsOptions): { put: PutEvent } & Part {
  const { stack, access, functions, queues, log = console.error, retryMilliseconds = 1000 } = options;
  const stopping = new AbortController();
  const rules = stack.ofType('AWS::Events::Rule').filter(({ properties }) => properties.State !== 'DISABLED').map(readRule);
  const timers = rules.flatMap((rule) => rule.everyMinutes ? [setInterval(() => tick(rule), rule.everyMinutes * 60_000)] : []);

  async function send(queueArn: string, rule: Rule, text: string): Promise<void> {
    const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': stack.account };
    await access.require({ kind: 'service', id: SERVICE }, [{ action: 'sqs:SendMessage', resource: queueArn, context }]);
    await queues.send(queueArn, text);
  }

  async function invoke(functionArn: string, rule: Rule, event: unknown, retries: number): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { error } = await functions.invoke(functionArn, event, { service: SERVICE, sourceArn: rule.arn });
      if (!error) return;
      if (attempt >= retries) throw new AwsError(error.errorType, error.errorMessage);
      await wait(retryMilliseconds * (attempt + 1), undefined, { signal: stopping.signal });
    }
  }

  async function deliver(rule: Rule, { Arn, Input, RetryPolicy, DeadLetterConfig }: Record<string, any>, event: unknown): Promise<void> {
    const text = Input ?? JSON.stringify(event);
    try {
      if (/^arn:[^:]*:sqs:/.test(Arn)) await send(Arn, rule, text);
      else await invoke(Arn, rule, JSON.parse(text), Math.min(RETRIES, RetryPolicy?.MaximumRetryAttempts ?? RETRIES));
    } catch (error) {
      if (stopping.signal.aborted) return;
      log(`${rule.arn}: ${Arn}: ${(error as Error).name}: ${(error as Error).message}`);
      if (DeadLetterConfig?.Arn) await send(DeadLetterConfig.Arn, rule, text);
    }
  }

  function dispatch(rule: Rule, event: unknown): void {
    for (const target of rule.targets) deliver(rule, target, event).catch((error: Error) => log(`${rule.arn}: lost: ${error.message}`));
  }

  const envelope = (event: BusEvent) => ({
    version: '0', id: randomUUID(), time: new Date().toISOString().replace(/\.\d+/, ''), region: stack.region, account: stack.account, resources: [], ...event,
  });
  const tick = (rule: Rule) => dispatch(rule, envelope({ ...SCHEDULED, resources: [rule.arn] }));

  return {
    put(given) {
      // As text and back: what the sender does to its objects afterwards is its own.
      const event = JSON.parse(JSON.stringify(envelope(given)));
      for (const rule of rules) if (rule.matches?.(event)) dispatch(rule, event);
    },
    async stop() {
      stopping.abort();
      timers.forEach(clearInterval);
    },
  };
}

function readRule({ logicalId, properties, attributes }: Resource): Rule {
  const { EventBusName = 'default', EventPattern, ScheduleExpression, Targets = [] } = properties;
  const unknown = [
    ...Object.keys(properties).filter((name) => !RULE.includes(name)),
    ...Targets.flatMap((target: object) => Object.keys(target).filter((name) => !TARGET.includes(name))),
  ];
  if (unknown.length > 0 || EventBusName !== 'default') throw new Error(`${logicalId}: unsupported in a rule: ${[...unknown, EventBusName].join(', ')}`);
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(ScheduleExpression ?? '') ?? [];
  if (ScheduleExpression && !count) throw new Error(`${logicalId}: unsupported schedule ${ScheduleExpression}`);
  return {
    arn: attributes.Arn,
    matches: EventPattern && compilePattern(EventPattern),
    everyMinutes: count ? Number(count) * MINUTES[unit] : undefined,
    targets: Targets,
  };
}
