import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IVodCatalog } from './catalog';
import { connectionsOf, grantReadVideos } from './catalog-connections';
import { EventPublishing } from './events/event-publishing';
import { eventBusProblems } from './events/existing-event-bus';
import { ImportedCatalog, VodCatalogAttributes } from './imported-catalog';
import { makeTable } from './make-table';
import { serveArea } from '../api/serve-area';
import type { VodApi } from '../api/vod-api';
import type { VideoEventType } from '../contract/events';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import type { Connection } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { checkStream, checkTable, checkTableKey, streamProblems, tablePlaceProblems } from '../synth/existing-table';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { connect, HandlerFunction, handlerFunction } from '../synth/handler-function';
import { originProblem } from '../synth/origin';
import { booleanProblem, keyProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';
import { checkSoleUse, markUse } from '../synth/sole-use';

/** Options for the catalog. */
export interface VodCatalogOptions {
  /**
   * An existing table in the stack's region.
   *
   * The table needs the partition key `pk`, the sort key `sk`, and a stream with new and old images. The keys of the table and of its indexes must be strings.
   * If the table is defined in this app, its keys, indexes and stream are checked at synth.
   *
   * The table needs four indexes that project at least the keys: `byOwner` (`owner`, `videoId`), `byOwnerStage` (`owner`, `stageKey`), `byPublication`
   * (`listedFor`, `listedAt`) and `byDue` (`dueShard`, `dueAt`). The table also needs the index `spare` (`spareKey`, `spareSort`), which must project all
   * attributes.
   *
   * If the table has a customer managed KMS key, the functions get permission to use the key. The key also encrypts the failed events bucket.
   *
   * @default - a new `TableV2` without replicas, with on-demand billing, point-in-time recovery, and encryption with a key that DynamoDB owns
   */
  readonly table?: dynamodb.ITable;

  /**
   * An existing event bus for the events of videos, in the stack's region and account.
   *
   * Check the name of an imported bus: if no bus has this name, EventBridge accepts the events and drops them without an error. To change the bus of a
   * deployed service, see docs/events.md.
   *
   * @default - a new event bus
   */
  readonly eventBus?: events.IEventBus;

  /**
   * Whether deletion protection is on for the new table. Has no effect on an existing table.
   *
   * Turn the protection on after the first deployment has succeeded. If the first deployment fails, the rollback cannot delete a protected table.
   *
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for the Lambda functions of the catalog.
   *
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * The removal policy of the new table and of the failed events bucket. Has no effect on an existing table.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties for `VodCatalog`. */
export interface VodCatalogProps extends VodCatalogOptions {
  /** The service URL that users open: `https://` and a host name, without a slash at the end. Every construct that uses this catalog uses this URL. */
  readonly url: string;

  /**
   * The roles of users. Every construct that uses this catalog uses these roles.
   *
   * If your app has a `VodAuth`, pass the `roles` property of the `VodAuth`.
   *
   * @default - all signed-in users can upload and watch
   */
  readonly roles?: VodRoles;
}

export const CATALOG_OPTIONS: Record<keyof VodCatalogOptions, true> = {
  table: true, eventBus: true, deletionProtection: true, functions: true, removalPolicy: true,
};

/**
 * Stores the videos, serves the routes that read and edit videos, and publishes the events of videos.
 *
 * @example
 * declare const api: VodApi;
 * const catalog = new VodCatalog(this, 'Catalog', { url: 'https://videos.example.com' });
 * catalog.addRoutes(api);
 */
export class VodCatalog extends Construct implements IVodCatalog {
  /**
   * Imports a catalog that another stack or app created, so that constructs of this stack can use the catalog.
   *
   * An imported catalog has no event bus and no methods such as `onVideoReady`. To receive the events of an imported catalog, see docs/events.md,
   * "Another stack or app".
   *
   * @param scope the parent construct
   * @param id the construct id
   * @param attributes the attributes of the catalog
   *
   * @example
   * const catalog = VodCatalog.fromTable(this, 'Catalog', {
   *   table: dynamodb.Table.fromTableName(this, 'Table', 'Videos-VodCatalogTable-EXAMPLE'),
   *   url: 'https://videos.example.com',
   *   roles: { uploaders: Access.group('uploaders'), admins: Access.group('admins') },
   * });
   * new VodUpload(this, 'Upload', { catalog });
   */
  public static fromTable(scope: Construct, id: string, attributes: VodCatalogAttributes): IVodCatalog {
    return new ImportedCatalog(scope, id, attributes);
  }

  /** The roles of users. */
  public readonly roles: VodRoles;
  /** The service URL that users open. */
  public readonly url: string;
  /** The table that stores the videos. */
  public readonly table: dynamodb.ITable;
  /** The event bus to which the events of videos are sent. */
  public readonly eventBus: events.IEventBus;
  /** The bucket for failed event records. If the events of a stream record cannot be sent, the record is stored in this bucket. */
  public readonly failedEventsBucket: s3.Bucket;
  /** The function that publishes an event for each change of a video. */
  public readonly publishEventsFunction: lambda.Function;
  /** The function that sends events of videos again. An operator invokes the function manually (see docs/operations.md). */
  public readonly resendEventsFunction: lambda.Function;
  /** The function that lists videos and returns one video. */
  public readonly readVideosFunction: lambda.Function;

  /** The function that edits videos. */
  public readonly editVideosFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  /** @internal */
  public _hasPosters = false;

  private readonly events: EventPublishing;
  private readonly reader: HandlerFunction<'catalog/read-videos'>;

  constructor(scope: Construct, id: string, props: VodCatalogProps) {
    super(checkedScope(scope, id, props), id);
    const prop = propName(this, 'table');
    throwIfAny(this, [
      keyProblem<VodCatalogProps>('', props, { ...CATALOG_OPTIONS, url: true, roles: true }),
      originProblem('url', props.url), ...rolesProblems(props.roles), ...functionProblems(this, props.functions),
      removalPolicyProblem('removalPolicy', props.removalPolicy), booleanProblem('deletionProtection', props.deletionProtection),
      ...tablePlaceProblems(this, prop, props.table), ...streamProblems(this, prop, props.table),
      ...eventBusProblems(this, propName(this, 'eventBus'), props.eventBus),
    ]);
    useFunctionOptions(this, props.functions);
    this.roles = props.roles ?? {};
    this.url = props.url;
    this.table = props.table ?? makeTable(this, props);
    if (props.table) checkTable(this, prop, props.table);
    checkTableKey(this, prop, this.table);
    checkStream(this, prop, this.table);
    checkSoleUse(this, prop, 'events', this.table, 'With a shared table, each service would publish events for the videos of both services');
    const { edit, list, roles, view } = connectionsOf(this);
    this.readVideosFunction = this.reader = handlerFunction(this, 'ReadVideos', 'catalog/read-videos', {
      description: 'Lists videos and returns one video',
      uses: [list, view],
      environment: {},
    });
    this.editVideosFunction = handlerFunction(this, 'EditVideos', 'catalog/edit-videos', {
      description: 'Edits the texts and the visibility of videos',
      uses: [edit, roles],
      environment: {},
    });
    this.events = new EventPublishing(this, 'Events', {
      catalog: this, eventBus: props.eventBus, removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY,
    });
    const { eventBus, failedEventsBucket, publishEventsFunction, resendEventsFunction } = this.events;
    this.eventBus = eventBus;
    this.failedEventsBucket = failedEventsBucket;
    markUse(this, 'failed events', failedEventsBucket);
    this.publishEventsFunction = publishEventsFunction;
    this.resendEventsFunction = resendEventsFunction;
    this._area = {
      handlers: {
        'catalog/read-videos': this.readVideosFunction,
        'catalog/edit-videos': this.editVideosFunction,
        'catalog/publish-events': publishEventsFunction,
        'catalog/resend-events': resendEventsFunction,
      },
      deadLetterQueues: [],
    };
  }

  /**
   * Adds the routes that read and edit videos.
   *
   * @param api the API to which the routes are added
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.roles);
  }

  /** Adds the signed URLs of poster images to the responses. @internal */
  public _signPosters(signing: Connection<'SIGNING_KEYS'>): void {
    this._hasPosters = true;
    connect(this.reader, signing);
  }

  /**
   * Grants permission to read a video by its id.
   *
   * The grant allows `dynamodb:GetItem` on the table. If the table has a customer managed KMS key, the grant also allows `kms:Decrypt` on the key.
   *
   * The row of a video has `pk` = `video#{videoId}` and `sk` = `video`. A second row with the same `pk` and with `sk` = `details` contains the description and
   * the metadata. A video without description and metadata has no `details` row.
   *
   * @param grantee the principal to grant access to
   */
  public grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return grantReadVideos(this, grantee);
  }

  /**
   * Adds a rule that invokes a target when a video is created, before its source file is uploaded.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoCreated(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.created', options);
  }

  /**
   * Adds a rule that invokes a target when the source of a video was uploaded, or when a failed transcode is retried.
   *
   * `detail.video.attempt` is 1 after an upload and higher after a retry.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoUploaded(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.uploaded', options);
  }

  /**
   * Adds a rule that invokes a target when the MediaConvert job of a video was submitted.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoProcessing(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.processing', options);
  }

  /**
   * Adds a rule that invokes a target when a check of your app holds back a transcoded video. This version of the library never sends the event.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoHeld(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.held', options);
  }

  /**
   * Adds a rule that invokes a target when a video is ready to be watched.
   *
   * If the `publishAt` of the video is in the future, viewers cannot watch the video yet, and `detail.video` has no `publishedAt`.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoReady(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.ready', options);
  }

  /**
   * Adds a rule that invokes a target when a ready video is published: at its `publishAt`, or by an edit of its publication times. At `publishAt`, the event is
   * sent up to 15 minutes late.
   *
   * A video that is published when it becomes ready causes only the event of `onVideoReady`.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoPublished(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.published', options);
  }

  /**
   * Adds a rule that invokes a target when a published video is hidden from viewers: at its `unpublishAt`, or by an edit of its publication times. At
   * `unpublishAt`, the event is sent up to 15 minutes late.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoUnpublished(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.unpublished', options);
  }

  /**
   * Adds a rule that invokes a target when the status of a video changes to `errored`. `detail.video.error` contains the code and the message.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoErrored(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.errored', options);
  }

  /**
   * Adds a rule that invokes a target when a user has edited a video.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoUpdated(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.updated', options);
  }

  /**
   * Adds a rule that invokes a target when a retention rule will soon delete a video. This version of the library never sends the event.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoExpiring(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.expiring', options);
  }

  /**
   * Adds a rule that invokes a target when a video is hidden and its deletion has started. In this version, only the abort of an upload causes the event.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoDeleting(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.deleting', options);
  }

  /**
   * Adds a rule that invokes a target when a video was completely deleted. In this version, only an upload that expired or was aborted causes the event.
   *
   * @param id construct id of the rule, unique among the rules of this catalog
   * @param options the target and other options of the rule
   */
  public onVideoDeleted(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.deleted', options);
  }

  private on(id: string, type: VideoEventType, options: events.OnEventOptions): events.Rule {
    return this.events.addRule(id, type, options);
  }
}
