import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { VodCatalog, VodCatalogOptions } from '../../../src';
import { VIDEO_EVENTS, VideoEventType } from '../../../src/contract/events';
import { environmentOf, functionOf } from '../../toolkit/functions';
import { catalogIn, ENV, SERVICE_URL, templateOf, testStack, vodIn } from '../../toolkit/stacks';
import { ofType, plain, waitsFor, withoutHash } from '../../toolkit/template';

function synth(options?: (stack: Stack) => VodCatalogOptions) {
  const stack = testStack();
  const catalog = catalogIn(stack, options?.(stack));
  return { stack, catalog };
}

const methodOf = (type: VideoEventType) => `onVideo${type.slice('video.'.length).replace(/^./, (letter) => letter.toUpperCase())}` as keyof VodCatalog & `onVideo${string}`;

describe('events of a catalog', () => {
  test.each(Object.keys(VIDEO_EVENTS) as VideoEventType[])('an event of the type %s invokes a target', (type) => {
    const { stack, catalog } = synth();
    const topic = new sns.Topic(stack, 'Topic');
    const rule = catalog[methodOf(type)]('Told', { target: new targets.SnsTopic(topic), description: 'Tells people', eventPattern: { detail: { video: { owner: ['ann'] } } } });
    expect(rule.node.path).toBe('Test/Catalog/Rules/Told');
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      Description: 'Tells people',
      EventBusName: { Ref: Match.stringLikeRegexp('^CatalogEventsBus') },
      EventPattern: { 'source': ['serverless-vod'], 'detail-type': [type], 'resources': [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^CatalogTable'), 'Arn'] }], 'detail': { video: { owner: ['ann'] } } },
      Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^Topic') } })],
    });
  });

  test('accepts a rule without a target, and a rule in another stack', () => {
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
  ])('events can be filtered %s', (_, eventPattern) => {
    const { catalog } = synth();
    expect(() => catalog.onVideoReady('Told', { eventPattern })).not.toThrow();
  });

  test('sends events to an existing bus', () => {
    const { stack, catalog } = synth((scope) => ({ eventBus: events.EventBus.fromEventBusName(scope, 'Mine', 'mine') }));
    expect(catalog.eventBus.eventBusName).toBe('mine');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Events::EventBus', 0);
    expect(environmentOf(template, 'catalog/publish-events')).toMatchObject({ EVENT_BUS_NAME: 'mine' });
  });

  test('events of two services on one bus have different tables in their resources', () => {
    const stack = testStack();
    const eventBus = new events.EventBus(stack, 'Bus');
    const tableArn = 'arn:aws:dynamodb:us-east-1:123456789012:table/mine';
    const table = dynamodb.Table.fromTableAttributes(stack, 'Mine', { tableArn, tableStreamArn: `${tableArn}/stream/1` });
    for (const [id, options] of Object.entries({ One: {}, Two: { table } })) {
      const catalog = new VodCatalog(new Construct(stack, id), 'Catalog', { url: SERVICE_URL, eventBus, ...options });
      catalog.onVideoReady('Told', { target: new targets.SqsQueue(new sqs.Queue(stack, `${id}Queue`)) });
    }
    const template = templateOf(stack);
    const heard = Object.fromEntries(ofType(template, 'AWS::Events::Rule').map(({ id, properties }) => [withoutHash(id), plain(properties.EventPattern.resources)]));
    expect(heard).toEqual({ OneCatalogRulesTold: ['OneCatalogTable.Arn'], TwoCatalogRulesTold: [tableArn] });
    const about = ofType(template, 'AWS::Lambda::Function').filter(({ id }) => /(Publish|Resend)Events/.test(id)).map(({ properties }) => plain(properties.Environment.Variables.TABLE_ARN));
    expect(about.sort()).toEqual(['OneCatalogTable.Arn', 'OneCatalogTable.Arn', tableArn, tableArn]);
  });

  test('the publisher depends on the rules of a new bus, and targets can use the service URL and read videos', () => {
    const stack = testStack();
    const { catalog, url } = vodIn(stack);
    const handler = new lambda.Function(stack, 'Handler', {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('-'), environment: { URL: url },
    });
    catalog.grantReadVideos(handler);
    catalog.onVideoReady('Told', { target: new targets.LambdaFunction(handler) });
    const template = templateOf(stack);
    const before = waitsFor(template, functionOf(template, 'catalog/publish-events').id);
    const needed = ['AWS::Events::Rule', 'AWS::Lambda::Permission'].flatMap((type) => ofType(template, type).map(({ id }) => id)).filter((id) => id.startsWith('VodCatalogRules'));
    expect(needed).toHaveLength(2);
    expect(needed.filter((id) => !before.has(id))).toEqual([]);
  });

  test.each(['Events', 'Table', 'ReadVideos'])('accepts a rule with the id %s', (id) => {
    const { catalog } = synth();
    expect(catalog.onVideoReady(id, {}).node.id).toBe(id);
  });

  test('rejects an event bus of another type', () => {
    expect(() => synth((scope) => ({ eventBus: new sns.Topic(scope, 'Topic') as any }))).toThrow('eventBus: expected an event bus, such as an events.EventBus, got');
  });

  test.each([
    ['region', 'arn:aws:events:eu-west-1:123456789012:event-bus/mine', 'a bus in the stack\'s region us-east-1, got a bus in the region eu-west-1'],
    ['account', 'arn:aws:events:us-east-1:999999999999:event-bus/mine', 'a bus of the stack\'s account 123456789012, got a bus of the account 999999999999'],
  ])('rejects a bus in another %s', (_, arn, expected) => {
    const stack = testStack({ env: ENV });
    const eventBus = events.EventBus.fromEventBusArn(stack, 'Mine', arn);
    expect(() => catalogIn(stack, { eventBus })).toThrow(`Test/Catalog: eventBus: expected ${expected}`);
    expect(() => vodIn(stack, { catalog: { eventBus } })).toThrow(`Test/Vod/Catalog: catalog.eventBus: expected ${expected}`);
  });

  test.each<[string, (stack: Stack) => any, string]>([
    ['no options', () => undefined, 'options: expected { target: new targets.LambdaFunction(fn) } or another target, got none'],
    ['a topic as the target', (stack) => ({ target: new sns.Topic(stack, 'Topic') }), 'target: expected a target of aws-events-targets, such as new targets.LambdaFunction(fn), got an object of class Topic'],
    ['a source', () => ({ eventPattern: { source: ['acme'] } }), 'eventPattern.source: expected no value, because this method sets the field, got ["acme"]. For other events, create an events.Rule'],
    ['a type', () => ({ eventPattern: { detailType: ['x'] } }), 'eventPattern.detailType: expected no value, because this method sets the field, got ["x"]'],
    ['a table', () => ({ eventPattern: { resources: ['arn:x'] } }), 'eventPattern.resources: expected no value, because this method sets the field, got ["arn:x"]'],
    ['a string as pattern', () => ({ eventPattern: 'x' }), 'eventPattern: expected an event pattern, such as'],
    ['a misspelled option', () => ({ eventPatern: {} }), 'eventPatern: expected only target, description, ruleName, eventPattern, crossStackScope; did you mean eventPattern?'],
    ['an option of events.Rule', (stack) => ({ eventBus: new events.EventBus(stack, 'Bus') }), 'eventBus: expected only target'],
    ['the name of a stack', () => ({ crossStackScope: 'Other' }), 'crossStackScope: expected a construct, such as the Stack of the target, got "Other"'],
    ['a pattern of a field at the top', () => ({ eventPattern: { owner: ['ann'] } }), 'eventPattern.owner: expected only version, id, account, time, region, resources, source, detailType, detail; did you mean eventPattern.detail.video.owner?'],
    ['a pattern of a field of the video beside it', () => ({ eventPattern: { detail: { owner: ['ann'] } } }), 'eventPattern.detail.owner: expected only eventId, version, video; did you mean eventPattern.detail.video.owner?'],
    ['a pattern of a misspelled field', () => ({ eventPattern: { detail: { video: { titel: ['a'] } } } }), 'eventPattern.detail.video.titel: expected only videoId, title, tags, visibility, owner, status, progress, createdAt, updatedAt, publishedAt, publishAt, unpublishAt, durationSeconds, width, height, renditions, error, attempt; did you mean eventPattern.detail.video.title?'],
    ['a pattern of a field that no event has', () => ({ eventPattern: { detail: { video: { description: ['a'] } } } }), 'eventPattern.detail.video.description: expected only videoId, title,'],
    ['a pattern of a value that no event has', () => ({ eventPattern: { detail: { video: { error: { code: ['too_big'] } } } } }), 'eventPattern.detail.video.error.code[0]: expected one of not_a_video,'],
    ['a value instead of a list', () => ({ eventPattern: { detail: { video: { owner: 'ann' } } } }), 'eventPattern.detail.video.owner: expected a list of 1 or more items, got "ann"'],
    ['a list instead of fields', () => ({ eventPattern: { detail: { video: ['x'] } } }), 'eventPattern.detail.video: expected an object with patterns for the fields videoId, title,'],
    ['an alternative that matches nothing', () => ({ eventPattern: { detail: { $or: [{ version: [1] }, { video: { tag: ['a'] } }] } } }), 'eventPattern.detail.$or[1].video.tag: expected only videoId, title,'],
    ['one alternative', () => ({ eventPattern: { detail: { $or: [{ version: [1] }] } } }), 'eventPattern.detail.$or: expected a list of 2 or more'],
    ['an account that is no list', () => ({ eventPattern: { account: '123456789012' } }), 'eventPattern.account: expected a list of 1 or more items'],
  ])('rejects a rule with %s', (_, optionsOf, expected) => {
    const { stack, catalog } = synth();
    expect(() => catalog.onVideoReady('Told', optionsOf(stack))).toThrow(`Test/Catalog: rule "Told": ${expected}`);
  });
});
