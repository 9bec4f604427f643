import { JsonSchema, openEventDetailSchema } from './schemas';

export const EVENT_SOURCE = 'serverless-vod';

/** All types of events, each with the reason why it is sent. */
export const VIDEO_EVENTS = {
  'video.created': 'A user requested an upload',
  'video.uploaded': 'The source file has arrived (`attempt` is 1), or the service transcodes the video again after a failure (`attempt` is 2 or more)',
  'video.processing': 'The service created a MediaConvert job for the video',
  'video.held': 'The video was transcoded, and your app has not released the video yet',
  'video.ready': 'The video is ready. Viewers can watch the video, unless its `publishAt` is in the future or its `unpublishAt` has passed',
  'video.published': 'The `publishAt` of a ready video was reached, or an edit of its publication times published the video',
  'video.unpublished': 'The `unpublishAt` of a published video was reached, or an edit of its publication times hid the video',
  'video.errored': 'The video failed: `video.error` contains the reason',
  'video.updated': 'A user edited the video, or an admin transferred the video to another owner',
  'video.expiring': 'A retention rule will delete the video soon',
  'video.deleting': 'The deletion of the video started, and users can no longer see the video. For example, the owner aborted the upload',
  'video.deleted': 'All data of the video is deleted',
} as const;

/** The detail type of an event. */
export type VideoEventType = keyof typeof VIDEO_EVENTS;

/** Event types that no function of this version causes. The service sends these events only if a script changes the row of a video. */
export const NOT_CAUSED_YET: readonly VideoEventType[] = ['video.held', 'video.expiring'];

/** Returns the id of an event: `{videoId}:{version}:{type}`. An event that is delivered again has the same id. */
export function eventId(videoId: string, version: number, type: VideoEventType): string {
  return `${videoId}:${version}:${type}`;
}

/** Returns the `webhooks` of the OpenAPI document, which describe the events on the event bus. */
export function webhooks(refer: (schema: JsonSchema) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(VIDEO_EVENTS).map(([type, summary]) => [type, {
    post: {
      summary: `${summary}.`,
      description: [
        `An EventBridge event with the source \`${EVENT_SOURCE}\`, the detail type \`${type}\` and the ARN of the catalog's table as its resource.`,
        'The schema describes the `detail` of the event.',
        ...(NOT_CAUSED_YET.includes(type as VideoEventType) ? ['This version of the service never causes this event. The event is sent only if a script changes the row of a video.'] : []),
      ].join(' '),
      requestBody: { content: { 'application/json': { schema: refer(openEventDetailSchema) } } },
      responses: { 200: { description: 'The response depends on the type of the EventBridge target' } },
    },
  }]));
}
