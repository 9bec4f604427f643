import type { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { IVodCatalog } from './catalog';
import { connectionsOf, grantReadVideos } from './catalog-connections';
import type { VodApi } from '../api/vod-api';
import { INDEXES, TABLE_KEYS } from '../contract/table';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import type { Area } from '../synth/area';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { originProblem } from '../synth/origin';
import { checkTable, checkTableKey, tablePlaceProblems } from '../synth/own-table';
import { booleanProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-names';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem, warnOfProtection } from '../synth/removal-policy';

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

/** What is known of a catalog that another stack made. */
export interface VodCatalogAttributes {
  /**
   * The table of that catalog, in the region of this stack. If a KMS key of yours encrypts it, import it by `Table.fromTableAttributes` with
   * `encryptionKey`.
   */
  readonly table: dynamodb.ITable;

  /** The address that people use, as that catalog has it. */
  readonly url: string;

  /** Who may do what, as that catalog has it: `{}` if everyone signed in may upload and watch, and nobody is an admin. */
  readonly roles: VodRoles;
}

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
  /** Lists videos and shows one. */
  public readonly readVideosFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  constructor(scope: Construct, id: string, props: VodCatalogProps) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [
      originProblem('url', props.url), removalPolicyProblem('removalPolicy', props.removalPolicy), ...rolesProblems(props.roles),
      booleanProblem('deletionProtection', props.deletionProtection),
      ...functionProblems(this, props.functions),
      ...tablePlaceProblems(this, propName(this, 'table'), props.table),
    ]);
    useFunctionOptions(this, props.functions);
    this.roles = props.roles ?? {};
    this.url = props.url;
    this.table = props.table ?? this.makeTable(props);
    if (props.table) checkTable(this, propName(this, 'table'), props.table);
    checkTableKey(this, propName(this, 'table'), this.table);
    const { list, view } = connectionsOf(this);
    this.readVideosFunction = handlerFunction(this, 'ReadVideos', 'catalog/read-videos', {
      description: 'Lists videos and shows one',
      uses: [list, view],
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
   * Lets the grantee read a video whose id it knows: `dynamodb:GetItem`, and `kms:Decrypt` of the table's key if it has one of yours.
   *
   * @param grantee the principal to grant access to
   */
  public grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return grantReadVideos(this, grantee);
  }

  private makeTable(props: VodCatalogProps): dynamodb.Table {
    warnOfProtection(this, 'table', props);
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
}

class ImportedCatalog extends Construct implements IVodCatalog {
  public readonly roles: VodRoles;
  public readonly url: string;
  public readonly table: dynamodb.ITable;

  constructor(scope: Construct, id: string, attributes: VodCatalogAttributes) {
    super(checkedScope(scope, id, attributes, 'attributes'), id);
    const { table, url, roles } = attributes;
    throwIfAny(this, [
      originProblem('url', url), ...rolesProblems(roles, 'roles', { required: true }), ...tablePlaceProblems(this, 'table', table, { required: true }),
    ]);
    this.roles = roles;
    this.url = url;
    this.table = table;
    checkTable(this, 'table', table);
    checkTableKey(this, 'table', table);
  }

  public grantReadVideos(grantee: iam.IGrantable): iam.Grant {
    return grantReadVideos(this, grantee);
  }
}
