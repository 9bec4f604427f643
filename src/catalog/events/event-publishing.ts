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

/** What the events of a catalog are made from. */
export interface EventPublishingProps {
  readonly catalog: IVodCatalog;
  /** @default - a bus of its own */
  readonly eventBus?: events.IEventBus;
  /** Of the bucket for records that could not be handled. */
  readonly removalPolicy: RemovalPolicy;
}

/** DynamoDB keeps a record for 24 hours. What fails for an hour is set aside in S3, so that it does not hold up the changes behind it any longer. */
const MAX_RECORD_AGE = Duration.hours(1);
/** Long enough to notice and to send them again. */
const FAILED_EVENTS_EXPIRE = Duration.days(90);

/** The events of a catalog's videos: each change of a row, read from the table's stream, becomes events on a bus. */
export class EventPublishing extends Construct {
  public readonly eventBus: events.IEventBus;
  public readonly failedEventsBucket: s3.Bucket;
  public readonly publishEventsFunction: lambda.Function;
  public readonly resendEventsFunction: lambda.Function;

  private readonly catalog: IVodCatalog;
  /** Ids of rules are the user's: none of them meets one of ours. */
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
      description: 'Makes events of the changes of videos',
      // Lambda puts there what it gives up, by the function's own role, after it has listed the bucket to learn whether it is there.
      uses: [stream, send, failed, this.objects(catalog, 'kms:GenerateDataKey', 's3:PutObject')],
      environment: {},
    });
    acknowledgeWildcard(this.publishEventsFunction.role!, '*', 'dynamodb:ListStreams has no resource');
    this.readStream(this.publishEventsFunction, catalog.table);

    this.resendEventsFunction = handlerFunction(this, 'ResendEvents', 'catalog/resend-events', {
      description: 'Sends events of videos once more, when a person asks for it',
      timeout: Duration.minutes(5),
      uses: [scan, send, failed, this.objects(catalog, 'kms:Decrypt', 's3:GetObject', 's3:DeleteObject')],
      environment: {},
    });
  }

  /** Adds a rule for one type of event of this catalog. */
  public addRule(id: string, type: VideoEventType, given: events.OnEventOptions): events.Rule {
    throwIfAny(this.catalog, ruleProblems(given).map((problem) => problem && `rule ${show(id)}: ${problem}`));
    const { crossStackScope, target, ...options } = given;
    const rule = new events.Rule(crossStackScope ?? this.rules, id, { ...options, eventBus: this.eventBus });
    rule.addEventPattern({ source: [EVENT_SOURCE], detailType: [type], resources: [this.catalog.table.tableArn] });
    rule.addTarget(target);
    // Else, when the bus is changed, events go to the new one before its rules are there. A rule of another stack comes after this one.
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
      // Changes of one video stay in order; those of others go on beside a batch that fails.
      parallelizationFactor: 2,
      // CDK's destination would grant reading and deleting too.
      onFailure: { bind: () => ({ destination: this.failedEventsBucket.bucketArn }) },
    });
  }

  /** Actions on the objects of failed records, and on the customer's key that encrypts them, which is the table's. */
  private objects(catalog: IVodCatalog, keyAction: string, ...actions: string[]) {
    const objects = this.failedEventsBucket.arnForObjects('*');
    acknowledgeWildcard(this, objects, 'Lambda makes up the names of the objects');
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
    rejectLateKey(bus, 'kmsKeyIdentifier', 'EventBridge would drop events unless the key\'s policy lets it in; give a bus of your own, new events.EventBus(this, \'Bus\', { kmsKey }), as catalog.eventBus, or leave the bus out of the aspect');
    return bus;
  }

  /** It holds rows of the table, and so is encrypted with the table's key. */
  private makeBucket({ table }: IVodCatalog, removalPolicy: RemovalPolicy): s3.Bucket {
    acknowledge(this, { 'AwsSolutions-S1': 'Lambda writes it and one function reads it' });
    const bucket = privateBucket(this, 'FailedEvents', {
      encryptionKey: targetKey(table.encryptionKey),
      removalPolicy,
      lifecycleRules: [{ id: 'ExpireFailedEvents', expiration: FAILED_EVENTS_EXPIRE }],
    });
    checkBucket(this, 'failedEventsBucket', bucket, { keyRemedy: 'Exclude the bucket from the aspect: it has the key of the catalog\'s table' });
    return bucket;
  }
}
