import { createHash } from 'crypto';
import { mkdtempSync, rmSync } from 'fs';
import { createServer, request as httpRequest, type Server } from 'http';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { Readable } from 'stream';
import { crc32 as crc32Of } from 'zlib';
import * as s3 from '@aws-sdk/client-s3';
import { parseUrl } from '@smithy/core/protocols';
import type { Access } from '../../../local/access/access';
import { createS3 } from '../../../local/s3/s3';
import type { Resource } from '../../../local/template/resources';
import { AwsError, type AwsService, type BusEvent, type LocalStack, type Need, type Part } from '../../../local/types';

export const REGION = 'eu-central-1';
export const ACCOUNT = '111122223333';

interface GivenResource { type: string; physicalId: string; properties?: Record<string, unknown>; attributes?: Record<string, string> }

export function stackOf(resources: readonly GivenResource[],
  dataFolder = mkdtempSync(join(tmpdir(), 'vod-'))): LocalStack {
  const all: Resource[] = resources.map((resource, index) => ({ logicalId: `R${index}`, attributes: {}, properties: {}, ...resource }));
  return {
    region: REGION,
    account: ACCOUNT,
    stackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/test/1`,
    dataFolder,
    ofType: (type) => all.filter((resource) => resource.type === type),
    byArn: (arn) => {
      const found = all.find(({ physicalId, attributes }) => physicalId === arn || attributes.Arn === arn);
      if (!found) throw new Error(`no resource ${arn}`);
      return found;
    },
    assetFolder: () => { throw new Error('no assets here'); },
  };
}

/** The members of `Access` that the local S3 and MediaConvert use. */
export type TestAccess = Pick<Access, 'require' | 'has' | 'refusals'> & { readonly asked: Need[] };

/** Returns a fake `Access` that denies the actions in `denied`. The fake records every required permission. */
export function accessOf(denied: (need: Need) => boolean = () => false): TestAccess {
  const asked: Need[] = [];
  const refusals: Access['refusals'] = [];
  return {
    asked,
    refusals,
    has: async (_, need) => !denied(need),
    require: async (principal, needs) => {
      asked.push(...needs);
      const refused = needs.find(denied);
      if (!refused) return;
      refusals.push({ principal: principal.id, ...refused });
      throw new AwsError('AccessDenied', 'Access Denied', 403);
    },
  };
}

type Served = Part & { endpoint: string; server: Server };

/** Starts a minimal AWS endpoint with one service and one principal. The endpoint does not check signatures. */
export async function startFake(service: AwsService, access: TestAccess, readBody = false): Promise<Served> {
  const server = createServer((raw, response) => {
    void (async () => {
      if (service.unsigned?.(raw, response)) return;
      const url = new URL(raw.url!, 'http://aws');
      const chunks: Buffer[] = [];
      if (readBody) for await (const chunk of raw) chunks.push(chunk);
      const request = {
        method: raw.method!,
        path: raw.url!.split('?')[0],
        query: url.searchParams,
        headers: raw.headers as Record<string, string>,
        raw,
        ...readBody && { body: Buffer.concat(chunks) },
        principal: { id: `arn:aws:iam::${ACCOUNT}:role/caller`, kind: 'role' as const },
      };
      await access.require(request.principal, service.needs(request));
      await service.handle(request, response);
    })().catch((error: Error) => service.fail(error instanceof AwsError ? error : new AwsError('InternalError', `${error.stack}`, 500), response, raw));
  });
  server.keepAliveTimeout = 60_000; // Some tests block the event loop for longer than the default timeout.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Request = [method: string, path: string, headers?: Record<string, string>, body?: Buffer | Readable];

/** Sends raw headers and raw paths, which the SDK does not support. */
export const rawTo = (endpoint: string, ...[method, path, headers = {}, body]: Request) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = httpRequest(`${endpoint}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: `${Buffer.concat(chunks)}` }));
    }).on('error', reject);
    if (body instanceof Readable) body.pipe(sent);
    else sent.end(body);
  });

/** Returns a client for the S3 server at `endpoint`. The client computes checksums only where a test asks for them. */
export const clientOf = (endpoint: s3.S3ClientConfig['endpoint'], more: Partial<s3.S3ClientConfig> = {}) => new s3.S3Client({
  endpoint, region: REGION, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1, requestChecksumCalculation: 'WHEN_REQUIRED', ...more,
});

/** Returns a bucket for `stackOf`. */
export const bucketOf = (physicalId: string, properties: Record<string, unknown> = {}): GivenResource => ({ type: 'AWS::S3::Bucket', physicalId, properties });

/** The property of a bucket that sends its events to EventBridge. */
export const SENDS_EVENTS = { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } };

/**
 * Starts the local S3 before the tests of a file, and stops it after them. Before each test, `events` and `access.asked` are emptied, and no action is denied.
 */
export function useS3(...resources: GivenResource[]) {
  const stack = stackOf(resources);
  const events: BusEvent[] = [];
  const rule = { denies: (_need: Need): boolean => false };
  const access = accessOf((need) => rule.denies(need));
  const { service, store } = createS3({ stack, putEvent: (event) => events.push(event), access });
  let served: Served;
  const client = clientOf(async () => parseUrl(served.endpoint));
  beforeAll(async () => { served = await startFake(service, access); });
  beforeEach(() => {
    rule.denies = () => false;
    events.length = 0;
    access.asked.length = 0;
  });
  afterAll(async () => {
    client.destroy();
    await served.stop();
    rmSync(stack.dataFolder, { recursive: true });
  });
  return {
    stack, events, access, service, store, client,
    endpoint: () => served.endpoint,
    raw: (...request: Request) => rawTo(served.endpoint, ...request),
    /** Denies the needs for which `denies` returns true, until the end of the test. */
    deny: (denies: (need: Need) => boolean) => { rule.denies = denies; },
  };
}

/** Returns the CRC32 of data in base64. */
export function crc32(data: Buffer | string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32Of(data));
  return sum.toString('base64');
}

export const md5 = (data: Buffer | string) => createHash('md5').update(data).digest('hex');

/** The minimum size of every part except the last part. */
export const PART_BYTES = 5 * 1024 ** 2;

export type Upload = ReturnType<typeof uploadTo>;

/** Returns shortcuts for the requests of one multipart upload. */
export function uploadTo(client: s3.S3Client, Bucket: string, Key: string) {
  let UploadId = '';
  const target = () => ({ Bucket, Key, UploadId });
  return {
    target,
    async start(more: Partial<s3.CreateMultipartUploadCommandInput> = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }) {
      const answer = await client.send(new s3.CreateMultipartUploadCommand({ Bucket, Key, ...more }));
      UploadId = answer.UploadId!;
      return answer;
    },
    /** Sends a part, and returns the whole response. */
    send: (more: Partial<s3.UploadPartCommandInput>) => client.send(new s3.UploadPartCommand({ ...target(), PartNumber: 1, ...more })),
    /** Sends a part. By default, the request contains the part's CRC32. `more` replaces this option. */
    async part(PartNumber: number, data: Buffer | string, more: Partial<s3.UploadPartCommandInput> = { ChecksumCRC32: crc32(data) }) {
      const { ETag, ChecksumCRC32 } = await client.send(new s3.UploadPartCommand({ ...target(), PartNumber, Body: data, ...more }));
      return { PartNumber, ETag, ChecksumCRC32 };
    },
    complete: (Parts: s3.CompletedPart[], more: Partial<s3.CompleteMultipartUploadCommandInput> = {}) => (
      client.send(new s3.CompleteMultipartUploadCommand({ ...target(), MultipartUpload: { Parts }, ...more }))),
    abort: (more: Partial<s3.AbortMultipartUploadCommandInput> = {}) => client.send(new s3.AbortMultipartUploadCommand({ ...target(), ...more })),
    list: (more: Partial<s3.ListPartsCommandInput> = {}) => client.send(new s3.ListPartsCommand({ ...target(), ...more })),
  };
}
