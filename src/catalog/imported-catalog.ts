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

/** A catalog that another stack made, known by its table. */
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
