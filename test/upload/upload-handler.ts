import { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { Validator } from '@cfworker/json-schema';
import { mockClient } from 'aws-sdk-client-mock';
import { PROBLEMS } from '../../src/contract/problems';
import { OperationId, Route, ROUTES } from '../../src/contract/routes';
import { detailsKey, VideoRow } from '../../src/contract/table';
import type { UploadSettings } from '../../src/contract/upload';
import { apiEvent } from '../runtime/api-event';
import { idOf, videoRow } from '../runtime/rows/catalog-table';

export const MIB = 1024 ** 2;

export const SETTINGS: UploadSettings = {
  maxSize: 1000 * MIB,
  multipartThreshold: 20 * MIB,
  contentTypes: ['video/*', 'application/mxf'],
  expirySeconds: 600,
  incompleteExpirySeconds: 24 * 3600,
  defaultVisibility: 'unlisted',
  quotas: { openUploads: 10, videos: 100, storedBytes: 5000 * MIB, uploadsPerDay: 50 },
};

export const VIDEO_ID = idOf(1);
export const KEY = `source/${VIDEO_ID}/original`;
export const UPLOAD_ID = 'upload.1_a-b';
/** CRC32 values in base64. */
export const [CRC, OTHER_CRC] = ['yZRlqg==', 'AAAAAA=='];

/** The credentials of the signing role. */
export const SIGNING = { accessKeyId: 'AKIDSIGN', secretAccessKey: 'sign-secret', sessionToken: 'sign-session' };

type Entry = typeof import('../../src/upload/manage-uploads.lambda');

export interface Sent {
  readonly userId?: string;
  readonly groups?: string[];
  readonly body?: unknown;
  readonly query?: Record<string, string>;
  readonly videoId?: string;
}

/** Creates the handler with fake AWS services. Before each test, the fake table and the fake S3 become empty, and STS returns a session of the signing role. */
export function uploadHandler(settings: UploadSettings = SETTINGS) {
  const dynamodb = mockClient(DynamoDBDocumentClient);
  const s3 = mockClient(S3Client);
  const sts = mockClient(STSClient);
  let handler: Entry['handler'];

  beforeAll(() => {
    // The handler reads its environment when it is imported.
    Object.assign(process.env, {
      TABLE_NAME: 'videos',
      SOURCE_BUCKET: 'sources',
      SOURCE_ADDRESS: 'https://sources.s3.eu-central-1.amazonaws.com',
      UPLOAD_ROLE_ARN: 'arn:aws:iam::123456789012:role/sign',
      UPLOAD_SETTINGS: JSON.stringify(settings),
      ROLES: JSON.stringify({ uploaders: ['makers'], admins: ['bosses'] }),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the-secret',
      AWS_SESSION_TOKEN: 'the-session',
    });
    ({ handler } = jest.requireActual<Entry>('../../src/upload/manage-uploads.lambda'));
  });
  beforeEach(() => {
    dynamodb.reset();
    s3.reset();
    sts.reset();
    dynamodb.on(GetCommand).resolves({});
    sts.on(AssumeRoleCommand).resolves({
      Credentials: {
        AccessKeyId: SIGNING.accessKeyId,
        SecretAccessKey: SIGNING.secretAccessKey,
        SessionToken: SIGNING.sessionToken,
        Expiration: new Date(Date.now() + 3600_000),
      },
    });
  });

  return {
    dynamodb,
    s3,
    sts,
    /** Sends a request, and checks the response against the contract. */
    async send(operationId: OperationId, { userId = 'ann', groups = ['makers'], body, query, videoId = VIDEO_ID }: Sent = {}): Promise<{ status: number; body: any }> {
      const { method, path, pathParameters, status: success, response, body: requestBody, problems = [] }: Route = ROUTES[operationId];
      const { statusCode, body: text } = await handler(apiEvent(method, path, { userId, groups, body, query, path: pathParameters && { videoId } }));
      const parsed = text === '' ? undefined : JSON.parse(text);
      if (statusCode < 400) {
        expect(statusCode).toBe(success);
        expect(response ? new Validator(response as object, '4').validate(parsed) : parsed).toEqual(response ? { valid: true, errors: [] } : undefined);
      } else if (statusCode !== 500) {
        expect(['invalid_request', 'malformed_json', 'not_signed_in', ...(requestBody ? ['too_large'] : []), ...problems]).toContain(parsed.code);
        expect(PROBLEMS[parsed.code as keyof typeof PROBLEMS].status).toBe(statusCode);
      }
      return { status: statusCode, body: parsed };
    },
    /** Stores a row and returns it. By default, the row has a multipart upload of two parts, with 16 MiB and 4 MiB. */
    given(row: Partial<VideoRow> = {}): VideoRow {
      const whole = multipartRow(row);
      dynamodb.on(GetCommand).resolves({ Item: whole });
      dynamodb.on(GetCommand, { Key: detailsKey(VIDEO_ID) }).resolves({});
      return whole;
    },
  };
}

/** Returns the row of a multipart upload of 20 MiB in parts of 16 MiB. */
export function multipartRow(row: Partial<VideoRow> = {}): VideoRow {
  const now = new Date().toISOString();
  return videoRow({
    videoId: VIDEO_ID, owner: 'ann', createdAt: now, updatedAt: now, multipart: { id: UPLOAD_ID, partSize: 16 * MIB }, ...row,
    source: { bucket: 'sources', key: KEY, fileName: 'a.mp4', contentType: 'video/mp4', size: 20 * MIB, ...row.source },
  });
}

/** Returns the row of an upload that uses one PUT request. */
export const singleRow = (row: Partial<VideoRow> = {}): VideoRow => ({ ...multipartRow(row), multipart: undefined });

/** Returns an error with the code and the HTTP status of S3. */
export function s3Error(name: string, status: number): Error {
  return Object.assign(new Error(`S3: ${name}`), { name, $fault: 'client', $metadata: { httpStatusCode: status } });
}

/** Returns parts as ListParts returns them. */
export const storedParts = (sizes: readonly number[], first = 1) => sizes.map((Size, index) => (
  { PartNumber: first + index, Size, ETag: `"etag-${first + index}"`, ChecksumCRC32: CRC, LastModified: new Date() }));
