import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Page, PageOfRows, rowPages } from './row-pages';
import type { OwnedPosition } from './video-lists';
import {
  cutFolded, DerivedKey, derivedKeys, ownTagPartition, parseTagSort, parseTitleSort, tagPartition, tagSort, titlePartition, TitlePosition, titleSort,
} from '../../contract/derived-rows';
import type { Publication, VideoRow } from '../../contract/table';
import { fold } from '../../domain/fold';
import { isOpen } from '../../domain/publication-times';

/** Paginated lists of videos with a tag, or with a title that begins with a text. All given texts are folded (`src/domain/fold.ts`) and not empty. */
export interface SearchLists {
  /** Returns the ready videos with a tag that all viewers can list, newest first. */
  listTagged(tag: string, page: { limit: number; from?: Publication }): Promise<Page<Publication>>;
  /** Returns the videos of an owner with a tag, newest first. */
  listOwnedTagged(owner: string, tag: string, page: { limit: number; from?: OwnedPosition }): Promise<Page<OwnedPosition>>;
  /** Returns the videos of an owner whose folded title begins with `prefix`, in the order of the folded titles. `from` must begin with `prefix`. */
  listTitled(owner: string, prefix: string, page: { limit: number; from?: TitlePosition }): Promise<Page<TitlePosition>>;
}

interface KeyQuery {
  readonly partition: string;
  /** If set, the query returns only keys whose sort key begins with this text. */
  readonly prefix?: string;
  readonly order: 'ascending' | 'descending';
  readonly limit: number;
  /** The sort key of the last video of the previous page. */
  readonly after?: string;
}

export function searchLists(tableName: string, documents: DynamoDBDocumentClient, clock: () => Date): SearchLists {
  const { fill } = rowPages(tableName, documents);

  /** The read is consistent, so the list contains an edit as soon as the edit is stored. */
  async function keysOf({ partition, prefix, order, limit, after }: KeyQuery): Promise<string[]> {
    const { Items = [] } = await documents.send(new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: `pk = :pk${prefix === undefined ? '' : ' AND begins_with(sk, :prefix)'}`,
      ExpressionAttributeValues: { ':pk': partition, ...(prefix !== undefined && { ':prefix': prefix }) },
      ScanIndexForward: order === 'ascending',
      Limit: limit,
      ExclusiveStartKey: after === undefined ? undefined : { pk: partition, sk: after },
    }));
    return Items.map(({ sk }) => sk);
  }

  /** Returns a page of videos. Omits a video if its stored row no longer requires the found key, or if `contains` rejects the row. */
  async function search<Position extends { readonly videoId: string }>(
    query: KeyQuery, parse: (sk: string) => Position, contains: (row: VideoRow) => boolean,
  ): Promise<Page<Position>> {
    const { partition, limit } = query;
    // One additional key shows whether there is a next page.
    const sorts = await keysOf({ ...query, limit: limit + 1 });
    const found = sorts.map(parse);
    const page = new PageOfRows(limit);
    const done = await fill(page, found.slice(0, limit).map(({ videoId }) => videoId), (row, index) => (
      has(derivedKeys(row), { pk: partition, sk: sorts[index] }) && contains(row)));
    return { rows: page.rows, next: done < found.length ? found[done - 1] : undefined };
  }

  // Keys contain only the beginning of a long text, so a row with the key can have another text.
  const isTagged = (tag: string) => ({ tags }: VideoRow) => tags.some((each) => fold(each) === tag);

  return {
    listTagged(tag, { limit, from }) {
      const now = clock();
      return search({
        partition: tagPartition(tag), order: 'descending', limit, after: from && tagSort(from),
      }, parseTagSort, (row) => isTagged(tag)(row) && isOpen(row, now));
    },

    listOwnedTagged: (owner, tag, { limit, from }) => search({
      partition: ownTagPartition(owner, tag), order: 'descending', limit, after: from?.videoId,
    }, (videoId) => ({ videoId }), isTagged(tag)),

    listTitled: (owner, prefix, { limit, from }) => search({
      partition: titlePartition(owner), prefix: cutFolded(prefix), order: 'ascending', limit, after: from && titleSort(from),
    }, parseTitleSort, ({ title }) => fold(title).startsWith(prefix)),
  };
}

function has(keys: readonly DerivedKey[], { pk, sk }: DerivedKey): boolean {
  return keys.some((key) => key.pk === pk && key.sk === sk);
}
