import type { Load } from './load';
import type { EventDetail } from '../../../src/runtime/route-types';

export interface Heard { readonly 'detail-type': string; readonly 'detail': EventDetail }
export interface Row { readonly videoId: string; readonly title: string; readonly status: string; readonly version: number }

const ENDS = ['ready', 'errored'];

/** Call this function after the last write. */
export function problemsOf({ known, titles }: Load, rows: readonly Row[], heard: Readonly<Record<string, readonly Heard[]>>): string[] {
  const stored = new Map(rows.map((row) => [row.videoId, row]));
  const found: string[] = [];
  const contents = new Map<string, string>();
  for (const [target, events] of Object.entries(heard)) {
    const byId = new Map<string, Heard>();
    for (const event of events) {
      const { detail } = event;
      const content = JSON.stringify(detail);
      if ((contents.get(detail.eventId) ?? content) !== content) found.push(`${target}: ${detail.eventId} was delivered with different content`);
      contents.set(detail.eventId, content);
      byId.set(detail.eventId, event);
    }
    found.push(...missing(byId).map((problem) => `${target}: ${problem}`), ...invented(byId).map((problem) => `${target}: ${problem}`));
  }
  for (const [videoId, { isUploaded, isRemoving, edits }] of known) {
    const row = stored.get(videoId);
    if (!row && !isRemoving) found.push(`${videoId} is lost`);
    if (row && row.version < Math.max(...edits.keys())) found.push(`${videoId}: its last edit is lost`);
    if (row && isUploaded && !ENDS.includes(row.status)) found.push(`${videoId} is stuck in ${row.status}`);
  }
  return found;

  function missing(byId: ReadonlyMap<string, Heard>): string[] {
    const lacks = (videoId: string, version: number, type: string) => byId.has(`${videoId}:${version}:video.${type}`) ? [] : [`${videoId}:${version}:video.${type} is missing`];
    return [
      ...[...known].flatMap(([videoId, { edits, removed }]) => [
        ...lacks(videoId, 1, 'created'),
        ...[...edits.keys()].flatMap((version) => lacks(videoId, version, 'updated')),
        ...removed === undefined ? [] : lacks(videoId, removed + 1, 'deleted'),
      ]),
      // A row can exist although its creation was not acknowledged.
      ...rows.flatMap(({ videoId, status }) => [
        ...lacks(videoId, 1, 'created'),
        ...ENDS.includes(status) && ![...byId.keys()].some((id) => id.startsWith(`${videoId}:`) && id.endsWith(`:video.${status}`)) ? [`${videoId}: video.${status} is missing`] : [],
      ]),
    ];
  }

  function invented(byId: ReadonlyMap<string, Heard>): string[] {
    const edited = new Map<string, string>();
    return [...byId].flatMap(([eventId, { 'detail-type': type, 'detail': { version, video: { videoId, title, status } } }]) => {
      const [video, row] = [known.get(videoId), stored.get(videoId)];
      const wrong: string[] = [];
      if (!video && !titles.has(title)) wrong.push('no request created this video');
      if (video && !video.titles.includes(title)) wrong.push(`no request set the title ${title}`);
      if (video && (video.edits.get(version) ?? title) !== title) wrong.push(`this version had the title ${video.edits.get(version)}, not ${title}`);
      if (row && (version > row.version || version === row.version && (title !== row.title || status !== row.status))) wrong.push('it differs from the stored row');
      if (!row && video && !video.isRemoving || type === 'video.deleted' && row) wrong.push('no request removed the video');
      if (type === 'video.updated') {
        if (edited.has(title)) wrong.push(`its edit was also delivered as ${edited.get(title)}`);
        edited.set(title, eventId);
      }
      return wrong.map((problem) => `${eventId}: ${problem}`);
    });
  }
}
