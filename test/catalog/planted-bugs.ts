import type { PlantedBug } from '../histories/sources';

/** Bugs that the histories of edits must find. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'an edit ignores If-Match', file: 'catalog/edit-videos.runtime.ts', from: 'etagOf(whole.row) !== expected', to: 'etagOf(whole.row) === ""' },
  { name: 'a write of an edit has no condition on the version', file: 'runtime/rows/edit-rows.ts', from: "and: '#version = :version',", to: "and: '#version = :version OR attribute_exists(#version)'," },
  { name: 'an edit does not increment the revision', file: 'runtime/rows/edit-rows.ts', from: 'add: { revision: 1 },', to: 'add: {},' },
  {
    name: 'an edit replaces both long texts', file: 'runtime/rows/edit-rows.ts',
    from: 'description: description ?? details.description, metadata: metadata ?? details.metadata', to: 'description, metadata',
  },
  {
    name: 'the long texts are read before the row', seed: 2, file: 'runtime/rows/video-repository.ts',
    from: `      const item = await get(videoKey(videoId));
      // With this order, an edit between the reads leads to an old ETag with new texts, so the next edit with the ETag fails. The reverse would lose an edit.
      return item && { row: readRow(item), details: readDetails(await get(detailsKey(videoId)) ?? item) };`,
    to: `      const texts = await get(detailsKey(videoId));
      const item = await get(videoKey(videoId));
      return item && { row: readRow(item), details: readDetails(texts ?? item) };`,
  },
  {
    name: 'a transfer changes only the usage of the former owner', file: 'runtime/rows/edit-rows.ts',
    from: 'addUsage(tableName, row.owner, minus(usageOf(row))), addUsage(tableName, edited.owner!, usageOf(row))', to: 'addUsage(tableName, row.owner, minus(usageOf(row)))',
  },
  {
    name: 'a video becomes ready without a condition on the revision', file: 'runtime/rows/video-repository.ts',
    from: '#revision = :revision AND #visibility = :visibility AND', to: '(#revision = :revision OR #visibility = :visibility) AND',
  },
  { name: 'the abort of an upload has no condition on the revision', seed: 8, file: 'runtime/rows/upload-rows.ts', from: "and: '#revision = :revision'", to: "and: '#revision = :revision OR attribute_exists(#revision)'" },
  { name: 'the removal of an expired upload leaves its derived rows', file: 'runtime/rows/upload-rows.ts', from: '        ...derivedItems(tableName, row, undefined),\n', to: '' },
  { name: 'the old derived rows remain', file: 'runtime/rows/derived-items.ts', from: '...without(old, current).map((Key) => ({ Delete: { TableName: tableName, Key } })),', to: '' },
  { name: 'the video is written without its derived rows', file: 'runtime/rows/row-changes.ts', from: 'const items = [...others, ...derivedItems(tableName, before, after)];', to: 'const items = [...others];' },
  { name: 'a retry has no condition on the owner', file: 'runtime/rows/retry-rows.ts', from: "and: '#owner = :owner',", to: "and: '#owner = :owner OR attribute_exists(#owner)'," },
  { name: 'a retry has no condition on the attempt', file: 'runtime/rows/retry-rows.ts', from: "return { from: ['errored'], attempt,", to: "return { from: ['errored', 'uploaded', 'processing', 'ready']," },
  { name: 'a lost message of a retry is not repeated', file: 'sweeper/settle.runtime.ts', from: 'uploaded: submitAgain,', to: 'uploaded: nothingIsDue,' },
  { name: 'a list contains videos of the former owner', file: 'contract/derived-rows.ts', from: 'pk: titlePartition(owner), sk: titleSort({ title: foldedTitle, videoId })', to: "pk: titlePartition(owner.replace('bob', 'ann')), sk: titleSort({ title: foldedTitle, videoId })" },
  {
    name: 'the sweeper publishes without a condition on the version', seed: 5, file: 'runtime/rows/publication-rows.ts',
    from: "and: '#version = :version',", to: "and: '#version = :version OR attribute_exists(#version)',",
  },
  { name: 'an edit of the publication times does not set the due time', seed: 2, file: 'runtime/rows/edit-rows.ts', from: 'due: due === stored ? undefined : due,', to: '' },
  { name: 'a video that becomes ready has no due time', file: 'runtime/rows/video-repository.ts', from: "due: dueTime({ ...row, status: 'ready' }, sourceDue, now),", to: 'due: sourceDue,' },
];
