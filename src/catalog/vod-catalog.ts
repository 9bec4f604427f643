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
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { checkStream, checkTable, checkTableKey, streamProblems, tablePlaceProblems } from '../synth/existing-table';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { originProblem } from '../synth/origin';
import { booleanProblem, keyProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';
import { checkSoleUse } from '../synth/sole-use';

/** What may be tuned of the catalog. */
export interface VodCatalogOptions {
  /**
   * A table of your own, in the stack's region: string keys `pk` and `sk`; a stream with new and old images; the indexes `byOwner` (`owner`,
   * `videoId`), `byOwnerStage` (`owner`, `stageKey`), `byPublication` (`listedFor`, `listedAt`) and `byDue` (`dueShard`, `dueAt`), projecting keys
   * at least, and `spare` (`spareKey`, `spareSort`), projecting everything; all keys are strings. A table that this app makes is checked at synth;
   * the functions are granted its KMS key, if it has one of yours, and the bucket of failed events is encrypted with it.
   * @default - a global table of one region, on demand, with point-in-time recovery, encrypted with a key that DynamoDB owns
   */
  readonly table?: dynamodb.ITable;

  /**
   * An event bus of your own for the events of videos, in the stack's region and account. Check the name of an imported bus: EventBridge accepts
   * events for a name without a bus and drops them, so nothing fails. docs/events.md says how to change the bus of a service that runs.
   * @default - a bus of its own
   */
  readonly eventBus?: events.IEventBus;

  /**
   * Whether DynamoDB refuses to delete the table. Turn it on after the first deployment has succeeded: the rollback of one that fails can't delete a
   * protected table. Has no effect on a table of your own.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;

  /**
   * What happens to the table, and to the bucket of failed events, when the stack is deleted. Has no effect on a table of your own.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of `VodCatalog`. */
export interface VodCatalogProps extends VodCatalogOptions {
  /** The address that people use, `https://…` without a slash at its end, here and in every area that is given this catalog. */
  readonly url: string;

  /**
   * Who may do what, here and in every area that is given this catalog. `VodAuth` has it as `roles`.
   * @default - everyone signed in may upload and watch
   */
  readonly roles?: VodRoles;
}

/** Every option. */
export const CATALOG_OPTIONS: Record<keyof VodCatalogOptions, true> = {
  table: true, eventBus: true, deletionProtection: true, functions: true, removalPolicy: true,
};

/**
 * The catalog: the table of videos, and who may see which of them.
 *
 * @example
 * declare const api: VodApi;
 * const catalog = new VodCatalog(this, 'Catalog', { url: 'https://videos.example.com' });
 * catalog.addRoutes(api);
 */
export class VodCatalog extends Construct implements IVodCatalog {
  /**
   * A catalog that another stack or app made, for areas of this stack.
   *
   * It has no event bus and no `onVideoReady`: docs/events.md, "Another stack or app", says how to hear its events.
   *
   * @param scope where to add it
   * @param id its name there
   * @param attributes what is known of it
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

  /** Who may do what. Areas that are given this catalog take the roles from here. */
  public readonly roles: VodRoles;
  /** The address that people use. Areas that are given this catalog take it from here. */
  public readonly url: string;
  /** One item a video. */
  public readonly table: dynamodb.ITable;
  /** Where the events of videos are sent. */
  public readonly eventBus: events.IEventBus;
  /** Changes of videos whose events could not be sent: Lambda puts them there, `resendEventsFunction` sends them. */
  public readonly failedEventsBucket: s3.Bucket;
  /** Makes events of the changes of videos. */
  public readonly publishEventsFunction: lambda.Function;
  /** Sends events of videos once more. A person calls it: docs/operations.md says how. */
  public readonly resendEventsFunction: lambda.Function;
  /** Lists videos and shows one. */
  public readonly readVideosFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  private readonly events: EventPublishing;

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
    checkSoleUse(this, prop, 'events', this.table, 'publish events of the videos of both');
    const { list, view } = connectionsOf(this);
    this.readVideosFunction = handlerFunction(this, 'ReadVideos', 'catalog/read-videos', {
      description: 'Lists videos and shows one',
      uses: [list, view],
      environment: {},
    });
    this.events = new EventPublishing(this, 'Events', {
      catalog: this, eventBus: props.eventBus, removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY,
    });
    const { eventBus, failedEventsBucket, publishEventsFunction, resendEventsFunction } = this.events;
    this.eventBus = eventBus;
    this.failedEventsBucket = failedEventsBucket;
    this.publishEventsFunction = publishEventsFunction;
    this.resendEventsFunction = resendEventsFunction;
    this._area = {
      handlers: {
        'catalog/read-videos': this.readVideosFunction,
        'catalog/publish-events': publishEventsFunction,
        'catalog/resend-events': resendEventsFunction,
      },
      deadLetterQueues: [],
    };
  }

  /**
   * Adds the routes that read videos.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.roles);
  }

  /**
   * Lets the grantee read a video whose id it knows: `dynamodb:GetItem`, and `kms:Decrypt` of the table's key if it has one of yours.
   *
   * The row has the key `pk` = `video#{videoId}`, `sk` = `video`; description and metadata, if there are any, are in the item with `sk` = `details`.
   *
   * @param grantee the principal to grant access to
   */
  public grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return grantReadVideos(this, grantee);
  }

  /**
   * Starts a target when: an upload was declared.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoCreated(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.created', options);
  }

  /**
   * Starts a target when: the source of a video has arrived, or an attempt that failed begins anew: `detail.video.attempt` tells which.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoUploaded(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.uploaded', options);
  }

  /**
   * Starts a target when: the MediaConvert job of a video was submitted.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoProcessing(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.processing', options);
  }

  /**
   * Starts a target when: a video was transcoded and is kept back by a check of your own. Nothing in this version causes it.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoHeld(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.held', options);
  }

  /**
   * Starts a target when: a video can be watched.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoReady(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.ready', options);
  }

  /**
   * Starts a target when: a video can't become ready: `detail.video.error` says why.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoErrored(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.errored', options);
  }

  /**
   * Starts a target when: somebody edited a video. Nothing in this version causes it.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoUpdated(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.updated', options);
  }

  /**
   * Starts a target when: a video is about to be deleted by a retention rule. Nothing in this version causes it.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoExpiring(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.expiring', options);
  }

  /**
   * Starts a target when: the deletion of a video has begun: nobody can see it any more. Nothing in this version causes it.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoDeleting(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.deleting', options);
  }

  /**
   * Starts a target when: nothing of a video is left. Nothing in this version causes it.
   *
   * @param id the rule's name among those of this catalog
   * @param options target and more
   */
  public onVideoDeleted(id: string, options: events.OnEventOptions): events.Rule {
    return this.on(id, 'video.deleted', options);
  }

  private on(id: string, type: VideoEventType, options: events.OnEventOptions): events.Rule {
    return this.events.addRule(id, type, options);
  }
}
