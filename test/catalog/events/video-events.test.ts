import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import { VodCatalog, VodCatalogOptions } from '../../../src';
import { VIDEO_EVENTS, VideoEventType } from '../../../src/contract/events';
import { environmentOf } from '../../toolkit/functions';
import { catalogIn, ENV, testStack, vodIn } from '../../toolkit/stacks';

function synth(options?: (stack: Stack) => VodCatalogOptions) {
  const stack = testStack();
  const catalog = catalogIn(stack, options?.(stack));
  return { stack, catalog };
}

const methodOf = (type: VideoEventType) => `onVideo${type.slice('video.'.length).replace(/^./, (letter) => letter.toUpperCase())}` as keyof VodCatalog & `onVideo${string}`;

describe('events of a catalog', () => {
  test.each(Object.keys(VIDEO_EVENTS) as VideoEventType[])('of the type %s start a target', (type) => {
    const { stack, catalog } = synth();
    const topic = new sns.Topic(stack, 'Topic');
    const rule = catalog[methodOf(type)]('Told', { target: new targets.SnsTopic(topic), description: 'Tells people', eventPattern: { detail: { video: { owner: ['ann'] } } } });
    expect(rule.node.path).toBe('Test/Catalog/Told');
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Description: 'Tells people',
      EventBusName: { Ref: Match.stringLikeRegexp('^CatalogEventsBus') },
      EventPattern: { 'source': ['serverless-vod'], 'detail-type': [type], 'detail': { video: { owner: ['ann'] } } },
      Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^Topic') } })],
    });
  });

  test('may get their target later, and their rule may lie in another stack', () => {
    const { stack, catalog } = synth();
    const other = new Stack(stack.node.root, 'Other');
    const rule = catalog.onVideoReady('Told', { crossStackScope: other });
    rule.addTarget(new targets.SnsTopic(new sns.Topic(other, 'Topic')));
    Template.fromStack(other).resourceCountIs('AWS::Events::Rule', 1);
  });

  test.each<[string, events.EventPattern]>([
    ['by CDK\'s comparisons', { region: ['us-east-1'], detail: { video: { owner: events.Match.prefix('a'), visibility: events.Match.anythingBut('private') } } }],
    ['by EventBridge\'s comparisons', { detail: { version: [{ numeric: ['>', 3] }], video: { tags: [{ prefix: 'a' }, 'b'], publishedAt: [{ exists: false }], renditions: { codec: ['h264'] } } } }],
    ['by alternatives', { detail: { $or: [{ video: { owner: ['ann'] } }, { video: { tags: ['b'] } }] } }],
    ['by nothing', {}],
  ])('may be narrowed %s', (_, eventPattern) => {
    const { catalog } = synth();
    expect(() => catalog.onVideoReady('Told', { eventPattern })).not.toThrow();
  });

  test('go to a bus of one\'s own', () => {
    const { stack, catalog } = synth((scope) => ({ eventBus: events.EventBus.fromEventBusName(scope, 'Mine', 'mine') }));
    expect(catalog.eventBus.eventBusName).toBe('mine');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Events::EventBus', 0);
    expect(environmentOf(template, 'catalog/publish-events')).toMatchObject({ EVENT_BUS_NAME: 'mine' });
  });

  test('go nowhere but to a bus', () => {
    expect(() => synth((scope) => ({ eventBus: new sns.Topic(scope, 'Topic') as any }))).toThrow('eventBus: expected an event bus, such as an events.EventBus, got');
  });

  test.each([
    ['region', 'arn:aws:events:eu-west-1:123456789012:event-bus/mine', 'a bus in the stack\'s region us-east-1, got one in eu-west-1'],
    ['account', 'arn:aws:events:us-east-1:999999999999:event-bus/mine', 'a bus of the stack\'s account 123456789012, got one of 999999999999'],
  ])('go to no bus of another %s', (_, arn, expected) => {
    const stack = testStack({ env: ENV });
    const eventBus = events.EventBus.fromEventBusArn(stack, 'Mine', arn);
    expect(() => catalogIn(stack, { eventBus })).toThrow(`Test/Catalog: eventBus: expected ${expected}`);
    expect(() => vodIn(stack, { catalog: { eventBus } })).toThrow(`Test/Vod/Catalog: catalog.eventBus: expected ${expected}`);
  });

  test.each<[string, (stack: Stack) => any, string]>([
    ['no options', () => undefined, 'options: expected { target: new targets.LambdaFunction(fn) } or another target, got none'],
    ['a topic as the target', (stack) => ({ target: new sns.Topic(stack, 'Topic') }), 'target: expected a target of aws-events-targets, such as new targets.LambdaFunction(fn), got an object of class Topic'],
    ['a source', () => ({ eventPattern: { source: ['acme'] } }), 'eventPattern.source: expected none, since this method sets it, got ["acme"]; for other events make an events.Rule'],
    ['a type', () => ({ eventPattern: { detailType: ['x'] } }), 'eventPattern.detailType: expected none, since this method sets it, got ["x"]'],
    ['a pattern that is none', () => ({ eventPattern: 'x' }), 'eventPattern: expected an event pattern, such as'],
    ['a misspelled option', () => ({ eventPatern: {} }), 'eventPatern: expected only target, description, ruleName, eventPattern, crossStackScope; did you mean eventPattern?'],
    ['an option of events.Rule', (stack) => ({ eventBus: new events.EventBus(stack, 'Bus') }), 'eventBus: expected only target'],
    ['the name of a stack', () => ({ crossStackScope: 'Other' }), 'crossStackScope: expected a construct, such as the Stack of the target, got "Other"'],
    ['a pattern of a field at the top', () => ({ eventPattern: { owner: ['ann'] } }), 'eventPattern.owner: expected only version, id, account, time, region, resources, source, detailType, detail; did you mean eventPattern.detail.video.owner?'],
    ['a pattern of a field of the video beside it', () => ({ eventPattern: { detail: { owner: ['ann'] } } }), 'eventPattern.detail.owner: expected only eventId, version, video; did you mean eventPattern.detail.video.owner?'],
    ['a pattern of a misspelled field', () => ({ eventPattern: { detail: { video: { titel: ['a'] } } } }), 'eventPattern.detail.video.titel: expected only videoId, title, tags, visibility, owner, status, progress, createdAt, updatedAt, publishedAt, durationSeconds, width, height, renditions, error, attempt; did you mean eventPattern.detail.video.title?'],
    ['a pattern of what no event has', () => ({ eventPattern: { detail: { video: { description: ['a'] } } } }), 'eventPattern.detail.video.description: expected only videoId, title,'],
    ['a pattern of a value that no event has', () => ({ eventPattern: { detail: { video: { error: { code: ['too_big'] } } } } }), 'eventPattern.detail.video.error.code[0]: expected one of not_a_video,'],
    ['a value instead of a list', () => ({ eventPattern: { detail: { video: { owner: 'ann' } } } }), 'eventPattern.detail.video.owner: expected a list of 1 or more, got "ann"'],
    ['a list instead of fields', () => ({ eventPattern: { detail: { video: ['x'] } } }), 'eventPattern.detail.video: expected an object with patterns of videoId, title,'],
    ['an alternative that matches nothing', () => ({ eventPattern: { detail: { $or: [{ version: [1] }, { video: { tag: ['a'] } }] } } }), 'eventPattern.detail.$or[1].video.tag: expected only videoId, title,'],
    ['one alternative', () => ({ eventPattern: { detail: { $or: [{ version: [1] }] } } }), 'eventPattern.detail.$or: expected a list of 2 or more'],
    ['an account that is no list', () => ({ eventPattern: { account: '123456789012' } }), 'eventPattern.account: expected a list of 1 or more'],
  ])('start nothing by a rule with %s', (_, optionsOf, expected) => {
    const { stack, catalog } = synth();
    expect(() => catalog.onVideoReady('Told', optionsOf(stack))).toThrow(`Test/Catalog: rule "Told": ${expected}`);
  });
});
