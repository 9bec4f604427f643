import { readFileSync } from 'fs';
import * as path from 'path';
import { Client, problemOf, type Plan, type Video } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';
import { putBytes } from '../../local/upload-file';

/** The complete test needs `UPLOADS=200`. */
const UPLOADS = Number(process.env.UPLOADS ?? 10);
const USERS = 10;
const QUOTA = 10;
jest.setTimeout(PATIENCE_MS + UPLOADS * 5000);

let stack: StackProcess;
let clients: Client[];
beforeAll(async () => {
  stack = await StackProcess.start({ app: path.join(__dirname, 'concurrent-uploads.fixture.ts') });
  const users = stack.facts.users.filter(({ username }) => username.startsWith('member-of-class-'));
  clients = await Promise.all(users.map((user) => Client.signIn(stack.facts, user)));
  expect(clients).toHaveLength(USERS);
});
afterAll(stopAll);

/** Returns undefined if the upload exceeds the quota. */
async function declare(client: Client, size: number, title: string): Promise<Plan | undefined> {
  const response = await client.fetch('POST', '/upload', { fileName: 'a.mp4', contentType: 'video/mp4', size, title });
  if (response.status === 201) return await response.json() as Plan;
  expect(await problemOf(response)).toEqual([429, 'application/problem+json', 'limit_reached']);
  return undefined;
}

async function declareAtOnce(client: Client, count: number): Promise<string[]> {
  const plans = await Promise.all(Array.from({ length: count }, (_, n) => declare(client, 1000, `upload ${n}`)));
  return plans.flatMap((plan) => plan?.video.videoId ?? []);
}

async function videosOf(client: Client): Promise<Video[]> {
  const videos: Video[] = [];
  for (let page = await client.call('GET', '/streams?owner=me&limit=100'); ; page = await client.call('GET', `/streams?owner=me&limit=100&cursor=${encodeURIComponent(page.cursor)}`)) {
    videos.push(...page.items);
    if (!page.cursor) return videos;
  }
}

test(`100 concurrent upload requests of one user create exactly ${QUOTA} videos, and an abort allows the next`, async () => {
  const created = await declareAtOnce(clients[0], 100);
  expect(created).toHaveLength(QUOTA);
  expect((await videosOf(clients[0])).map(({ videoId }) => videoId).sort()).toEqual(created.toSorted());
  await Promise.all(created.slice(0, 3).map((videoId) => clients[0].call('DELETE', `/upload/${videoId}`)));
  expect(await declareAtOnce(clients[0], 10)).toHaveLength(3);
  await Promise.all((await videosOf(clients[0])).filter(({ status }) => status === 'waiting').map(({ videoId }) => clients[0].call('DELETE', `/upload/${videoId}`)));
});

test(`${UPLOADS} concurrent uploads of ${USERS} users become ready or exceed a quota, and each accepted upload has exactly one job`, async () => {
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 1, '128x72')) as Buffer<ArrayBuffer>;
  const accepted = new Map<Client, string[]>(clients.map((client) => [client, []]));
  await Promise.all(Array.from({ length: UPLOADS }, async (_, n) => {
    const client = clients[n % USERS];
    const plan = await declare(client, clip.length, `clip ${n}`);
    if (plan?.upload.kind !== 'single') return;
    accepted.get(client)!.push(plan.video.videoId);
    await putBytes(plan.upload, clip);
  }));
  const count = [...accepted.values()].flat().length;
  console.info(`${count} of ${UPLOADS} uploads were accepted`);
  expect(count).toBeGreaterThanOrEqual(Math.min(UPLOADS, USERS * QUOTA));

  const settled = async (client: Client) => (await videosOf(client)).filter(({ status }) => ['ready', 'errored'].includes(status));
  await Promise.all(clients.map((client) => (
    until('all videos are settled', async () => (await settled(client)).length >= accepted.get(client)!.length, UPLOADS * 5000 + 60_000))));
  for (const [client, videoIds] of accepted) {
    const videos = (await videosOf(client)).filter(({ status }) => status !== 'deleting');
    expect(videos.map(({ videoId, status }) => [videoId, status]).sort()).toEqual(videoIds.toSorted().map((videoId) => [videoId, 'ready']));
  }
  const jobs: any[] = JSON.parse(readFileSync(path.join(stack.data, 'mediaconvert', 'jobs.json'), 'utf8'));
  expect(jobs.map(({ userMetadata }) => userMetadata.videoId).sort()).toEqual([...accepted.values()].flat().sort());

  // No upload is open any more, so the whole quota is available again.
  await Promise.all(clients.map(async (client) => expect(await declareAtOnce(client, QUOTA + 1)).toHaveLength(QUOTA)));
});
