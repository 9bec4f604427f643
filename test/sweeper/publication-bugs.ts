import type { PlantedBug } from '../histories/sources';

/** Bugs that the histories of publication times must find. */
export const PUBLICATION_BUGS: readonly PlantedBug[] = [
  { name: 'an edit does not set an earlier due time', file: 'runtime/rows/edit-rows.ts', from: 'due: due === stored ? undefined : due,', to: 'due: undefined,' },
  {
    name: 'an edit moves the due time later', file: 'runtime/rows/edit-rows.ts', seed: 1,
    from: 'dueTime({ ...row, ...times }, stored, now)', to: 'dueTime({ ...row, ...times }, undefined, now)',
  },
  { name: 'an edit uses the times before the edit', file: 'runtime/rows/edit-rows.ts', from: 'publicationState({ ...row, ...edited, ...times }, now)', to: 'publicationState({ ...row, ...edited }, now)' },
  {
    name: 'a sweep without an action removes the due time', file: 'sweeper/sweep-videos.runtime.ts', seed: 1,
    from: 'due.moveDue(read, dueTime(read, undefined, time))', to: 'due.moveDue(read, undefined)',
  },
  {
    name: 'a sweep postpones a video beyond its publication time', file: 'sweeper/sweep-videos.runtime.ts',
    from: 'dueTime(read, new Date(time.getTime() + wait.minutes * 60_000), time)', to: 'new Date(time.getTime() + wait.minutes * 60_000)',
  },
  {
    name: 'a publication has no condition on the version', file: 'runtime/rows/publication-rows.ts',
    from: "and: '#version = :version',", to: "and: '#version = :version OR attribute_exists(#version)',",
  },
  {
    name: 'a publication forgets the due time of the source', file: 'runtime/rows/publication-rows.ts',
    from: 'source.dueAt === undefined || source.state ? undefined : new Date(source.dueAt)', to: 'undefined',
  },
  { name: 'a publication sets only the due time of the source', file: 'runtime/rows/publication-rows.ts', from: 'dueTime(row, source.dueAt', to: '((...times: [object, Date | undefined, Date]) => times[1])(row, source.dueAt' },
  { name: 'the deletion of the source removes the due time', file: 'runtime/rows/upload-rows.ts', from: 'const due = dueTime(row, undefined, clock());', to: 'const due = clock().getTime() < 0 ? clock() : undefined;' },
  { name: 'a video that becomes ready has only the due time of its source', file: 'runtime/rows/video-repository.ts', from: "dueTime({ ...row, status: 'ready' }, sourceDue, now)", to: 'sourceDue' },
  { name: 'a video that becomes ready has the times before an edit', file: 'runtime/rows/video-repository.ts', from: '`#revision = :revision AND #visibility', to: '`(#revision = :revision OR attribute_exists(#revision)) AND #visibility' },
  { name: 'the list of ready videos ignores unpublishAt', file: 'runtime/rows/video-lists.ts', from: ' && isOpen(row, now)', to: '' },
  { name: 'the public lists of tags ignore unpublishAt', file: 'runtime/rows/search-lists.ts', from: ' && isOpen(row, now)', to: '' },
  { name: 'a video is published before publishAt', file: 'contract/table.ts', from: 'if (!isOpen(row, now)) return', to: 'if (row.unpublishAt !== undefined && !isOpen(row, now)) return' },
  { name: 'a video that is published again keeps its place in the list', file: 'contract/table.ts', from: '(publishAt !== undefined && publishedAt < publishAt)', to: 'false' },
  { name: 'the public lists of tags keep their keys', file: 'runtime/rows/publication-rows.ts', from: 'writeDerived(row, { ...row, ...state }, {', to: 'writeDerived(row, row, {' },
];
