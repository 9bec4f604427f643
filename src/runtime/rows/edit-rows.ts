import type { RowChanges } from './row-changes';
import type { TransactItem } from './transact';
import { addUsage, minus, usageOf } from './usage';
import { detailsKey, presentDetails, publicationState, SCHEMA_VERSION, VideoDetails, VideoRow, WholeVideo } from '../../contract/table';
import { dueTime } from '../../domain/due-time';
import type { EditedTimes } from '../../domain/publication-times';
import { PRESENT_STATUSES } from '../../domain/video-status';

/** The fields that users can edit. Only admins can edit `owner`. An absent field stays as it is. */
export type Edit = Partial<Pick<VideoRow, 'title' | 'tags' | 'visibility' | 'owner'>> & VideoDetails & EditedTimes;

/** Writes the edits of users. */
export interface EditRows {
  /**
   * Edits a video. Adds the video to the public lists, or removes the video from the lists, if its visibility or its publication times require that. Returns
   * the video after the edit, or undefined if the stored row is newer than `video`.
   *
   * A new owner also changes the usage of both owners, in the same transaction. The quotas of the new owner do not limit the transfer. A video that waits for
   * its upload keeps its owner, and the function returns undefined.
   */
  edit(video: WholeVideo, edit: Edit): Promise<WholeVideo | undefined>;
}

export function editRows(tableName: string, { writeDerived }: RowChanges, clock: () => Date): EditRows {
  return {
    async edit({ row, details }, { description, metadata, ...inRow }) {
      const { videoId, version, dueAt } = row;
      const texts = presentDetails({ description: description ?? details.description, metadata: metadata ?? details.metadata });
      const now = clock();
      const { publishAt, unpublishAt, ...edited } = { ...inRow, updatedAt: now.toISOString() };
      const isTransfer = edited.owner !== undefined && edited.owner !== row.owner;
      const times = { publishAt: after(row.publishAt, publishAt), unpublishAt: after(row.unpublishAt, unpublishAt) };
      const state = publicationState({ ...row, ...edited, ...times }, now);
      const computed = { ...times, ...state };
      const stored = dueAt === undefined ? undefined : new Date(dueAt);
      const due = dueTime({ ...row, ...times }, stored, now);
      const change = {
        // The end of an upload changes the usage of the owner that it has read.
        from: isTransfer ? PRESENT_STATUSES.filter((each) => each !== 'waiting') : PRESENT_STATUSES,
        // An edit never moves the due time later: the sweeper does so when the video is due.
        due: due === stored ? undefined : due,
        set: { ...edited, ...computed },
        remove: (Object.keys(computed) as (keyof typeof computed)[]).filter((name) => computed[name] === undefined),
        add: { revision: 1 },
        and: '#version = :version',
        values: { ':version': version },
      };
      const others = [
        ...(description === undefined && metadata === undefined ? [] : [detailsUpdate(tableName, videoId, texts)]),
        ...(isTransfer ? [addUsage(tableName, row.owner, minus(usageOf(row))), addUsage(tableName, edited.owner!, usageOf(row))] : []),
      ];
      const result = { ...row, ...edited, ...computed, revision: row.revision + 1, version: version + 1 };
      const outcome = await writeDerived(row, result, change, ...others);
      return outcome === 'unchanged' ? undefined : { row: result, details: texts };
    },
  };
}

function after(stored: string | undefined, edited: string | null | undefined): string | undefined {
  return edited === undefined ? stored : edited ?? undefined;
}

/** The row of a video of an older format can contain the texts. The details item then replaces them. */
function detailsUpdate(tableName: string, videoId: string, { description, metadata }: VideoDetails): TransactItem {
  const texts = Object.entries({ description, metadata });
  const present = texts.filter(([, value]) => value !== undefined);
  const absent = texts.filter(([, value]) => value === undefined);
  return {
    Update: {
      TableName: tableName,
      Key: detailsKey(videoId),
      UpdateExpression: `SET ${['schemaVersion', ...present.map(([name]) => name)].map((name) => `#${name} = :${name}`).join(', ')}${absent.length > 0 ? ` REMOVE ${absent.map(([name]) => `#${name}`).join(', ')}` : ''}`,
      ConditionExpression: 'attribute_not_exists(#schemaVersion) OR #schemaVersion <= :schemaVersion',
      ExpressionAttributeNames: Object.fromEntries(['schemaVersion', ...Object.keys({ description, metadata })].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: { ':schemaVersion': SCHEMA_VERSION, ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, value])) },
    },
  };
}
