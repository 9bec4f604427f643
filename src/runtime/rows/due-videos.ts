import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Outcome } from './video-repository';
import { dueKey, INDEXES, parseVideoKey, videoKey, VideoRow } from '../../contract/table';

/** A video that something is due for, as the index has it: its row may have moved on since. */
export interface DueVideo {
  readonly videoId: string;
  readonly dueAt: string;
}

/** Where a list of due videos goes on. */
export type DuePosition = DueVideo;

/** The due times of videos. Nothing but the sweeper moves one later or removes it. */
export interface DueVideos {
  /** The due videos of one partition of INDEXES.byDue, longest due first. */
  listDue(shard: string, until: Date, page: { limit: number; from?: DuePosition }): Promise<{ due: DueVideo[]; next?: DuePosition }>;
  /**
   * Moves the due time of a row that was read, or removes it: without `to`. Changes nothing when the row has changed since.
   *
   * @param resubmits what to write down with the new time; undefined leaves it alone
   */
  moveDue(row: DueVideo & Pick<VideoRow, 'version'>, to: Date | undefined, resubmits?: number): Promise<Outcome>;
}

/** The due times on the catalog's table. */
export function dueVideos(tableName: string, client: DynamoDBClient = new DynamoDBClient({})): DueVideos {
  const documents = DynamoDBDocumentClient.from(client);
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
