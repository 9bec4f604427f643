import * as iam from 'aws-cdk-lib/aws-iam';
import type { IVodCatalog } from './catalog';
import { INDEXES, TableIndex } from '../contract/table';
import { groupsOf } from '../roles/vod-roles';
import type { Connection } from '../synth/connection';
import { throwIfAny } from '../synth/errors';
import { tableKey } from '../synth/existing-table';
import { grantKey } from '../synth/kms-keys';
import { objectProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';

/** The connections of a catalog: environment variables and permissions for handlers of all areas. */
export interface CatalogConnections {
  readonly read: Connection<'TABLE_NAME'>;
  /** Reads and lists videos: published videos, and all videos of an owner. */
  readonly list: Connection<'TABLE_NAME'>;
  readonly create: Connection<'TABLE_NAME'>;
  /** Reads videos and changes their status. */
  readonly update: Connection<'TABLE_NAME'>;
  /** Reads due videos, and changes their status and their due times. */
  readonly sweep: Connection<'TABLE_NAME'>;
  readonly scan: Connection<'TABLE_NAME'>;
  /** Reads the table's stream. Lambda uses these permissions of the function's role to poll the stream. */
  readonly stream: Connection;
  /** The roles of users and the service URL, which a handler needs to build API responses. Grants no permissions. */
  readonly view: Connection<'ROLES' | 'SERVICE_URL'>;
}

/** Returns the connections of a catalog. They are built from public members only, so that every `IVodCatalog` works. */
export function connectionsOf(catalog: IVodCatalog): CatalogConnections {
  const { tableName, tableArn } = catalog.table;
  const query = (...indexes: TableIndex[]) => ({ actions: ['dynamodb:Query'], resourceArns: indexes.map(({ name }) => `${tableArn}/index/${name}`) });
  const table = (...actions: string[]) => ({ actions, resourceArns: [tableArn] });
  const connect = (...permissions: Permissions[]): Connection<'TABLE_NAME'> => ({
    environment: { TABLE_NAME: tableName },
    grant: (grantee) => permissions.forEach((permission) => grantOnTable(catalog, grantee, permission)),
  });
  return {
    read: connect(table('dynamodb:GetItem')),
    list: connect(table('dynamodb:GetItem'), query(INDEXES.byOwner, INDEXES.byOwnerStage, INDEXES.byPublication), table('dynamodb:BatchGetItem')),
    scan: connect(table('dynamodb:Scan')),
    stream: { environment: {}, grant: (grantee) => grantStream(catalog, grantee) },
    create: connect(table('dynamodb:PutItem')),
    update: connect(table('dynamodb:GetItem', 'dynamodb:UpdateItem')),
    sweep: connect(query(INDEXES.byDue), table('dynamodb:GetItem', 'dynamodb:UpdateItem')),
    view: { environment: { ROLES: groupsOf(catalog.roles), SERVICE_URL: catalog.url } },
  };
}

/** Grants permission to read a video by its id. */
export function grantReadVideos(catalog: IVodCatalog, grantee: iam.IGrantable): iam.Grant {
  throwIfAny(catalog, [
    objectProblem('grantee', grantee, 'a principal to grant access to, such as a lambda.Function or an iam.Role', { members: ['grantPrincipal'], required: true }),
  ]);
  return grantOnTable(catalog, grantee, { actions: ['dynamodb:GetItem'], resourceArns: [catalog.table.tableArn] });
}

/** Grants the permissions of an event source mapping (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"). */
function grantStream(catalog: IVodCatalog, grantee: iam.IGrantable): void {
  const { tableStreamArn } = catalog.table;
  grantOnTable(catalog, grantee, { actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], resourceArns: [tableStreamArn!] });
  iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
}

interface Permissions {
  readonly actions: string[];
  readonly resourceArns: string[];
}

/** Grants exact actions on exact resources. CDK's grant methods of tables include more actions, and all indexes. */
function grantOnTable(catalog: IVodCatalog, grantee: iam.IGrantable, permissions: Permissions): iam.Grant {
  // DynamoDB uses the KMS key with the permissions of the caller. Reads and writes both need only `kms:Decrypt`.
  return iam.Grant.addToPrincipal({ grantee, ...permissions })
    .combine(grantKey(catalog, tableKey(propName(catalog, 'table'), catalog.table), grantee, ['kms:Decrypt']));
}
