import { DUE_KEYS, Outcome, RowChanges } from './row-changes';
import { publicationState, VideoRow } from '../../contract/table';
import { dueTime } from '../../domain/due-time';

/** Publishes and unpublishes ready videos at their publication times. */
export interface PublicationRows {
  /**
   * Stores the publication state of a ready video at this time: `publishedAt`, and whether the public lists contain the video. The same write sets the next due
   * time. Returns undefined if the row already has this state, and `unchanged` if the stored row is newer than `row`.
   */
  settlePublication(row: VideoRow): Promise<Outcome | undefined>;
}

export function publicationRows({ writeDerived }: Pick<RowChanges, 'writeDerived'>, clock: () => Date): PublicationRows {
  return {
    async settlePublication(row) {
      const { publishAt, unpublishAt, source, version } = row;
      if (publishAt === undefined && unpublishAt === undefined) return undefined;
      const now = clock();
      const state = publicationState(row, now);
      const names = Object.keys(state) as (keyof typeof state)[];
      if (names.every((name) => state[name] === row[name])) return undefined;
      const due = dueTime(row, source.dueAt === undefined || source.state ? undefined : new Date(source.dueAt), now);
      return writeDerived(row, { ...row, ...state }, {
        from: ['ready'],
        due,
        set: state,
        remove: [...names.filter((name) => state[name] === undefined), ...(due ? [] : DUE_KEYS)],
        and: '#version = :version',
        values: { ':version': version },
      });
    },
  };
}
