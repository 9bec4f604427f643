import type { PlantedBug } from '../histories/sources';

/** Bugs that the histories of uploads must find. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'an expired upload keeps its bytes', file: 'runtime/rows/upload-rows.ts',
    from: `}, { openUploads: -1, storedBytes: -row.source.size }),

    async abortUpload`,
    to: '}, { openUploads: -1 }), async abortUpload',
  },
  {
    name: 'the removal of an aborted upload changes the usage again', file: 'runtime/rows/upload-rows.ts',
    from: "...(status === 'deleting' ? [] : [addUsage(tableName, owner, { videos: -1 })])", to: 'addUsage(tableName, owner, { videos: -1 })',
  },
  {
    name: 'the removal of an upload has no condition on the version', file: 'runtime/rows/upload-rows.ts',
    from: "ConditionExpression: '#version = :version',", to: "ConditionExpression: '#version = :version OR attribute_not_exists(#version)',",
  },
  {
    name: 'a write has no condition on the status', file: 'runtime/rows/row-changes.ts',
    from: "`#status IN (${from.map((_, i) => `:from${i}`).join(', ')})`", to: "`(#status IN (${from.map((_, i) => `:from${i}`).join(', ')}) OR attribute_exists(#status))`",
  },
  { name: 'the quotas allow one upload or one byte more', file: 'runtime/rows/usage.ts', from: 'quotas[name] - added[name]', to: 'quotas[name] - added[name] + 1' },
  { name: 'the quota of the day allows one upload more', file: 'runtime/rows/usage.ts', from: '#uploadsOfDay < :uploadsPerDay', to: '#uploadsOfDay <= :uploadsPerDay' },
  { name: 'the counter of the day continues on the next day', file: 'runtime/rows/day-counter.ts', from: 'isFirstOfDay = usage.day < day;', to: "isFirstOfDay = usage.day === '';" },
  {
    name: 'concurrent first uploads of a day start the counter twice', file: 'runtime/rows/usage.ts',
    from: "'(attribute_not_exists(#day) OR #day < :day)'", to: "'(attribute_not_exists(#day) OR #day <= :day)'",
  },
  { name: 'S3 does not compare the checksum of the joined parts', file: 'upload/multipart-uploads.runtime.ts', from: '          ChecksumCRC32: checksum,\n', to: '' },
  {
    name: 'a repeated completion does not compare the checksum', file: 'upload/continue-upload.runtime.ts',
    from: 'if (checksum !== undefined && object?.checksum !== undefined && object.checksum !== checksum) throw otherFile();', to: '',
  },
  { name: 'the completion reads only the first page of parts', file: 'upload/continue-upload.runtime.ts', from: 'if (page.next === undefined) return parts;', to: 'return parts;' },
  { name: 'the sweeper reads only the first page of parts', file: 'sweeper/settle-upload.runtime.ts', from: 'if (page?.next === undefined) break;', to: 'break;' },
  { name: 'a replaced part ends the upload', file: 'upload/multipart-uploads.runtime.ts', from: "InvalidPart: 'parts_changed'", to: "InvalidPart: 'ended'" },
  {
    name: 'an abort does not look for the object', file: 'upload/continue-upload.runtime.ts',
    from: 'if (await uploads.findObject(row.source.key)) throw new HttpProblem', to: 'if (row.attempt < 0) throw new HttpProblem',
  },
  {
    name: 'the parts of an aborted upload are aborted only once', file: 'sweeper/settle-upload.runtime.ts', from: 'if (parts) await upload.uploads.abort(parts);', to: '',
  },
  {
    name: 'the row is removed before the parts', file: 'sweeper/settle-upload.runtime.ts', seed: 3,
    from: `  if (parts) await upload.uploads.abort(parts);
  await upload.uploads.deleteObject(row.source.key);
  console.info({ message: 'upload removed', videoId: row.videoId, recorded: await videos.removeUpload(row) });
`,
    to: `  console.info({ message: 'upload removed', videoId: row.videoId, recorded: await videos.removeUpload(row) });
  if (parts) await upload.uploads.abort(parts);
  await upload.uploads.deleteObject(row.source.key);
`,
  },
  { name: 'the source file of a removed upload remains', file: 'sweeper/settle-upload.runtime.ts', from: '  await upload.uploads.deleteObject(row.source.key);\n', to: '' },
  { name: 'the sweeper expires an upload whose object exists', file: 'sweeper/settle-upload.runtime.ts', from: 'if (file) {', to: 'if (file && row.attempt < 0) {' },
  {
    name: 'the sweeper looks for the object before it aborts the parts', file: 'sweeper/settle-upload.runtime.ts',
    from: `  if (last === 'expired' && parts) await uploads.abort(parts);
  const file = await uploads.findObject(key);
`,
    to: `  const file = await uploads.findObject(key);
  if (!file && last === 'expired' && parts) await uploads.abort(parts);
`,
  },
  {
    name: 'a refused upload leaves its multipart upload', file: 'upload/plan-upload.runtime.ts',
    from: 'await uploads.abort({ key, uploadId: multipart.id })', to: 'await Promise.resolve()',
  },
  { name: 'an expired upload can be completed', file: 'upload/continue-upload.runtime.ts', from: "if (row.error?.code === 'upload_expired') throw notWaiting(row);", to: '' },
  {
    name: 'a URL expires later than its session', file: 'upload/sign-url.runtime.ts',
    from: 'Math.min(options.expirySeconds, MAX_UPLOAD_EXPIRY_SECONDS, sessionSeconds)', to: 'Math.min(options.expirySeconds, MAX_UPLOAD_EXPIRY_SECONDS)',
  },
  { name: 'a session is used after its end', file: 'upload/signing-session.runtime.ts', from: 'if (current && clock().getTime() < current.renewAt) return current.session;', to: 'if (current) return current.session;' },
  {
    name: 'a repeated event of an object creates a second video', file: 'runtime/rows/ingest-rows.ts',
    from: ", ConditionExpression: 'attribute_not_exists(pk)' } },\n        ...newItems", to: ' } },\n        ...newItems',
  },
  { name: 'the video of an object is not counted in bytes', file: 'runtime/rows/ingest-rows.ts', from: 'addUsage(tableName, owner, { videos: 1, storedBytes: size })', to: 'addUsage(tableName, owner, { videos: 1 })' },
  { name: 'a replaced object gets the id of the old object', file: 'ingest/ingest-objects.runtime.ts', from: 'version: id && id !== \'null\' ? id : etag', to: "version: id ?? ''" },
  { name: 'the event of a replaced object reads the new object', file: 'ingest/ingest-objects.runtime.ts', from: ', IfMatch: `"${etag}"`', to: '' },
  {
    name: 'the job of an object is requested only once', file: 'ingest/ingest-objects.runtime.ts',
    from: "if (row?.status === 'uploaded' && row.claim === undefined) return requestJob(ports, { videoId: existing, attempt: 1 });", to: '',
  },
];
