import type { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { VodApi } from '../api/vod-api';
import { INDEXES, TABLE_KEYS } from '../contract/table';
import { groupsOf, rolesProblems, VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import type { Connection } from '../synth/connection';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { grantKey } from '../synth/kms-keys';
import { originProblem } from '../synth/origin';
import { checkTable, checkTableKey, tableKey, tablePlaceProblems } from '../synth/own-table';
import { booleanProblem } from '../synth/prop-checks';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

/** What may be tuned of the catalog. */
export interface VodCatalogOptions {
  /**
   * A table of your own, in the stack's region: string keys `pk` and `sk`; the indexes `byOwner` (`owner`, `videoId`) and
   * `byPublication` (`listedMonth`, `listedAt`), all strings, projecting keys at least. A table that this app makes is checked at synth;
   * the functions are granted its KMS key, if it has one of yours.
   * @default - a table on demand, with point-in-time recovery, encrypted with a key that DynamoDB owns
   */
  readonly table?: dynamodb.ITable;

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
   * What happens to the table when the stack is deleted. Has no effect on a table of your own.
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

/** What handlers use of the catalog. */
export interface CatalogConnections {
  /** Reads videos by their ids. */
  readonly read: Connection<'TABLE_NAME'>;
  /** Reads and lists videos. */
  readonly list: Connection<'TABLE_NAME'>;
  /** Creates videos. */
  readonly create: Connection<'TABLE_NAME'>;
  /** Reads videos and moves them through their statuses. */
  readonly update: Connection<'TABLE_NAME'>;
  /** Decides who may see which video, and at which address. */
  readonly view: Connection<'ROLES' | 'ORIGIN'>;
}

/**
 * The catalog: the table of videos, and who may see which of them.
 *
 * @example
 * /// fixture=areas
 * declare const api: VodApi;
 * const catalog = new VodCatalog(this, 'Catalog', { url: 'https://videos.example.com' });
 * catalog.addRoutes(api);
 */
export class VodCatalog extends Construct {
  /** Who may do what. Areas that are given this catalog take the roles from here. */
  public readonly roles: VodRoles;
  /** The address that people use. Areas that are given this catalog take it from here. */
  public readonly url: string;
  /** One item a video. */
  public readonly table: dynamodb.ITable;
  /** Lists videos and shows one. */
  public readonly readVideosFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;
  /** @internal */
  public readonly _connections: CatalogConnections;

  constructor(scope: Construct, id: string, props: VodCatalogProps) {
    super(scope, id);
    throwIfAny(this, [
      originProblem('url', props.url), removalPolicyProblem('removalPolicy', props.removalPolicy), ...rolesProblems(props.roles),
      booleanProblem('deletionProtection', props.deletionProtection),
      ...functionProblems(this, props.functions),
      ...tablePlaceProblems(this, 'table', props.table),
    ]);
    useFunctionOptions(this, props.functions);
    this.roles = props.roles ?? {};
    this.url = props.url;
    this.table = props.table ?? this.makeTable(props);
    if (props.table) checkTable(this, 'table', props.table);
    checkTableKey(this, 'table', this.table);
    this._connections = this.connect();
    this.readVideosFunction = handlerFunction(this, 'ReadVideos', 'catalog/read-videos', {
      description: 'Lists videos and shows one',
      uses: [this._connections.list, this._connections.view],
      environment: {},
    });
    this._area = { handlers: { 'catalog/read-videos': this.readVideosFunction }, deadLetterQueues: [] };
  }

  /**
   * Adds the routes that read videos.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    api._serve(this._area, this.roles);
  }

  /**
   * Lets the grantee read a video whose id it knows.
   *
   * @param grantee who may
   */
  public grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, ['dynamodb:GetItem'], [this.table.tableArn]);
  }

  /**
   * Lets the grantee list videos: everyone's published ones, and an owner's.
   *
   * @param grantee who may
   */
  public grantListVideos(grantee: iam.IGrantable): iam.Grant {
    const indexes = Object.values(INDEXES).map(({ name }) => `${this.table.tableArn}/index/${name}`);
    return this.grant(grantee, ['dynamodb:Query'], indexes)
      .combine(this.grant(grantee, ['dynamodb:BatchGetItem'], [this.table.tableArn]));
  }

  /**
   * Lets the grantee create videos, and nothing else.
   *
   * @param grantee who may
   */
  public grantCreateVideos(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, ['dynamodb:PutItem'], [this.table.tableArn]);
  }

  /**
   * Lets the grantee move videos through their statuses, which includes reading one.
   *
   * @param grantee who may
   */
  public grantUpdateVideos(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [this.table.tableArn]);
  }

  private connect(): CatalogConnections {
    const environment = { TABLE_NAME: this.table.tableName };
    return {
      read: { environment, grant: (grantee) => this.grantReadVideos(grantee) },
      list: {
        environment,
        grant: (grantee) => {
          this.grantReadVideos(grantee);
          this.grantListVideos(grantee);
        },
      },
      create: { environment, grant: (grantee) => this.grantCreateVideos(grantee) },
      update: { environment, grant: (grantee) => this.grantUpdateVideos(grantee) },
      view: { environment: { ROLES: groupsOf(this.roles), ORIGIN: this.url } },
    };
  }

  private makeTable(props: VodCatalogProps): dynamodb.Table {
    const key = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
    const table = new dynamodb.Table(this, 'Table', {
      partitionKey: key(TABLE_KEYS.partition),
      sortKey: key(TABLE_KEYS.sort),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.deletionProtection ?? false,
      removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY,
    });
    for (const { name, partition, sort } of Object.values(INDEXES)) {
      table.addGlobalSecondaryIndex({
        indexName: name, partitionKey: key(partition), sortKey: key(sort), projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }

  /** CDK's own grants name more actions than any handler needs, and every index there will ever be. */
  private grant(grantee: iam.IGrantable, actions: string[], resourceArns: string[]): iam.Grant {
    // DynamoDB decrypts the table's own key in the caller's name, for reads and writes alike.
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns })
      .combine(grantKey(this, tableKey('table', this.table), grantee, ['kms:Decrypt']));
  }
}
