import { rmSync } from 'fs';
import * as s3 from '@aws-sdk/client-s3';
import { OBJECT_ROWS } from './conformance-objects.table';
import { type Answer, ROWS as UPLOAD_ROWS } from './conformance.table';
import { clientOf, stackOf } from './fixture';
import { CREDENTIALS as VERSITYGW_CREDENTIALS, hasGo, startVersitygw } from './versitygw';
import { startAwsEndpoint } from '../../../local/aws-endpoint/aws-endpoint';
import { createS3 } from '../../../local/s3/s3';
import { CREDENTIALS, fakeAccess } from '../fakes';

const Bucket = 'conformance';
const ROWS = [...UPLOAD_ROWS, ...OBJECT_ROWS];
/** `npm run s3-conformance` sets this variable, because the first build of versitygw takes minutes. */
const compares = process.env.S3_CONFORMANCE === 'versitygw';

const COMPARED = [
  'ETag', 'ChecksumAlgorithm', 'ChecksumCRC32', 'ChecksumType', 'IsTruncated', 'MaxParts', 'MaxKeys', 'MaxUploads', 'KeyCount', 'NextPartNumberMarker', 'NextKeyMarker', 'PartNumber',
  'Size', 'Key', 'ContentType', 'ContentLength', 'ContentRange', 'Metadata', 'TagCount',
];

/** Returns the values of a response that the test compares. Removes `key` from the values, because the key is different for each row and server. */
async function compared(response: Record<string, any>, key: string): Promise<Answer> {
  const { $metadata, Body, Parts, Contents, Uploads, CopyObjectResult, CopyPartResult, TagSet, ChecksumAlgorithm, ChecksumCRC32 } = response;
  // S3 and versitygw add a CRC64NVME if the client sends no checksum. The local S3 does not.
  const hasCrc32 = ChecksumCRC32 !== undefined || ChecksumAlgorithm === 'CRC32';
  // S3 returns the size only after an append (see "PutObject" in the Amazon S3 API Reference). versitygw always returns the size.
  const ignored = [...!hasCrc32 ? ['ChecksumAlgorithm', 'ChecksumType'] : [], ...$metadata ? ['Size'] : []];
  const facts = COMPARED.filter((name) => !ignored.includes(name)).map((name) => [name, response[name]]);
  const lists = Object.entries({ Parts, Contents, Uploads }).filter(([, list]) => list);
  const all: [string, unknown][] = [
    // AWS does not document the order of tags, and the order of versitygw varies.
    ['TagSet', TagSet?.toSorted((one: s3.Tag, other: s3.Tag) => one.Key!.localeCompare(other.Key!))],
    ['status', $metadata?.httpStatusCode],
    ...facts.map(([name, value]): [string, unknown] => [name, typeof value === 'string' ? value.replace(key, '') : value]),
    ...await Promise.all(Object.entries({ CopyObjectResult, CopyPartResult }).map(async ([name, result]): Promise<[string, unknown]> => (
      [name, result && await compared(result, key)]))),
    ['Body', await Body?.transformToString()],
    ...await Promise.all(lists.map(async ([name, list]): Promise<[string, unknown]> => (
      [name, await Promise.all(list.map((each: object) => compared(each, key)))]))),
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== '' && JSON.stringify(value) !== '{}'));
}

function describeServer(name: string, start: () => Promise<{ endpoint: string; credentials: s3.S3ClientConfig['credentials']; stop: () => Promise<void> }>, isLocal: boolean): void {
  describe(name, () => {
    let server: Awaited<ReturnType<typeof start>>;
    let client: s3.S3Client;
    let checking: s3.S3Client;
    beforeAll(async () => {
      server = await start();
      [client, checking] = (['WHEN_REQUIRED', 'WHEN_SUPPORTED'] as const).map((requestChecksumCalculation) => (
        clientOf(server.endpoint, { credentials: server.credentials, forcePathStyle: true, requestChecksumCalculation })));
      if (!isLocal) await client.send(new s3.CreateBucketCommand({ Bucket }));
    }, 15 * 60_000);
    afterAll(async () => {
      for (const each of [client, checking]) each?.destroy();
      await server?.stop();
    });

    test.each(ROWS.map((row, index) => [row.name, row, index] as const))('%s', async (_, { run, answer, versitygw }, index) => {
      const Key = `row-${index}`;
      const got = await run({ client, checking, Bucket, Key }).then((response) => compared(response, Key), (error) => {
        if (!error.$metadata?.httpStatusCode) throw error;
        return { status: error.$metadata.httpStatusCode, code: error.name };
      });
      expect(got).toEqual(isLocal ? answer : versitygw?.answer ?? answer);
    });
  });
}

describeServer('the local S3', async () => {
  const stack = stackOf([{ type: 'AWS::S3::Bucket', physicalId: Bucket }]);
  const access = fakeAccess();
  const { port, register, stop } = await startAwsEndpoint({ access });
  register(createS3({ stack, putEvent: () => undefined, access }).service);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: CREDENTIALS,
    async stop() {
      await stop();
      rmSync(stack.dataFolder, { recursive: true });
    },
  };
}, true);

if (compares && hasGo()) describeServer('versitygw', async () => ({ ...await startVersitygw(), credentials: VERSITYGW_CREDENTIALS }), false);
else if (compares) test('the answers are not compared with versitygw, because Go is missing: see https://go.dev/dl', () => console.warn('Go is missing, so versitygw was not run'));

test('a row names the document that decides each difference', () => {
  for (const { versitygw } of ROWS) if (versitygw) expect(versitygw).toEqual({ answer: expect.anything(), why: expect.stringMatching(/.{10}/), document: expect.stringMatching(/, Amazon S3/) });
});
