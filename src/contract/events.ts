import { JsonSchema, openEventDetailSchema } from './schemas';

/** What EventBridge shows as the sender of every event of ours. */
export const EVENT_SOURCE = 'serverless-vod';

/** Every event of a video, by its detail type, with when it is sent. */
export const VIDEO_EVENTS = {
  'video.created': 'An upload was declared',
  'video.uploaded': 'The source has arrived, or an attempt that failed begins anew: `attempt` tells which',
  'video.processing': 'Its MediaConvert job was submitted',
  'video.held': 'It was transcoded and is kept back by a check of your own',
  'video.ready': 'It can be watched',
  'video.errored': 'It can\'t become ready: `video.error` says why',
  'video.updated': 'Somebody edited it',
  'video.expiring': 'It is about to be deleted by a retention rule',
  'video.deleting': 'Its deletion has begun: nobody can see it any more',
  'video.deleted': 'Nothing of it is left',
} as const;

/** Detail type of an event. */
export type VideoEventType = keyof typeof VIDEO_EVENTS;

/** What no part of this version causes yet. A script that writes rows can, and its events are sent. */
export const NOT_CAUSED_YET: readonly VideoEventType[] = ['video.held', 'video.updated', 'video.expiring', 'video.deleting', 'video.deleted'];

/** `{videoId}:{version}:{type}`: the same each time an event is delivered again. */
export function eventId(videoId: string, version: number, type: VideoEventType): string {
  return `${videoId}:${version}:${type}`;
}

/** OpenAPI's `webhooks`: the events of the service's bus. They come in EventBridge's envelope, whose `detail` the schema describes. */
export function webhooks(refer: (schema: JsonSchema) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(VIDEO_EVENTS).map(([type, summary]) => [type, {
    post: {
      summary: `${summary}.`,
      description: [
        `An event on the event bus of the service: source \`${EVENT_SOURCE}\`, detail type \`${type}\`, resource the ARN of the catalog's table.`,
        'The schema is that of `detail`.',
        ...(NOT_CAUSED_YET.includes(type as VideoEventType) ? ['Nothing in this version causes it yet, except a script that writes rows.'] : []),
      ].join(' '),
      requestBody: { content: { 'application/json': { schema: refer(openEventDetailSchema) } } },
      responses: { 200: { description: 'Targets of EventBridge answer by their own rules' } },
    },
  }]));
}
