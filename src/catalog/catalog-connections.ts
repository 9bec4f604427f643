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

/** What handlers use of a catalog. */
export interface CatalogConnections {
  /** Reads videos by their ids. */
  readonly read: Connection<'TABLE_NAME'>;
  /** Reads and lists videos: everyone's published ones, and an owner's. */
  readonly list: Connection<'TABLE_NAME'>;
  /** Creates videos. */
  readonly create: Connection<'TABLE_NAME'>;
  /** Reads videos and moves them through their statuses. */
  readonly update: Connection<'TABLE_NAME'>;
  /** Reads the videos that something is due for, moves them through their statuses, and moves their due times. */
  readonly sweep: Connection<'TABLE_NAME'>;
  /** Reads every row. */
  readonly scan: Connection<'TABLE_NAME'>;
  /** Reads the table's stream, as Lambda does in the function's name. */
  readonly stream: Connection;
  /** Decides who may see which video, and at which address. */
  readonly view: Connection<'ROLES' | 'SERVICE_URL'>;
}

/** The connections of a catalog, made of its public members only: so any `IVodCatalog` has them. */
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

/** Lets the grantee read a video whose id it knows. */
export function grantReadVideos(catalog: IVodCatalog, grantee: iam.IGrantable): iam.Grant {
  throwIfAny(catalog, [
    objectProblem('grantee', grantee, 'a principal to grant access to, such as a lambda.Function or an iam.Role', { members: ['grantPrincipal'], required: true }),
  ]);
  return grantOnTable(catalog, grantee, { actions: ['dynamodb:GetItem'], resourceArns: [catalog.table.tableArn] });
}

/** What an event source mapping needs ("Using AWS Lambda with Amazon DynamoDB": execution role permissions). The stream has the table's key. */
function grantStream(catalog: IVodCatalog, grantee: iam.IGrantable): void {
  const { tableStreamArn } = catalog.table;
  grantOnTable(catalog, grantee, { actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], resourceArns: [tableStreamArn!] });
  iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
}

interface Permissions {
  readonly actions: string[];
  readonly resourceArns: string[];
}

/** CDK's own grants name more actions than any handler needs, and every index there will ever be. */
function grantOnTable(catalog: IVodCatalog, grantee: iam.IGrantable, permissions: Permissions): iam.Grant {
  // DynamoDB decrypts the table's own key in the caller's name, for reads and writes alike.
  return iam.Grant.addToPrincipal({ grantee, ...permissions })
    .combine(grantKey(catalog, tableKey(propName(catalog, 'table'), catalog.table), grantee, ['kms:Decrypt']));
}
