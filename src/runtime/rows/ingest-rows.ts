import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { RowChanges } from './row-changes';
import { transact } from './transact';
import { newItems, newRow, NewVideo } from './upload-rows';
import { addUsage } from './usage';
import { ingestKey, ObjectVersion, VideoDetails } from '../../contract/table';

/** Writes the row of a video whose source file another pipeline put into S3. */
export interface IngestRows {
  /** Returns the id of the video that was created for an object, or undefined if there is no such video. */
  findIngested(object: ObjectVersion): Promise<string | undefined>;
  /**
   * Creates a video with the status `uploaded`, and returns its id. If the object already has a video, creates nothing and returns the id of that video.
   *
   * The same transaction adds the video and the size of its source file to the usage of the owner. Quotas do not limit the ingest.
   */
  createIngested(object: ObjectVersion, video: NewVideo, details: VideoDetails): Promise<string>;
}

export function ingestRows(tableName: string, documents: DynamoDBDocumentClient, { get }: Pick<RowChanges, 'get'>, clock: () => Date): IngestRows {
  async function findIngested(object: ObjectVersion): Promise<string | undefined> {
    return (await get(ingestKey(object)))?.videoId;
  }

  return {
    findIngested,

    async createIngested(object, video, details) {
      const { videoId, owner, source: { size } } = video;
      const result = await transact(documents, [
        { Put: { TableName: tableName, Item: { ...ingestKey(object), videoId }, ConditionExpression: 'attribute_not_exists(pk)' } },
        ...newItems(tableName, newRow(video, 'uploaded', clock()), details),
        addUsage(tableName, owner, { videos: 1, storedBytes: size }),
      ]);
      const existing = result.outcome === 'changed' ? videoId : await findIngested(object);
      if (existing === undefined) throw new Error('a video with this id exists already');
      return existing;
    },
  };
}
