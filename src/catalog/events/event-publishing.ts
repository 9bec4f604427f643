import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ruleProblems } from './rule-options';
import { EVENT_SOURCE, VideoEventType } from '../../contract/events';
import { videoKey } from '../../contract/table';
import { acknowledge, acknowledgeWildcard } from '../../synth/acknowledge';
import { connection, permission } from '../../synth/connection';
import { throwIfAny } from '../../synth/errors';
import { bucketKey, checkBucket } from '../../synth/existing-bucket';
import { globalName } from '../../synth/global-name';
import { handlerFunction } from '../../synth/handler-function';
import { grantKey, targetKey } from '../../synth/kms-keys';
import { rejectLateKey } from '../../synth/late-keys';
import { privateBucket } from '../../synth/private-bucket';
import { show } from '../../synth/prop-checks';
import { propName } from '../../synth/prop-paths';
import type { IVodCatalog } from '../catalog';
import { connectionsOf } from '../catalog-connections';

export interface EventPublishingProps {
  readonly catalog: IVodCatalog;
  /** @default - a new event bus */
  readonly eventBus?: events.IEventBus;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * After this time, Lambda moves a failing stream record to the failed events bucket, so that the record no longer blocks later records. DynamoDB deletes stream
 * records after 24 hours.
 */
const MAX_RECORD_AGE = Duration.hours(1);
const FAILED_EVENTS_EXPIRE = Duration.days(90);

export class EventPublishing extends Construct {
  public readonly eventBus: events.IEventBus;
  public readonly failedEventsBucket: s3.Bucket;
  public readonly publishEventsFunction: lambda.Function;
  public readonly resendEventsFunction: lambda.Function;

  private readonly catalog: IVodCatalog;
  /** The scope of the rules. Your app chooses the ids of the rules. A separate scope prevents conflicts with other construct ids. */
  private readonly rules: Construct;

  constructor(scope: Construct, id: string, { catalog, eventBus, removalPolicy }: EventPublishingProps) {
    super(scope, id);
    this.catalog = catalog;
    this.rules = new Construct(scope, 'Rules');
    this.eventBus = eventBus ?? this.makeBus();
    this.failedEventsBucket = this.makeBucket(catalog, removalPolicy);
    const send = connection({
      environment: { EVENT_BUS_NAME: this.eventBus.eventBusName, TABLE_ARN: catalog.table.tableArn },
      grant: permission(['events:PutEvents'], [this.eventBus.eventBusArn]).grant,
    });
    const failed = connection({
      environment: { FAILED_EVENTS_BUCKET: this.failedEventsBucket.bucketName },
      grant: permission(['s3:ListBucket'], [this.failedEventsBucket.bucketArn]).grant,
    });

    const { stream, scan } = connectionsOf(catalog);
    this.publishEventsFunction = handlerFunction(this, 'PublishEvents', 'catalog/publish-events', {
      description: 'Publishes an event for each change of a video',
      // If a batch fails, Lambda uses the function's role to list and write objects in the failed events bucket.
      uses: [stream, send, failed, this.objects(catalog, 'kms:GenerateDataKey', 's3:PutObject')],
      environment: {},
    });
    acknowledgeWildcard(this.publishEventsFunction.role!, '*', 'dynamodb:ListStreams has no resource');
    this.readStream(this.publishEventsFunction, catalog.table);

    this.resendEventsFunction = handlerFunction(this, 'ResendEvents', 'catalog/resend-events', {
      description: 'Sends events of videos again on request',
      timeout: Duration.minutes(5),
      uses: [scan, send, failed, this.objects(catalog, 'kms:Decrypt', 's3:GetObject', 's3:DeleteObject')],
      environment: {},
    });
  }

  public addRule(id: string, type: VideoEventType, given: events.OnEventOptions): events.Rule {
    throwIfAny(this.catalog, ruleProblems(given).map((problem) => problem && `rule ${show(id)}: ${problem}`));
    const { crossStackScope, target, ...options } = given;
    const rule = new events.Rule(crossStackScope ?? this.rules, id, { ...options, eventBus: this.eventBus });
    rule.addEventPattern({ source: [EVENT_SOURCE], detailType: [type], resources: [this.catalog.table.tableArn] });
    rule.addTarget(target);
    // The function must not send events to a new bus before the rules of the new bus exist. A rule in another stack can't be a dependency, because the stack of
    // the rule is deployed after the stack of the bus.
    if (Stack.of(rule) === Stack.of(this)) this.publishEventsFunction.node.defaultChild!.node.addDependency(rule);
    return rule;
  }

  private readStream(fn: lambda.Function, { tableStreamArn }: dynamodb.ITable): void {
    fn.addEventSourceMapping('Stream', {
      eventSourceArn: tableStreamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      filters: [lambda.FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: [videoKey('').sk] } } } })],
      batchSize: 100,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      maxRecordAge: MAX_RECORD_AGE,
      // With two concurrent batches, a failing batch does not block all videos. Lambda keeps the changes of one video in order.
      parallelizationFactor: 2,
      // CDK's class `S3OnFailureDestination` would also grant permission to read and delete objects.
      onFailure: { bind: () => ({ destination: this.failedEventsBucket.bucketArn }) },
    });
  }

  private objects(catalog: IVodCatalog, keyAction: string, ...actions: string[]) {
    const objects = this.failedEventsBucket.arnForObjects('*');
    acknowledgeWildcard(this, objects, 'Lambda generates the names of the objects');
    return connection({
      environment: {},
      grant: (grantee) => {
        iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [objects] });
        grantKey(catalog, bucketKey(propName(catalog, 'table'), this.failedEventsBucket), grantee, [keyAction]);
      },
    });
  }

  private makeBus(): events.EventBus {
    const bus = new events.EventBus(this, 'Bus', { eventBusName: globalName(this, 'vod') });
    rejectLateKey(bus, 'kmsKeyIdentifier', 'Pass new events.EventBus(this, \'Bus\', { kmsKey }) as catalog.eventBus. Or change the aspect that sets the key, so that it does not change the event bus of the service. EventBridge drops events if the policy of the key does not allow EventBridge to use the key');
    return bus;
  }

  /** The failed events bucket contains rows of the table, so the KMS key of the table also encrypts the bucket. */
  private makeBucket({ table }: IVodCatalog, removalPolicy: RemovalPolicy): s3.Bucket {
    acknowledge(this, { 'AwsSolutions-S1': 'only Lambda writes to the bucket, and only one function reads it' });
    const bucket = privateBucket(this, 'FailedEvents', {
      encryptionKey: targetKey(table.encryptionKey),
      removalPolicy,
      lifecycleRules: [{ id: 'ExpireFailedEvents', expiration: FAILED_EVENTS_EXPIRE }],
    });
    checkBucket(this, 'failedEventsBucket', bucket, { keyRemedy: 'The bucket must use the key of the catalog\'s table. If an aspect sets another key, exclude the bucket from the aspect' });
    return bucket;
  }
}
