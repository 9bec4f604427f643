import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { RESULT, repositorySetting } from './repository-setting';
import { derivedKeys } from '../../../src/contract/derived-rows';
import type { VideoRow } from '../../../src/contract/table';
import { videoRepository } from '../../../src/runtime/rows/video-repository';

const { clock, declared, processing, repository, table } = repositorySetting();
const DUE = new Date('2026-11-30T00:00:00Z');
const ERROR = { code: 'corrupt', message: 'no' } as const;

/** Returns the keys of the stored derived rows, and the keys that the stored rows of videos require. */
async function keys() {
  const { Items = [] } = await DynamoDBDocumentClient.from(table().client).send(new ScanCommand({ TableName: table().tableName }));
  const sorted = (items: { pk: string; sk: string }[]) => items.map((item) => JSON.stringify(item)).sort();
  const stored = Items.filter(({ pk }) => /^(tag|owntag|titles)#/.test(pk)) as { pk: string; sk: string }[];
  return { stored: sorted(stored.map(({ pk, sk, ...others }) => ({ pk, sk, ...others }))), required: sorted(Items.filter(({ sk }) => sk === 'video').flatMap((row) => derivedKeys(row as VideoRow))) };
}
const textsOf = async () => (await keys()).stored.map((text) => JSON.parse(text).pk as string);

beforeEach(() => table().clear());
afterEach(async () => {
  const { stored, required } = await keys();
  expect(stored).toEqual(required);
});

/** Returns a repository, and the names of the write commands that the repository sends. */
function observed() {
  const sent: string[] = [];
  const direct = table().direct();
  direct.middlewareStack.add((next, { commandName }) => async (args) => {
    if (/Update|Put|Transact|Delete/.test(commandName!)) sent.push(commandName!);
    return next(args);
  }, { step: 'initialize', name: 'observed' });
  return { sent, videos: videoRepository(table().tableName, { client: direct, clock: () => clock.now }) };
}

test('a new video has rows for its title and its tags', async () => {
  await repository().create(declared({ title: 'The Film', tags: ['Sea', 'sun'] }));
  expect(await textsOf()).toEqual(['owntag#owner#sea', 'owntag#owner#sun', 'titles#owner']);
});

test('a video of a pipeline has rows for its title and its tags', async () => {
  const video = declared({ tags: ['Sea'] });
  await repository().createIngested({ bucket: 'drops', key: 'a.mp4', version: '1' }, video, {});
  expect(await textsOf()).toEqual(['owntag#owner#sea', 'titles#owner']);
});

test('a video with tags enters the public lists of its tags when it becomes ready', async () => {
  const videoId = await processing({ tags: ['Sea', 'sun'] });
  const { sent, videos } = observed();
  expect(await videos.recordReady(videoId, 1, RESULT)).toBe('changed');
  expect((await textsOf()).filter((pk) => pk.startsWith('tag#'))).toEqual(['tag#sea', 'tag#sun']);
  expect(sent).toEqual(['TransactWriteItemsCommand']);
});

test.each([['no tags', { tags: [] }], ['a private video', { visibility: 'private' as const }]])('with %s, the publication is a single write', async (_, given) => {
  const videoId = await processing(given);
  const { sent, videos } = observed();
  expect(await videos.recordReady(videoId, 1, RESULT)).toBe('changed');
  expect(sent).toEqual(['UpdateItemCommand']);
});

describe('an edit', () => {
  const edited = async (edit: object) => {
    const videoId = await processing({ title: 'The Film', tags: ['a', 'b'] });
    await repository().recordReady(videoId, 1, RESULT);
    const { sent, videos } = observed();
    expect(await videos.edit((await videos.findWhole(videoId))!, edit)).toBeDefined();
    return { sent, texts: await textsOf() };
  };

  test.each([
    ['of the title', { title: 'Other' }, ['owntag#owner#a', 'owntag#owner#b', 'tag#a', 'tag#b', 'titles#owner'], 'TransactWriteItemsCommand'],
    ['of the case of the title', { title: 'THE film' }, ['owntag#owner#a', 'owntag#owner#b', 'tag#a', 'tag#b', 'titles#owner'], 'UpdateItemCommand'],
    ['of the case of the tags', { tags: ['B', 'A'] }, ['owntag#owner#a', 'owntag#owner#b', 'tag#a', 'tag#b', 'titles#owner'], 'UpdateItemCommand'],
    ['of a tag', { tags: ['a', 'c'] }, ['owntag#owner#a', 'owntag#owner#c', 'tag#a', 'tag#c', 'titles#owner'], 'TransactWriteItemsCommand'],
    ['that removes the tags', { tags: [] }, ['titles#owner'], 'TransactWriteItemsCommand'],
    ['of the visibility', { visibility: 'unlisted' }, ['owntag#owner#a', 'owntag#owner#b', 'titles#owner'], 'TransactWriteItemsCommand'],
    ['of the owner', { owner: 'eve' }, ['owntag#eve#a', 'owntag#eve#b', 'tag#a', 'tag#b', 'titles#eve'], 'TransactWriteItemsCommand'],
    ['of the description', { description: 'x' }, ['owntag#owner#a', 'owntag#owner#b', 'tag#a', 'tag#b', 'titles#owner'], 'TransactWriteItemsCommand'],
  ])('%s changes only the rows that differ', async (_, edit, expected, command) => {
    const { sent, texts } = await edited(edit);
    expect(texts).toEqual(expected);
    expect(sent).toEqual([command]);
  });

  test('that loses against another edit changes no rows', async () => {
    const { videoId } = await repository().create(declared({ title: 'One', tags: ['a'] }));
    const whole = (await repository().findWhole(videoId))!;
    expect(await repository().edit(whole, { title: 'Two', tags: ['b'] })).toBeDefined();
    expect(await repository().edit(whole, { title: 'Three', tags: ['c'] })).toBeUndefined();
    expect(await textsOf()).toEqual(['owntag#owner#b', 'titles#owner']);
  });

  test('with 20 new tags of a public video fits into a transaction', async () => {
    const tags = (letter: string) => Array.from({ length: 20 }, (_, n) => `${letter}${n}`);
    const videoId = await processing({ title: 'One', tags: tags('a') });
    await repository().recordReady(videoId, 1, RESULT);
    const whole = (await repository().findWhole(videoId))!;
    expect(await repository().edit(whole, { title: 'Two', tags: tags('b'), description: 'x' })).toBeDefined();
    expect((await textsOf()).filter((pk) => pk.startsWith('tag#b'))).toHaveLength(20);
  });
});

test('an aborted upload has no derived rows, even if the video was edited after the read', async () => {
  const row = await repository().create(declared({ title: 'One', tags: ['a'] }));
  await repository().edit((await repository().findWhole(row.videoId))!, { title: 'Two', tags: ['b'] });
  expect(await repository().abortUpload(row, DUE)).toBe('changed');
  expect(await textsOf()).toEqual([]);
  expect(await repository().abortUpload(row, DUE)).toBe('unchanged');
});

test('a video that was edited while it became ready is published with its new tags', async () => {
  const videoId = await processing({ tags: ['a'] });
  const { videos } = observed();
  const direct = table().direct();
  let isFirst = true;
  direct.middlewareStack.add((next, { commandName }) => async (args) => {
    if (isFirst && commandName === 'TransactWriteItemsCommand') {
      isFirst = false;
      await videos.edit((await videos.findWhole(videoId))!, { tags: ['b'] });
    }
    return next(args);
  }, { step: 'initialize' });
  expect(await videoRepository(table().tableName, { client: direct, clock: () => clock.now }).recordReady(videoId, 1, RESULT)).toBe('changed');
  expect(isFirst).toBe(false);
  expect(await textsOf()).toEqual(['owntag#owner#b', 'tag#b', 'titles#owner']);
});

test('an expired upload keeps its rows until it is removed', async () => {
  const row = await repository().create(declared({ tags: ['a'] }));
  await repository().expireUpload(row, DUE);
  expect(await textsOf()).toEqual(['owntag#owner#a', 'titles#owner']);
  expect(await repository().removeUpload((await repository().find(row.videoId))!)).toBe('changed');
  expect(await textsOf()).toEqual([]);
});

test('a page contains a video once if a query during an edit returns two keys of the video', async () => {
  const { videoId } = await repository().create(declared({ title: 'Alpha' }));
  const documents = DynamoDBDocumentClient.from(table().client);
  const stale = { pk: 'titles#owner', sk: `alp\t${videoId}` };
  await documents.send(new PutCommand({ TableName: table().tableName, Item: stale }));
  const { rows } = await repository().listTitled('owner', 'al', { limit: 10 });
  await documents.send(new DeleteCommand({ TableName: table().tableName, Key: stale }));
  expect(rows.map((row) => row.videoId)).toEqual([videoId]);
});

test('a single write is repeated if it conflicts with a transaction', async () => {
  const videoId = await processing();
  const client = table().direct();
  let conflicts = 2;
  client.middlewareStack.add((next) => async (args) => {
    if (conflicts-- > 0) throw new TransactionConflictException({ message: 'conflict', $metadata: {} });
    return next(args);
  }, { step: 'initialize' });
  expect(await videoRepository(table().tableName, { client, clock: () => clock.now }).recordProgress(videoId, 1, 50)).toBe('changed');
  expect(conflicts).toBeLessThan(0);
});

test('other changes of the status write no derived rows', async () => {
  const { videoId } = await repository().create(declared({ tags: ['a'] }));
  const { sent, videos } = observed();
  await videos.markUploaded(videoId, 1000, 'token');
  await videos.recordJob(videoId, 1, 'job');
  await videos.recordProgress(videoId, 1, 50);
  await videos.recordError(videoId, 1, ERROR);
  expect(sent).toEqual(['TransactWriteItemsCommand', ...Array.from({ length: 3 }, () => 'UpdateItemCommand')]);
  expect(await textsOf()).toEqual(['owntag#owner#a', 'titles#owner']);
});
