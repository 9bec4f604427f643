import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import { VodCatalog, VodCatalogOptions } from '../../../src';
import { VIDEO_EVENTS, VideoEventType } from '../../../src/contract/events';
import { environmentOf } from '../../toolkit/functions';
import { catalogIn, testStack } from '../../toolkit/stacks';

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

  test('go to a bus of one\'s own', () => {
    const { stack, catalog } = synth((scope) => ({ eventBus: events.EventBus.fromEventBusName(scope, 'Mine', 'mine') }));
    expect(catalog.eventBus.eventBusName).toBe('mine');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Events::EventBus', 0);
    expect(environmentOf(template, 'catalog/publish-events')).toEqual({ EVENT_BUS_NAME: 'mine' });
  });

  test('go nowhere but to a bus', () => {
    expect(() => synth((scope) => ({ eventBus: new sns.Topic(scope, 'Topic') as any }))).toThrow('eventBus: expected an event bus, such as an events.EventBus, got');
  });
});
