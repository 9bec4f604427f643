import { BROWSER } from './graph';

/**
 * One arrow of a path in the picture. `from` and `to` are names of public properties, such as `upload.bucket`. `by` must equal `Edge.by` of a connection in
 * the template.
 */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly text: string;
}

export interface Path {
  readonly name: string;
  readonly color: string;
  readonly steps: readonly Step[];
}

/** The name of the app's queue for `video.ready` events. */
export const CONSUMER = 'consumer';
/** The name of the secret that stores the private signing key. No public property returns this secret. */
export const SIGNING_KEY = 'signing key';

/** The steps of each path, in chronological order. `dot` throws an error if the template has no connection for a step. */
export const PATHS: readonly Path[] = [
  {
    name: 'Upload',
    color: '#0b57d0',
    steps: [
      { from: BROWSER, to: 'delivery.distribution', by: '/api/*', text: 'POST upload' },
      { from: 'delivery.distribution', to: 'api.restApi', by: '/api/*', text: '' },
      { from: 'api.restApi', to: 'upload.manageUploadsFunction', by: 'POST /upload', text: '' },
      { from: 'upload.manageUploadsFunction', to: 'upload.signingRole', by: 'sts:AssumeRole', text: 'signs' },
      { from: 'upload.manageUploadsFunction', to: 'catalog.table', by: 'dynamodb:PutItem', text: 'waiting' },
      { from: BROWSER, to: 'upload.bucket', by: 'PUT', text: 'PUT signed URL' },
      { from: 'upload.bucket', to: 'transcode.submitQueue', by: 'rule: Object Created', text: 'Object Created' },
      { from: 'transcode.submitQueue', to: 'transcode.submitJobFunction', by: 'event source mapping', text: '' },
      { from: 'transcode.submitJobFunction', to: 'catalog.table', by: 'dynamodb:UpdateItem', text: 'processing' },
      { from: 'transcode.submitJobFunction', to: 'transcode.queue', by: 'mediaconvert:CreateJob', text: 'CreateJob' },
      { from: 'transcode.queue', to: 'upload.bucket', by: 's3:GetObject', text: 'reads' },
      { from: 'transcode.queue', to: 'delivery.bucket', by: 's3:PutObject', text: 'writes' },
      { from: 'transcode.queue', to: 'transcode.recordJobEventFunction', by: 'rule: MediaConvert Job State Change', text: 'job event' },
      { from: 'transcode.recordJobEventFunction', to: 'catalog.table', by: 'dynamodb:UpdateItem', text: 'ready' },
    ],
  },
  {
    name: 'Upload in parts',
    color: '#7b1fa2',
    steps: [
      { from: 'api.restApi', to: 'upload.manageUploadsFunction', by: 'POST /upload/{videoId}/parts', text: 'parts' },
      { from: BROWSER, to: 'upload.bucket', by: 'PUT', text: 'PUT each part' },
      { from: 'api.restApi', to: 'upload.manageUploadsFunction', by: 'POST /upload/{videoId}/complete', text: 'complete' },
      { from: 'upload.manageUploadsFunction', to: 'upload.bucket', by: 's3:PutObject', text: 'joins parts' },
    ],
  },
  {
    name: 'Event',
    color: '#b3261e',
    steps: [
      { from: 'catalog.table', to: 'catalog.publishEventsFunction', by: 'event source mapping', text: 'stream' },
      { from: 'catalog.publishEventsFunction', to: 'catalog.eventBus', by: 'events:PutEvents', text: 'PutEvents' },
      { from: 'catalog.eventBus', to: CONSUMER, by: 'rule: video.ready', text: 'video.ready' },
    ],
  },
  {
    name: 'Playback',
    color: '#146c2e',
    steps: [
      { from: BROWSER, to: 'delivery.distribution', by: '/api/*', text: 'POST playback' },
      { from: 'delivery.distribution', to: 'api.restApi', by: '/api/*', text: '' },
      { from: 'api.restApi', to: 'delivery.startPlaybackFunction', by: 'POST /streams/{videoId}/playback', text: '' },
      { from: 'delivery.startPlaybackFunction', to: 'catalog.table', by: 'dynamodb:GetItem', text: 'reads' },
      { from: 'delivery.startPlaybackFunction', to: SIGNING_KEY, by: 'secretsmanager:GetSecretValue', text: 'reads' },
      { from: BROWSER, to: 'delivery.distribution', by: '/v/*', text: 'GET media' },
      { from: 'delivery.distribution', to: 'delivery.bucket', by: '/v/*', text: '' },
    ],
  },
];
