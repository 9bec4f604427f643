import { execFile } from 'child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { CopyObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, type Video } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip, padClip } from '../../local/clip';

jest.setTimeout(PATIENCE_MS);

const run = promisify(execFile);
const page = readFileSync(path.join(__dirname, '../../docs/ingest.md'), 'utf8');
const [, SAMPLE] = /^```js\n([^]*?)\n```$/m.exec(page)!;

describe('a pipeline that knows nothing of the API', () => {
  const folder = temporaryFolder();
  let stack: StackProcess;
  let admin: Client;
  let clip: Buffer<ArrayBuffer>;
  let credentials: Record<string, string>;
  let s3: S3Client;
  let buckets: Record<'sources' | 'exports', string>;

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'ingest.fixture.ts') });
    admin = await Client.signIn(stack.facts);
    clip = readFileSync(makeClip(path.join(folder, 'clip.mp4'), 3));
    const environment = await stack.invoke('Pipeline', {});
    credentials = Object.fromEntries(['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map((name) => [name, environment[name]]));
    s3 = new S3Client({
      endpoint: stack.facts.awsEndpoint,
      forcePathStyle: true,
      region: credentials.AWS_REGION,
      credentials: {
        accessKeyId: credentials.AWS_ACCESS_KEY_ID, secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY, sessionToken: credentials.AWS_SESSION_TOKEN,
      },
    });
    const named = (part: string) => Object.entries(stack.facts.outputs).find(([name]) => name.includes(part))![1];
    buckets = { sources: named('UploadBucket'), exports: named('ExportsName') };
  });
  afterAll(stopAll);

  /** Waits until the list contains a ready video with this title. */
  async function ready(title: string): Promise<Video> {
    let found: Video | undefined;
    await until(`${title} is ready`, async () => {
      const { items } = await admin.call('GET', '/streams');
      found = items.find((video: Video) => video.title === title);
      return found !== undefined;
    });
    return found!;
  }

  it('uploads a large file in parts with the AWS SDK, as docs/ingest.md describes', async () => {
    writeFileSync(path.join(folder, 'upload.mjs'), SAMPLE.replace('private', 'signed-in'));
    writeFileSync(path.join(folder, 'film.mp4'), padClip(clip, 12 * 1024 ** 2));
    symlinkSync(path.join(__dirname, '../../node_modules'), path.join(folder, 'node_modules'));
    const env = { PATH: process.env.PATH, ...credentials, AWS_ENDPOINT_URL_S3: stack.facts.awsEndpoint, BUCKET: buckets.sources, FILE: 'film.mp4' };
    await run(process.execPath, ['upload.mjs'], { cwd: folder, env });
    const video = await ready('Köln at night');
    expect(video).toMatchObject({ status: 'ready', owner: 'newsroom', tags: ['city'] });
    expect(await admin.play(video.videoId)).toBeGreaterThan(0);
  });

  it('puts a file with tags into an existing bucket', async () => {
    await s3.send(new PutObjectCommand({ Bucket: buckets.exports, Key: 'ignored/one.mp4', Body: clip }));
    await s3.send(new PutObjectCommand({ Bucket: buckets.exports, Key: 'finished/Show #1 (50%).mp4', Body: clip, Tagging: 'vod-owner=studio&team=7' }));
    const video = await ready('Show #1 (50%).mp4');
    expect(video).toMatchObject({ owner: 'studio', status: 'ready' });
    expect(await admin.play(video.videoId)).toBeGreaterThan(0);
    const { items } = await admin.call('GET', '/streams');
    expect(items.map(({ title }: Video) => title)).not.toContain('one.mp4');
  });

  it('copies files to the same key, and each copy becomes a video', async () => {
    for (const [title, Body] of [['copy 1', clip], ['copy 2', padClip(clip, clip.length + 1024)]] as const) {
      await s3.send(new PutObjectCommand({ Bucket: buckets.exports, Key: 'archive/two.mp4', Body }));
      await s3.send(new CopyObjectCommand({
        Bucket: buckets.sources, Key: 'ingest/two.mp4', CopySource: `${buckets.exports}/archive/two.mp4`,
        MetadataDirective: 'REPLACE', Metadata: { vod: encodeURIComponent(JSON.stringify({ title })) },
      }));
      await ready(title);
    }
  });

  it('puts a file that is not a video, and its owner sees the error', async () => {
    const { sub } = JSON.parse(Buffer.from(admin.tokens.id_token.split('.')[1], 'base64url').toString());
    await s3.send(new PutObjectCommand({ Bucket: buckets.sources, Key: 'ingest/notes.txt', Body: 'no video', Tagging: `vod-owner=${sub}` }));
    await until('the video is errored', async () => {
      const { items } = await admin.call('GET', '/streams?owner=me');
      return items.some(({ title, error }: Video) => title === 'notes.txt' && error?.code === 'not_a_video');
    });
  });

  it('learns from the log why an object did not become a video', async () => {
    await s3.send(new PutObjectCommand({ Bucket: buckets.sources, Key: 'ingest/odd.mp4', Body: clip, Metadata: { vod: '%7B%22titel%22%3A1%7D' } }));
    await until('the log contains the reason', () => readFileSync(path.join(stack.data, 'functions.log'), 'utf8').includes('/titel is not an allowed field'));
    expect(stack.output).not.toMatch(/access denied/);
  });
});
