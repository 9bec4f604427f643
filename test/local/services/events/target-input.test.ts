import { aws_events as events, aws_sqs as sqs, aws_events_targets as targets } from 'aws-cdk-lib';
import { compileInput } from '../../../../local/services/events/target-input';
import { synthesized } from '../../template/stacks';

const RULE = 'arn:aws:events:us-east-1:123456789012:rule/vod/ready';
const AT = new Date('2026-01-02T03:04:05.678Z');
const EVENT = {
  'version': '0', 'id': '1', 'source': 'serverless-vod', 'detail-type': 'video.ready', 'resources': ['arn:1', 'arn:2'],
  'detail': { 'videoId': 'v1', 'title': 'a "b"', 'size': 3, 'tags': ['x', 'y'], 'none': null, 'poster-key': 'p', 'renditions': [{ height: 720 }] },
};
const textOf = (target: object) => compileInput('r', RULE, target)(EVENT, AT);
const transformed = (InputTemplate: string, InputPathsMap?: Record<string, string>) => textOf({ InputTransformer: { InputTemplate, InputPathsMap } });

test.each<[string, object, unknown]>([
  ['nothing', {}, EVENT],
  ['an input', { Input: '{"a": 1}' }, { a: 1 }],
  ['a path', { InputPath: '$.detail.renditions[0].height' }, 720],
  ['a path with dashes', { InputPath: '$.detail.poster-key' }, 'p'],
  ['the path of the whole', { InputPath: '$' }, EVENT],
  ['a path that leads nowhere', { InputPath: '$.detail.other.more' }, null],
])('%s', (_, target, expected) => {
  expect(JSON.parse(textOf(target))).toEqual(expected);
});

test('sends a constant input unchanged', () => {
  expect(textOf({ Input: '{"a": 1}' })).toBe('{"a": 1}');
});

describe('a template', () => {
  const paths = { id: '$.detail.videoId', size: '$.detail.size', tags: '$.detail.tags', title: '$.detail.title', none: '$.detail.none', missing: '$.detail.x', type: '$.detail-type' };
  test.each([
    ['values as JSON, minified', '{ "id": <id>, "all": [9, <size>, <tags>, <none>] }', '{"id":"v1","all":[9,3,["x","y"],null]}'],
    ['values in a string', '{"text": "<id> is \\"<type>\\" (<size>)"}', '{"text":"v1 is \\"video.ready\\" (3)"}'],
    ['a string', '"<id> is ready"', '"v1 is ready"'],
    ['lines of strings', '"<id>"\n"<size>"', '"v1"\n"3"'],
    ['what is missing is empty', '{"a": <missing>, "b": "<missing>!"}', '{"a":"","b":"!"}'],
    ['what is missing is empty in a text too', '"<missing>"', '""'],
    ['a text that begins as JSON', '"{[/<type>"', '"{[/video.ready"'],
    ['nothing is escaped in a string, as in AWS', '{"a": "<title>"}', '{"a": "a "b""}'],
    ['but a value of its own is', '{"a": <title>}', '{"a":"a \\"b\\""}'],
    ['names of the rule', '{"a": <aws.events.rule-arn>, "b": "<aws.events.rule-name> fired"}', `{"a":"${RULE}","b":"ready fired"}`],
    ['the time', '"at <aws.events.event.ingestion-time>"', '"at 2026-01-02T03:04:05.678Z"'],
    ['the event', '{"a": <aws.events.event.json>}', JSON.stringify({ a: EVENT })],
    ['the event without its detail', '{"a": <aws.events.event>}', JSON.stringify({ a: { ...EVENT, detail: undefined } })],
  ])('%s', (_, template, expected) => {
    expect(transformed(template, paths)).toBe(expected);
  });

  test.each<[string, object, string]>([
    ['an unknown variable', { InputTemplate: '"<id>"' }, 'r: InputTemplate: the variable <id> is not in InputPathsMap'],
    ['an unknown reserved variable', { InputTemplate: '"<aws.events.secret>"' }, 'r: InputTemplate: the variable <aws.events.secret> is not in InputPathsMap'],
    ['a reserved name', { InputTemplate: '"x"', InputPathsMap: { 'aws.x': '$.id' } }, 'r: InputPathsMap: names that begin with aws. are reserved, got aws.x'],
    ['a path with a filter', { InputTemplate: '"<a>"', InputPathsMap: { a: '$.detail[?(@.x)]' } }, 'r: the local stack does not support the path $.detail[?(@.x)]'],
    ['a wildcard', { InputTemplate: '"<a>"', InputPathsMap: { a: '$.detail.*' } }, 'r: the local stack does not support the path $.detail.*'],
    ['a variable in a key', { InputTemplate: '{"<id>": 1}', InputPathsMap: { id: '$.id' } }, 'r: InputTemplate: a variable can\'t be part of an object key, got {"<id>": 1}'],
    ['text without quotes', { InputTemplate: '<aws.events.rule-name> fired' }, 'r: InputTemplate must be JSON, or a JSON string on each line, got <aws.events.rule-name> fired'],
  ])('%s throws', (_, InputTransformer, message) => {
    expect(() => textOf({ InputTransformer })).toThrow(message);
  });
});

test.each<[object, string]>([
  [{ Input: '1', InputPath: '$' }, 'r: a target can have only one of Input, InputPath and InputTransformer'],
  [{ Input: 'text' }, 'r: Input must be JSON, got text'],
])('%j throws', (target, message) => {
  expect(() => textOf(target)).toThrow(message);
});

test('supports the CDK\'s inputs', async () => {
  const { EventField, RuleTargetInput } = events;
  const inputs = [
    RuleTargetInput.fromObject({ id: EventField.fromPath('$.detail.videoId'), type: EventField.detailType, size: EventField.fromPath('$.detail.size'), fixed: true }),
    RuleTargetInput.fromText(`${EventField.fromPath('$.detail.videoId')} is ready`),
    RuleTargetInput.fromMultilineText(`${EventField.fromPath('$.detail.videoId')}\nis ready`),
    RuleTargetInput.fromEventPath('$.detail.videoId'),
    RuleTargetInput.fromObject({ fixed: true }),
  ];
  const stack = await synthesized((scope) => {
    const queue = new sqs.Queue(scope, 'Queue');
    const rule = new events.Rule(scope, 'Rule', { eventPattern: { source: ['serverless-vod'] } });
    inputs.forEach((message) => rule.addTarget(new targets.SqsQueue(queue, { message })));
  });
  const [{ properties: { Targets } }] = stack.ofType('AWS::Events::Rule');
  expect(Targets.map(textOf)).toEqual([
    '{"id":"v1","type":"video.ready","size":3,"fixed":true}', '"v1 is ready"', '"v1"\n"is ready"', '"v1"', '{"fixed":true}',
  ]);
});
