import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { rolesProblems, VodRoles } from '../roles/vod-roles';
import { tablePlaceProblems } from '../synth/existing-table';
import { originProblem } from '../synth/origin';
import { ownObjectProblem } from '../synth/prop-checks';

/** A catalog: a `VodCatalog`, or one that `VodCatalog.fromTable` imports. */
export interface IVodCatalog extends IConstruct {
  /** Who may do what. Areas that are given this catalog take the roles from here. */
  readonly roles: VodRoles;

  /** The address that people use. Areas that are given this catalog take it from here. */
  readonly url: string;

  /** One item a video. */
  readonly table: dynamodb.ITable;

  /**
   * Lets the grantee read a video whose id it knows: `dynamodb:GetItem`, and `kms:Decrypt` of the table's key if it has one of yours.
   *
   * The row has the key `pk` = `video#{videoId}`, `sk` = `video`; description and metadata, if there are any, are in the item with `sk` = `details`.
   *
   * @param grantee the principal to grant access to
   */
  grantReadVideos(grantee: iam.IGrantable): iam.Grant;
}

/** What is wrong with a catalog that was passed in, as far as synth can know. */
export function catalogProblems(scope: Construct, prop: string, catalog: IVodCatalog | undefined): (string | undefined)[] {
  const wrong = ownObjectProblem(prop, catalog, 'a VodCatalog', { members: ['node', 'roles', 'url', 'table', 'grantReadVideos'], required: true });
  if (wrong || !catalog) return [wrong];
  return [
    // Left out, they would mean everyone.
    ...rolesProblems(catalog.roles, `${prop}.roles`, { required: true }),
    originProblem(`${prop}.url`, catalog.url),
    ...tablePlaceProblems(scope, `${prop}.table`, catalog.table, { required: true }),
  ];
}
