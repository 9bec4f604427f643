import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from './document-client';
import type { Outcome } from './row-changes';
import { dueKey, INDEXES, parseVideoKey, videoKey, VideoRow } from '../../contract/table';

/** An entry of the index `byDue`: a video whose due time has passed. The entry can be outdated, because the index is eventually consistent. */
export interface DueVideo {
  readonly videoId: string;
  readonly dueAt: string;
}

/** The last video of a page. The next page begins after this video. */
export type DuePosition = DueVideo;

/** Reads and changes the due times of videos. A due time changes only if the status changes, or if the sweeper sets a new due time. */
export interface DueVideos {
  /** Lists the due videos in one partition of INDEXES.byDue, earliest due time first. */
  listDue(shard: string, until: Date, page: { limit: number; from?: DuePosition }): Promise<{ due: DueVideo[]; next?: DuePosition }>;
  /**
   * Sets the due time of a row to `to`, or removes the due time if `to` is undefined. Changes nothing if the version in the table differs
   * from `row.version`.
   *
   * @param resubmits new value of the row's `resubmits`; undefined keeps the old value
   */
  moveDue(row: DueVideo & Pick<VideoRow, 'version'>, to: Date | undefined, resubmits?: number): Promise<Outcome>;
}

export function dueVideos(tableName: string, client: DynamoDBClient = new DynamoDBClient({})): DueVideos {
  const documents = documentClient(client);
  const { name: IndexName, partition, sort } = INDEXES.byDue;

  return {
    async listDue(shard, until, { limit, from }) {
      const { Items = [], LastEvaluatedKey } = await documents.send(new QueryCommand({
        TableName: tableName,
        IndexName,
        KeyConditionExpression: '#shard = :shard AND #due <= :until',
        ExpressionAttributeNames: { '#shard': partition, '#due': sort },
        ExpressionAttributeValues: { ':shard': shard, ':until': until.toISOString() },
        Limit: limit,
        ExclusiveStartKey: from && { ...videoKey(from.videoId), [partition]: shard, [sort]: from.dueAt },
      }));
      const due = Items.map((item): DueVideo => ({ videoId: parseVideoKey(item.pk), dueAt: item[sort] }));
      return { due, ...(LastEvaluatedKey && { next: { videoId: parseVideoKey(LastEvaluatedKey.pk), dueAt: LastEvaluatedKey[sort] } }) };
    },

    async moveDue({ videoId, dueAt, version }, to, resubmits) {
      const counts = to !== undefined && resubmits !== undefined;
      try {
        await documents.send(new UpdateCommand({
          TableName: tableName,
          Key: videoKey(videoId),
          UpdateExpression: `${to ? 'SET #due = :to' : 'REMOVE #shard, #due'}${counts ? ', #resubmits = :resubmits' : ''} ADD #version :one`,
          ConditionExpression: '#due = :due AND #version = :version',
          ExpressionAttributeNames: { '#due': sort, '#version': 'version', ...(!to && { '#shard': partition }), ...(counts && { '#resubmits': 'resubmits' }) },
          ExpressionAttributeValues: {
            ':due': dueAt,
            ':version': version,
            ':one': 1,
            ...(to && { ':to': dueKey(videoId, to).dueAt }),
            ...(counts && { ':resubmits': resubmits }),
          },
        }));
        return 'changed';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'unchanged';
        throw error;
      }
    },
  };
}
