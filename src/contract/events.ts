import { JsonSchema, openEventDetailSchema } from './schemas';

/** The `source` of every event of the service. */
export const EVENT_SOURCE = 'serverless-vod';

/** Every type of event, with a summary of when it is sent. */
export const VIDEO_EVENTS = {
  'video.created': 'A user declared an upload',
  'video.uploaded': 'The source file has arrived (`attempt` is 1), or a failed attempt starts again (`attempt` is 2 or more)',
  'video.processing': 'The MediaConvert job of the attempt was created',
  'video.held': 'The video was transcoded, and a check of your app holds it back',
  'video.ready': 'The video can be watched',
  'video.errored': 'The video cannot become ready: `video.error` contains the reason',
  'video.updated': 'A user edited the video',
  'video.expiring': 'A retention rule will delete the video soon',
  'video.deleting': 'The deletion of the video started: users can no longer see it',
  'video.deleted': 'All data of the video is deleted',
} as const;

/** The detail type of an event. */
export type VideoEventType = keyof typeof VIDEO_EVENTS;

/** Event types that no code of this version causes yet. They are sent if a script writes rows. */
export const NOT_CAUSED_YET: readonly VideoEventType[] = ['video.held', 'video.updated', 'video.expiring', 'video.deleting', 'video.deleted'];

/** Returns the id of an event, `{videoId}:{version}:{type}`. It is the same when the event is delivered again. */
export function eventId(videoId: string, version: number, type: VideoEventType): string {
  return `${videoId}:${version}:${type}`;
}

/** Returns the `webhooks` of the OpenAPI document: the events on the bus. The schema describes the `detail` of the EventBridge event. */
export function webhooks(refer: (schema: JsonSchema) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(VIDEO_EVENTS).map(([type, summary]) => [type, {
    post: {
      summary: `${summary}.`,
      description: [
        `An event on the event bus of the service: source \`${EVENT_SOURCE}\`, detail type \`${type}\`, resource the ARN of the catalog's table.`,
        'The schema describes `detail`.',
        ...(NOT_CAUSED_YET.includes(type as VideoEventType) ? ['No code of this version causes this event yet. It is sent if a script writes rows.'] : []),
      ].join(' '),
      requestBody: { content: { 'application/json': { schema: refer(openEventDetailSchema) } } },
      responses: { 200: { description: 'The response of an EventBridge target, which depends on the type of target' } },
    },
  }]));
}
