import { rmSync } from 'fs';
import * as s3 from '@aws-sdk/client-s3';
import { accessOf, clientOf, rawTo, stackOf, startFake, uploadTo } from './fixture';
import { createLifecycle } from '../../../local/s3/lifecycle';
import { createS3 } from '../../../local/s3/s3';
import type { LocalStack } from '../../../local/types';
import { until } from '../fakes';

const Bucket = 'sources';
const Key = 'source/a';
const SIZE = 128 * 1024;
const DAY = 24 * 3600_000;
const TAG = { Key: 'vod-archive', Value: 'GLACIER' };
const tags = { [TAG.Key]: TAG.Value };

const cleanups: (() => unknown)[] = [];
afterEach(async () => { for (const cleanup of cleanups.splice(0)) await cleanup(); });

/** Returns a local S3 whose bucket has these lifecycle rules. */
function s3With(rules: object[] | undefined, more: object = {}, dataFolder?: string) {
  const properties = rules ? { LifecycleConfiguration: { Rules: rules, ...more } } : {};
  const stack: LocalStack = stackOf([{ type: 'AWS::S3::Bucket', physicalId: Bucket, properties }], dataFolder);
  if (!dataFolder) cleanups.push(() => rmSync(stack.dataFolder, { recursive: true }));
  return { ...createS3({ stack, putEvent: () => undefined, access: accessOf() }), stack };
}

const archive = (more: object = {}, StorageClass = 'GLACIER', TransitionInDays = 0) => (
  { Status: 'Enabled', TagFilters: [TAG], Transitions: [{ StorageClass, TransitionInDays }], ...more });

test.each<[string, object[], { size?: number; tags?: Record<string, string>; days?: number; more?: object }, string | undefined]>([
  ['a tag', [archive()], {}, 'GLACIER'],
  ['another value of the tag', [archive()], { tags: { [TAG.Key]: 'other' } }, undefined],
  ['no tag', [archive()], { tags: {} }, undefined],
  ['two tags', [archive({ TagFilters: [TAG, { Key: 'a', Value: 'b' }] })], { tags: { ...tags, a: 'b' } }, 'GLACIER'],
  ['one of two tags', [archive({ TagFilters: [TAG, { Key: 'a', Value: 'b' }] })], {}, undefined],
  ['the prefix', [archive({ Prefix: 'source/' })], {}, 'GLACIER'],
  ['another prefix', [archive({ Prefix: 'ingest/' })], {}, undefined],
  ['a rule without conditions', [archive({ TagFilters: undefined })], { tags: {} }, 'GLACIER'],
  ['a disabled rule', [archive({ Status: 'Disabled' })], {}, undefined],
  ['DEEP_ARCHIVE', [archive({}, 'DEEP_ARCHIVE')], {}, 'DEEP_ARCHIVE'],
  ['the coldest of two classes', [archive({}, 'DEEP_ARCHIVE'), archive()], {}, 'DEEP_ARCHIVE'],
  ['the old form of a transition', [archive({ Transitions: undefined, Transition: { StorageClass: 'GLACIER', TransitionInDays: 0 } })], {}, 'GLACIER'],
  ['Intelligent-Tiering', [archive({}, 'INTELLIGENT_TIERING')], {}, undefined],
  ['2 days after 1 day', [archive({}, 'GLACIER', 2)], { days: 1 }, undefined],
  ['2 days after 2 days', [archive({}, 'GLACIER', 2)], { days: 2 }, 'GLACIER'],
  ['an object below 128 KB', [archive()], { size: SIZE - 1 }, undefined],
  ['an object below 128 KB, minimum of the storage class', [archive()], { size: 0, more: { TransitionDefaultMinimumObjectSize: 'varies_by_storage_class' } }, 'GLACIER'],
  ['an object below 128 KB, with a condition on the size', [archive({ ObjectSizeGreaterThan: '1' })], { size: 2 }, 'GLACIER'],
  ['an object that is too small', [archive({ ObjectSizeGreaterThan: '2' })], { size: 2 }, undefined],
  ['an object that is too large', [archive({ ObjectSizeLessThan: 2 })], { size: 2 }, undefined],
  ['the expiration of objects', [{ Status: 'Enabled', ExpirationInDays: 1 }], { days: 9 }, undefined],
])('%s', async (_, rules, { size = SIZE, tags: own = tags, days = 0, more }, expected) => {
  const { store, lifecycle, stack } = s3With(rules, more);
  await store.put(Bucket, Key, Buffer.alloc(size), { tags: own });
  const before = store.get(Bucket, Key)!;
  lifecycle.apply(before.lastModified.getTime() + days * DAY);
  expect(store.get(Bucket, Key)).toEqual({ ...before, ...expected && { storageClass: expected } });
  expect(s3With(undefined, {}, stack.dataFolder).store.get(Bucket, Key)).toEqual(store.get(Bucket, Key));
});

test('an archived object stays archived without its tag, and a new object with its key is not archived', async () => {
  const { store, lifecycle } = s3With([archive()]);
  await store.put(Bucket, Key, Buffer.alloc(SIZE), { tags });
  lifecycle.apply();
  store.update(Bucket, Key, { tags: undefined });
  lifecycle.apply();
  expect(store.get(Bucket, Key)).toMatchObject({ storageClass: 'GLACIER' });
  await store.put(Bucket, Key, Buffer.alloc(SIZE));
  expect(store.get(Bucket, Key)!.storageClass).toBeUndefined();
});

test('a timer applies the rules, also after an error', async () => {
  const { store, stack } = s3With([archive()]);
  await store.put(Bucket, Key, Buffer.alloc(SIZE), { tags });
  const faults = [new Error('ENOSPC: no space left on device')];
  const log = jest.spyOn(console, 'error').mockImplementation();
  const lifecycle = createLifecycle(stack, {
    ...store,
    update(...change) {
      const fault = faults.shift();
      if (fault) throw fault;
      store.update(...change);
    },
  }, 10);
  cleanups.push(() => lifecycle.stop());
  lifecycle.start();
  await until(() => store.get(Bucket, Key)!.storageClass !== undefined);
  expect(log.mock.calls).toEqual([[expect.stringContaining('ENOSPC')]]);
  log.mockRestore();
});

test('an archived object can be described, tagged, replaced and deleted, but not read or copied', async () => {
  const { store, service, lifecycle } = s3With([archive()]);
  const served = await startFake(service, accessOf());
  const client = clientOf(served.endpoint);
  cleanups.push(() => client.destroy(), () => served.stop());
  await store.put(Bucket, Key, Buffer.alloc(SIZE), { tags });
  const { ETag, StorageClass } = await client.send(new s3.HeadObjectCommand({ Bucket, Key }));
  expect(StorageClass).toBeUndefined();
  lifecycle.apply();
  const refused = { name: 'InvalidObjectState', $metadata: { httpStatusCode: 403 }, StorageClass: 'GLACIER' };
  for (const Range of [undefined, 'bytes=0-1']) await expect(client.send(new s3.GetObjectCommand({ Bucket, Key, Range }))).rejects.toMatchObject(refused);
  expect((await rawTo(served.endpoint, 'GET', `/${Bucket}/${Key}`)).body).toContain("<Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message>"
    .replace("'", '&apos;'));
  expect(await client.send(new s3.HeadObjectCommand({ Bucket, Key }))).toMatchObject({ StorageClass: 'GLACIER', ContentLength: SIZE, ETag });
  expect((await client.send(new s3.ListObjectsV2Command({ Bucket }))).Contents).toMatchObject([{ Key, StorageClass: 'GLACIER' }]);
  const CopySource = `${Bucket}/${Key}`;
  const notActive = { name: 'ObjectNotInActiveTierError', $metadata: { httpStatusCode: 403 } };
  await expect(client.send(new s3.CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))).rejects.toMatchObject(notActive);
  const upload = uploadTo(client, Bucket, 'copy');
  await upload.start({});
  await expect(client.send(new s3.UploadPartCopyCommand({ ...upload.target(), PartNumber: 1, CopySource }))).rejects.toMatchObject(notActive);
  await client.send(new s3.PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [] } }));
  await client.send(new s3.DeleteObjectCommand({ Bucket, Key, IfMatch: ETag }));
  expect(store.get(Bucket, Key)).toBeUndefined();
});
