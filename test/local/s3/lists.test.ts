import { createHash } from 'crypto';
import { readdirSync } from 'fs';
import { join } from 'path';
import * as s3 from '@aws-sdk/client-s3';
import { bucketOf, useS3 } from './fixture';

const BUCKET = 'listed';
const KEYS = ['a&b', 'b/1', 'b/2', 'ö', '\u{1f3ac}'];

const { stack, access, client } = useS3(bucketOf(BUCKET));

beforeAll(async () => {
  for (const Key of KEYS.toReversed()) await client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key, Body: 'data' }));
});

const list = async (more: Partial<s3.ListObjectsV2CommandInput> = {}, Bucket = BUCKET) => {
  const { Contents = [], IsTruncated } = await client.send(new s3.ListObjectsV2Command({ Bucket, ...more }));
  return [Contents.map(({ Key }) => Key), IsTruncated];
};

test('lists objects in key order, in pages, and after a key', async () => {
  expect(await list()).toEqual([KEYS, false]);
  expect(await list({ MaxKeys: 2 })).toEqual([KEYS.slice(0, 2), true]);
  expect(await list({ MaxKeys: 3, StartAfter: 'b/1' })).toEqual([KEYS.slice(2), false]);
  expect(await list({ Prefix: 'b/' })).toEqual([['b/1', 'b/2'], false]);
  const { Contents: [first] = [] } = await client.send(new s3.ListObjectsV2Command({ Bucket: BUCKET }));
  expect(first).toMatchObject({ Size: 4, ETag: `"${createHash('md5').update('data').digest('hex')}"`, LastModified: expect.any(Date) });
  await expect(list({}, 'nowhere')).rejects.toThrow('The specified bucket does not exist');
});

test('does not list a deleted object; a second deletion succeeds', async () => {
  for (let times = 0; times < 2; times++) await client.send(new s3.DeleteObjectCommand({ Bucket: BUCKET, Key: 'b/1' }));
  expect(await list()).toEqual([KEYS.filter((key) => key !== 'b/1'), false]);
  expect(readdirSync(join(stack.dataFolder, 's3', BUCKET))).toHaveLength(2 * (KEYS.length - 1));
  expect(access.asked.map(({ action }) => action)).toEqual(['s3:DeleteObject', 's3:DeleteObject', 's3:ListBucket']);
});
