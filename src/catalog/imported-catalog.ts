import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IVodCatalog } from './catalog';
import { grantReadVideos } from './catalog-connections';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { checkTable, checkTableKey, tablePlaceProblems } from '../synth/existing-table';
import { originProblem } from '../synth/origin';

/** Attributes of a catalog that another stack or app created. */
export interface VodCatalogAttributes {
  /**
   * The table of the original catalog, in the region of this stack.
   *
   * If a customer managed KMS key encrypts the table, import the table with `Table.fromTableAttributes` and `encryptionKey`.
   */
  readonly table: dynamodb.ITable;

  /** The service URL of the stack that created the catalog. */
  readonly url: string;

  /**
   * The roles of users, as in the stack that created the catalog.
   *
   * With `{}`, all signed-in users can upload and watch, and there are no admins.
   */
  readonly roles: VodRoles;
}

export class ImportedCatalog extends Construct implements IVodCatalog {
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
