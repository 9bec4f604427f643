import { execFile } from 'child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { Validator } from '@cfworker/json-schema';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder, until } from './stack';
import { makeClip } from '../../local/clip';
import { eventDetailSchema } from '../../src/contract/schemas';

jest.setTimeout(PATIENCE_MS);

const ROOT = path.join(__dirname, '..', '..');
const { webhooks, components } = JSON.parse(readFileSync(path.join(ROOT, 'openapi.json'), 'utf8'));

interface BusEvent {
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'resources': readonly string[];
  readonly 'detail': { readonly eventId: string; readonly version: number; readonly video: { readonly videoId: string; readonly title: string; readonly status: string; readonly attempt: number; readonly error?: { readonly code: string } } };
}

describe('the full example', () => {
  let stack: StackProcess;
  let client: Client;
  let [ready, errored, edited] = ['', '', ''];

  const logged = (): string[] => readFileSync(path.join(stack.data, 'functions.log'), 'utf8').split('\n');
  /** Without `videoId`, returns the events of all videos. */
  const received = (videoId?: string): BusEvent[] => logged().filter((line) => line.includes('"detail-type"')).map((line) => JSON.parse(line.slice(line.indexOf('{'))))
    .filter(({ detail }) => !videoId || detail.video.videoId === videoId).sort((one, other) => one.detail.version - other.detail.version);
  const types = (videoId?: string): string[] => received(videoId).map((event) => event['detail-type']);
  const resend = async (source: string): Promise<unknown[]> => {
    const folder = temporaryFolder();
    copyFileSync(path.join(__dirname, 'events', 'aws.js'), path.join(folder, 'aws'));
    const env = {
      ...process.env, PATH: `${folder}:${path.dirname(process.execPath)}:${process.env.PATH}`, STACK: 'Videos',
      AWS_ENDPOINT: stack.facts.awsEndpoint, TEMPLATE: path.join(stack.data, 'cdk.out', 'Videos.template.json'),
    };
    const { stdout } = await promisify(execFile)('sh', [path.join(ROOT, 'docs', 'resend.sh'), source], { env });
    return stdout.trim().split('\n').map((line) => JSON.parse(line));
  };

  beforeAll(async () => {
    stack = await StackProcess.start({ app: path.join(__dirname, 'events.fixture.ts') });
    client = await Client.signIn(stack.facts);
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 2));
    const description = 'not for everyone';
    [ready, errored, edited] = await Promise.all([
      client.upload(clip, 'ready', { description, metadata: { secret: description } }), client.upload(Buffer.from('no video'), 'errored'),
      client.declare(1, 'waiting').then(({ video }) => video.videoId),
    ]);
    await Promise.all([client.settled(ready), client.settled(errored)]);
    await until('all events are received', () => received().length >= 8);
  });
  afterAll(stopAll);

  it('sends events in the format that openapi.json describes', () => {
    expect(types(ready)).toEqual(['video.created', 'video.uploaded', 'video.processing', 'video.ready']);
    expect(types(errored)).toEqual(['video.created', 'video.uploaded', 'video.errored']);
    expect(types(edited)).toEqual(['video.created']);
    for (const { source, 'detail-type': type, resources, detail } of received()) {
      const { schema } = webhooks[type].post.requestBody.content['application/json'];
      expect(new Validator({ ...schema, components }, '2020-12').validate(detail)).toMatchObject({ valid: true });
      // The published schema allows additional fields, because later versions can add fields. Events of this version contain only fields of the internal
      // schema.
      expect(new Validator(eventDetailSchema as object, '4').validate(detail)).toMatchObject({ valid: true });
      expect([source, resources, detail.eventId]).toEqual(['serverless-vod', [expect.stringMatching(/^arn:aws:dynamodb:.*:table\//)], `${detail.video.videoId}:${detail.version}:${type}`]);
    }
    expect(received(ready).at(-1)!.detail.video).toMatchObject({ title: 'ready', status: 'ready', durationSeconds: expect.closeTo(2, 0), renditions: expect.any(Array) });
    expect(received(errored).at(-1)!.detail.video).toMatchObject({ status: 'errored', error: { code: 'not_a_video' } });
    expect(JSON.stringify(received())).not.toMatch(/not for everyone|X-Amz|\.m3u8/);
  });

  it('sends only events of ready videos to the function and the topic of the example', async () => {
    const announced = () => logged().filter((line) => line.includes('a video is ready')).map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    const mails = path.join(stack.data, 'notifications');
    await until('the function and the topic have the event', () => announced().length > 0 && existsSync(mails) && readdirSync(mails).length > 0);
    const [{ detail }] = received(ready).slice(-1);
    expect(announced()).toEqual([{ message: 'a video is ready', eventId: detail.eventId, title: 'ready', durationSeconds: expect.closeTo(2, 0) }]);
    const told = readdirSync(mails).map((name) => JSON.parse(readFileSync(path.join(mails, name), 'utf8')));
    expect(told).toMatchObject([{ protocol: 'email', endpoint: 'editors@example.com' }]);
    expect(JSON.parse(told[0].message)).toMatchObject({ 'detail-type': 'video.ready', detail });
  });

  it('stores the event record of a row in a newer format, and sends the event once the row is readable', async () => {
    await stack.invoke('Tamper', { edit: { videoId: edited, title: 'written by a newer version' } });
    const failed = (more = {}) => stack.invoke('Tamper', { failed: more });
    await until('the failed event record is stored', async () => (await failed()).length > 0);
    const [{ key, content }] = await failed();
    expect(key).toMatch(/^unreadable\/\d+\.json$/);
    expect(content.requestContext.condition).toBe('RecordNotReadable');
    expect(JSON.parse(content.payload).Records).toMatchObject([{ dynamodb: { OldImage: { title: { S: 'waiting' } }, NewImage: { title: { S: 'written by a newer version' } } } }]);
    expect(types(edited)).toEqual(['video.created']);

    expect(await resend('failed')).toEqual([{ sent: 0, failed: 1 }]);
    await failed({ fix: true });
    expect(await resend('failed')).toEqual([{ sent: 1, failed: 0 }]);
    await until('the event is received', () => types(edited).length > 1);
    expect(received(edited).at(-1)).toMatchObject({ 'detail-type': 'video.updated', 'detail': { version: 2, video: { title: 'written by a newer version' } } });
    expect([await failed(), await resend('failed')]).toEqual([[], [{ sent: 0, failed: 0 }]]);
  });

  it('sends the present state of every video from the table', async () => {
    const before = received();
    // The table still contains the row of the newer format, which the function cannot read.
    expect(await resend('table')).toEqual([{ sent: 2, failed: 1 }]);
    await until('the events are received', () => received().length === before.length + 2);
    expect(types(ready).filter((type) => type === 'video.ready')).toHaveLength(2);
    expect(types(errored).filter((type) => type === 'video.errored')).toHaveLength(2);
    await expect(resend('everything')).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('source: expected') });
    expect(stack.output).not.toContain('access denied');
  });

  it('sends the events of a retry with the number of the new attempt', async () => {
    const before = received(errored).length;
    expect((await client.fetch('POST', `/streams/${errored}/retry`)).status).toBe(202);
    await until('the retry failed', () => received(errored).length === before + 2);
    expect(received(errored).slice(-2).map(({ 'detail-type': type, 'detail': { video } }) => [type, video.attempt, video.error?.code])).toEqual([
      ['video.uploaded', 2, undefined], ['video.errored', 2, 'not_a_video'],
    ]);
    expect(await client.find(errored)).toMatchObject({ status: 'errored', error: { code: 'not_a_video' } });
  });
});
