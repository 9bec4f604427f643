import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import { tablePlaceProblems } from '../synth/existing-table';
import { originProblem } from '../synth/origin';
import { libraryObjectProblem } from '../synth/prop-checks';

/** A catalog: a `VodCatalog`, or a catalog that `VodCatalog.fromTable` imports. */
export interface IVodCatalog extends IConstruct {
  /** The roles of users. Every construct that uses this catalog uses these roles. */
  readonly roles: VodRoles;

  /** The service URL that users open. Every construct that uses this catalog uses this URL. */
  readonly url: string;

  /** The table that stores the videos. */
  readonly table: dynamodb.ITable;

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
  grantReadVideos(grantee: iam.IGrantable): iam.Grant;
}

export function catalogProblems(scope: Construct, prop: string, catalog: IVodCatalog | undefined): (string | undefined)[] {
  const wrong = libraryObjectProblem(prop, catalog, 'a VodCatalog', { members: ['node', 'roles', 'url', 'table', 'grantReadVideos'], required: true });
  if (wrong || !catalog) return [wrong];
  return [
    // Without roles, all signed-in users could upload and watch.
    ...rolesProblems(catalog.roles, `${prop}.roles`, { required: true }),
    originProblem(`${prop}.url`, catalog.url),
    ...tablePlaceProblems(scope, `${prop}.table`, catalog.table, { required: true }),
  ];
}
