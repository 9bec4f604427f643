import type { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { INDEXES, TABLE_KEYS } from '../contract/table';
import { DEFAULT_REMOVAL_POLICY, warnOfProtection } from '../synth/removal-policy';

export interface MakeTableProps {
  readonly deletionProtection?: boolean;
  readonly removalPolicy?: RemovalPolicy;
}

/** For the keys and indexes, see docs/decisions/022. */
export function makeTable(scope: Construct, props: MakeTableProps): dynamodb.TableV2 {
  warnOfProtection(scope, 'table', props);
  const key = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
  return new dynamodb.TableV2(scope, 'Table', {
    partitionKey: key(TABLE_KEYS.partition),
    sortKey: key(TABLE_KEYS.sort),
    globalSecondaryIndexes: Object.values(INDEXES).map(({ name, partition, sort, projection }) => ({
      indexName: name, partitionKey: key(partition), sortKey: key(sort), projectionType: dynamodb.ProjectionType[projection],
    })),
    billing: dynamodb.Billing.onDemand(),
    dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: props.deletionProtection ?? false,
    removalPolicy: props.removalPolicy ?? DEFAULT_REMOVAL_POLICY,
  });
}
