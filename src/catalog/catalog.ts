import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import { tablePlaceProblems } from '../synth/existing-table';
import { originProblem } from '../synth/origin';
import { ownObjectProblem } from '../synth/prop-checks';

/** A catalog: a `VodCatalog`, or a catalog that `VodCatalog.fromTable` imports. */
export interface IVodCatalog extends IConstruct {
  /** The roles of users. Every area that uses this catalog uses these roles. */
  readonly roles: VodRoles;

  /** The service URL, which users open. Every area that uses this catalog uses this URL. */
  readonly url: string;

  /** The table that stores the videos. */
  readonly table: dynamodb.ITable;

  /**
   * Grants permission to read a video by its id.
   *
   * The actions are `dynamodb:GetItem` on the table, and `kms:Decrypt` on its customer managed KMS key if it has one. The key of a video's row is
   * `pk` = `video#{videoId}` and `sk` = `video`. An item with `sk` = `details` contains the description and the metadata, if the video has any.
   *
   * @param grantee the principal to grant access to
   */
  grantReadVideos(grantee: iam.IGrantable): iam.Grant;
}

/** Returns a message for each problem of a catalog prop that can be detected at synth. */
export function catalogProblems(scope: Construct, prop: string, catalog: IVodCatalog | undefined): (string | undefined)[] {
  const wrong = ownObjectProblem(prop, catalog, 'a VodCatalog', { members: ['node', 'roles', 'url', 'table', 'grantReadVideos'], required: true });
  if (wrong || !catalog) return [wrong];
  return [
    // Roles are required here, because missing roles would give access to all users.
    ...rolesProblems(catalog.roles, `${prop}.roles`, { required: true }),
    originProblem(`${prop}.url`, catalog.url),
    ...tablePlaceProblems(scope, `${prop}.table`, catalog.table, { required: true }),
  ];
}
