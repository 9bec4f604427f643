import { Token } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import { eventDetailSchema, JsonSchema } from '../../contract/schemas';
import { isAbsent, keyProblem, listProblems, objectProblem, show } from '../../synth/prop-checks';

export function ruleProblems(options: events.OnEventOptions): (string | undefined)[] {
  const wrong = objectProblem('options', options, '{ target: new targets.LambdaFunction(fn) } or another target', { required: true });
  if (wrong) return [wrong];
  const { target, eventPattern, crossStackScope } = options;
  return [
    keyProblem('', options, RULE_OPTIONS),
    objectProblem('target', target, 'a target of aws-events-targets, such as new targets.LambdaFunction(fn)', { members: ['bind'] }),
    objectProblem('crossStackScope', crossStackScope, 'a construct, such as the Stack of the target', { members: ['node'] }),
    ...patternProblems(eventPattern),
  ];
}

const RULE_OPTIONS: Readonly<Record<keyof events.OnEventOptions, true>> = {
  target: true, description: true, ruleName: true, eventPattern: true, crossStackScope: true,
};

const ENVELOPE: Readonly<Record<keyof events.EventPattern, true>> = {
  version: true, id: true, account: true, time: true, region: true, resources: true, source: true, detailType: true, detail: true,
};
const VIDEO = { 'eventPattern.detail.video.*': eventDetailSchema.properties.video.properties };

/** EventBridge accepts a pattern with an unknown field, but the pattern never matches an event. */
function patternProblems(pattern: events.EventPattern | undefined): (string | undefined)[] {
  const wrong = objectProblem('eventPattern', pattern, 'an event pattern, such as { detail: { video: { owner: [\'ada\'] } } }');
  if (wrong || isAbsent(pattern)) return [wrong];
  const { source, detailType, resources, detail, ...envelope } = pattern;
  return [
    keyProblem('eventPattern', pattern, ENVELOPE, VIDEO),
    // CDK would add the values of the app to the values that this method sets. The rule would then match more events than intended.
    ...Object.entries({ source, detailType, resources }).map(([field, value]) => isAbsent(value) ? undefined
      : `eventPattern.${field}: expected no value, because this method sets the field, got ${show(value)}. For other events, create an events.Rule with the eventBus of this catalog`),
    ...Object.entries(envelope).flatMap(([field, value]) => (field in ENVELOPE ? valuesProblems(`eventPattern.${field}`, value) : [])),
    ...fieldProblems('eventPattern.detail', detail, eventDetailSchema),
  ];
}

function fieldProblems(name: string, pattern: unknown, schema: JsonSchema): (string | undefined)[] {
  const fields = schema.properties ?? schema.items?.properties;
  if (!fields) return valuesProblems(name, pattern, schema.enum ?? schema.items?.enum);
  if (isAbsent(pattern) || Token.isUnresolved(pattern)) return [];
  const wrong = objectProblem(name, pattern, `an object with patterns for the fields ${Object.keys(fields).join(', ')}`);
  if (wrong) return [wrong];
  const { $or: either, ...all } = pattern as Record<string, unknown>;
  const alternatives: unknown[] = Array.isArray(either) ? either : [];
  return [
    keyProblem<object>(name, all, fields as Record<string, never>, VIDEO),
    ...listProblems(`${name}.$or`, either, () => undefined, { min: 2 }),
    ...alternatives.flatMap((alternative, index) => fieldProblems(`${name}.$or[${index}]`, alternative, schema)),
    ...Object.entries(all).flatMap(([field, value]) => (Object.hasOwn(fields, field) ? fieldProblems(`${name}.${field}`, value, fields[field]) : [])),
  ];
}

function valuesProblems(name: string, values: unknown, known?: readonly unknown[]): (string | undefined)[] {
  return listProblems(name, values, (item, value) => {
    // The item can be a comparison operator of EventBridge, such as `{ prefix: 'a' }`.
    if (!known || typeof value !== 'string' || Token.isUnresolved(value) || known.includes(value)) return undefined;
    return `${item}: expected one of ${known.join(', ')}, got ${show(value)}`;
  });
}
