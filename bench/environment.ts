import type { Variable } from '../src/contract/environment';
import { DEFAULT_LADDER } from '../src/transcode/job/ladder';

/** Environment variables with which every handler starts. */
export const ENVIRONMENT: Readonly<Record<Variable, string>> = {
  APP_ORIGINS: '[]',
  CLIENT_ID: 'client',
  EVENT_BUS_NAME: 'bus',
  FAILED_EVENTS_BUCKET: 'failed',
  HANDLERS: '["catalog/read-videos"]',
  HOSTED_UI: 'https://vod.auth.us-east-1.amazoncognito.com',
  ISSUER: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool',
  JOB_ROLE_ARN: 'arn:aws:iam::123456789012:role/job',
  MAX_RECEIVES: '5',
  MEDIA_BUCKET: 'media',
  SERVICE_URL: 'https://videos.example.com',
  QUEUE_ARN: 'arn:aws:mediaconvert:us-east-1:123456789012:queues/q',
  REFRESH_SECONDS: '3600',
  RETURN_ORIGINS: '[]',
  ROLES: JSON.stringify({ uploaders: ['makers'], admins: ['bosses'] }),
  SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x',
  SESSION_SECONDS: '3600',
  SIGNING_KEYS: JSON.stringify([{ keyPairId: 'K1', secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:k' }]),
  SOURCE_ADDRESS: 'https://sources.s3.amazonaws.com',
  SOURCE_BUCKET: 'sources',
  TABLE_ARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/table',
  TABLE_NAME: 'table',
  TOKEN_RULES: JSON.stringify({ issuer: 'https://issuer.example.com', audiences: ['web'], use: 'id', groupsClaim: 'groups' }),
  TRANSCODE_SETTINGS: JSON.stringify({ ladder: DEFAULT_LADDER, segmentSeconds: 6, maxFrameRate: 30, maxDurationSeconds: 3600 }),
  SUBMIT_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/uploads',
  UPLOAD_SETTINGS: JSON.stringify({ maxSize: 1e9, contentTypes: ['video/*'], expirySeconds: 600, defaultVisibility: 'signed-in' }),
};
