import * as iam from 'aws-cdk-lib/aws-iam';
import type { IVodCatalog } from './catalog';
import { DERIVED_PARTITIONS } from '../contract/derived-rows';
import { INDEXES, TableIndex } from '../contract/table';
import { groupsOf } from '../roles/vod-roles';
import type { Connection } from '../synth/connection';
import { throwIfAny } from '../synth/errors';
import { tableKey } from '../synth/existing-table';
import { grantKey } from '../synth/kms-keys';
import { objectProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';

export interface CatalogConnections {
  readonly read: Connection<'TABLE_NAME'>;
  readonly list: Connection<'TABLE_NAME'>;
  /** Permissions to create, read and change a video, to remove its derived rows, and to count the uploads of its owner. */
  readonly upload: Connection<'TABLE_NAME'>;
  /** Permissions to create a video for an object that exists, and to count the videos of its owner. */
  readonly ingest: Connection<'TABLE_NAME'>;
  readonly update: Connection<'TABLE_NAME'>;
  /** Permissions to read and edit a video, and to change its derived rows. */
  readonly edit: Connection<'TABLE_NAME'>;
  /** Permissions to change the status of a video, and to add its derived rows. */
  readonly publish: Connection<'TABLE_NAME'>;
  /** Permissions to list videos whose due time has passed, to change the status, the due time and the derived rows of a video, and to remove a video. */
  readonly sweep: Connection<'TABLE_NAME'>;
  readonly scan: Connection<'TABLE_NAME'>;
  readonly stream: Connection;
  readonly roles: Connection<'ROLES'>;
  readonly view: Connection<'ROLES' | 'SERVICE_URL'>;
}

export function connectionsOf(catalog: IVodCatalog): CatalogConnections {
  const { tableName, tableArn } = catalog.table;
  const query = (...indexes: TableIndex[]) => ({ actions: ['dynamodb:Query'], resourceArns: indexes.map(({ name }) => `${tableArn}/index/${name}`) });
  const table = (...actions: string[]) => ({ actions, resourceArns: [tableArn] });
  const derivedRows = (...actions: string[]) => ({ ...table(...actions), conditions: ONLY_DERIVED_ROWS });
  const connect = (...permissions: Permissions[]): Connection<'TABLE_NAME'> => ({
    environment: { TABLE_NAME: tableName },
    grant: (grantee) => permissions.forEach((permission) => grantOnTable(catalog, grantee, permission)),
  });
  return {
    read: connect(table('dynamodb:GetItem')),
    list: connect(table('dynamodb:GetItem'), query(INDEXES.byOwner, INDEXES.byOwnerStage, INDEXES.byPublication), table('dynamodb:BatchGetItem', 'dynamodb:Query')),
    scan: connect(table('dynamodb:Scan')),
    stream: { environment: {}, grant: (grantee) => grantStream(catalog, grantee) },
    upload: connect(table('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'), derivedRows('dynamodb:DeleteItem')),
    ingest: connect(table('dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem')),
    update: connect(table('dynamodb:GetItem', 'dynamodb:UpdateItem')),
    edit: connect(table('dynamodb:GetItem', 'dynamodb:UpdateItem'), derivedRows('dynamodb:PutItem', 'dynamodb:DeleteItem')),
    publish: connect(table('dynamodb:GetItem', 'dynamodb:UpdateItem'), derivedRows('dynamodb:PutItem')),
    sweep: connect(query(INDEXES.byDue), table('dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'), derivedRows('dynamodb:PutItem')),
    roles: { environment: { ROLES: groupsOf(catalog.roles) } },
    view: { environment: { ROLES: groupsOf(catalog.roles), SERVICE_URL: catalog.url } },
  };
}

export function grantReadVideos(catalog: IVodCatalog, grantee: iam.IGrantable): iam.Grant {
  throwIfAny(catalog, [
    objectProblem('grantee', grantee, 'a principal to grant access to, such as a lambda.Function or an iam.Role', { members: ['grantPrincipal'], required: true }),
  ]);
  return grantOnTable(catalog, grantee, { actions: ['dynamodb:GetItem'], resourceArns: [catalog.table.tableArn] });
}

/** For these permissions, see "Using AWS Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide. */
function grantStream(catalog: IVodCatalog, grantee: iam.IGrantable): void {
  const { tableStreamArn } = catalog.table;
  grantOnTable(catalog, grantee, { actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], resourceArns: [tableStreamArn!] });
  iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
}

interface Permissions {
  readonly actions: string[];
  readonly resourceArns: string[];
  readonly conditions?: Record<string, Record<string, unknown>>;
}

/** See "Using IAM policy conditions for fine-grained access control" in the Amazon DynamoDB Developer Guide. */
const ONLY_DERIVED_ROWS = {
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': Object.values(DERIVED_PARTITIONS).map((beginning) => `${beginning}*`) },
};

/** CDK's grant methods for tables would grant actions that handlers do not need, and access to all indexes. */
function grantOnTable(catalog: IVodCatalog, grantee: iam.IGrantable, permissions: Permissions): iam.Grant {
  // DynamoDB uses the KMS key on behalf of its caller. Reads and writes need only `kms:Decrypt`.
  return iam.Grant.addToPrincipal({ grantee, ...permissions })
    .combine(grantKey(catalog, tableKey(propName(catalog, 'table'), catalog.table), grantee, ['kms:Decrypt']));
}
