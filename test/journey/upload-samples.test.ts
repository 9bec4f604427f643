import { execFile } from 'child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import { makeClip, padClip } from '../../local/clip';
import { ensure } from '../../local/system';
import { contentOf, partOf, putBytes, signPart } from '../../local/upload-file';

jest.setTimeout(PATIENCE_MS);

const run = promisify(execFile);
const page = readFileSync(path.join(__dirname, '../../docs/uploads.md'), 'utf8');
const sampleIn = (language: string) => new RegExp(`^\`\`\`${language}\\n([^]*?)\\n\`\`\`$`, 'm').exec(page)![1];

describe('the samples of docs/uploads.md', () => {
  const folder = temporaryFolder();
  let client: Client;
  let large: Buffer<ArrayBuffer>;
  let fillIn: (sample: string) => string;

  beforeAll(async () => {
    const stack = await StackProcess.start({ app: path.join(__dirname, 'parts.fixture.ts') });
    client = await Client.signIn(stack.facts);
    const clip = readFileSync(makeClip(path.join(folder, 'small.mp4'), 3));
    large = padClip(clip, 20 * 1024 ** 2);
    writeFileSync(path.join(folder, 'film.mp4'), large);
    fillIn = (sample) => sample
      .replace(/URL( ?= ?"?)https:\/\/\.\.\./, (_, equals) => `URL${equals}${stack.facts.origin}`)
      .replace(/TOKEN( ?= ?"?)\.\.\./, (_, equals) => `TOKEN${equals}${client.tokens.id_token}`);
    writeFileSync(path.join(folder, 'upload.py'), fillIn(sampleIn('python')));
    writeFileSync(path.join(folder, 'upload.sh'), sampleIn('bash'));
  });
  afterAll(stopAll);

  /** Starts an upload of the large file in parts, and uploads only the first part. */
  async function interrupted(): Promise<string> {
    const { video: { videoId }, upload } = await client.declare(large.length, 'interrupted');
    if (upload.kind !== 'multipart') throw new Error(`expected an upload in parts, got ${upload.kind}`);
    const bytes = await partOf(contentOf(large), upload.partSize, 1);
    await putBytes(await signPart(client.call.bind(client), videoId, 1, bytes), bytes);
    return videoId;
  }

  /** Runs the `sh` sample of the page. This sample exports `URL` and `TOKEN`, and then calls upload.sh. */
  async function curl(file: string, videoId = '', environment: Record<string, string> = {}): Promise<string[]> {
    const commands = fillIn(sampleIn('sh')).replace('film.mp4', `${file} ${videoId}`);
    const { stdout } = await run('bash', ['-c', commands], { cwd: folder, env: { ...process.env, ...environment } });
    return stdout.trim().split('\n');
  }

  async function python(code: string): Promise<string> {
    const { stdout } = await run(ensure('python3'), ['-c', `import upload\n${code}`], { cwd: folder });
    return stdout.trim();
  }

  const failed = (program: Promise<unknown>): Promise<{ code: number; stdout: string; stderr: string }> => (
    program.then(() => { throw new Error('the program succeeded'); }, (error) => error)
  );
  const isReady = async (videoId: string) => expect(await client.settled(videoId)).toMatchObject({ status: 'ready' });

  it('upload a small and a large file with curl', async () => {
    ensure('curl');
    ensure('jq');
    const [created, ...others] = await curl('small.mp4');
    const [createdLarge, ...parts] = await curl('film.mp4');
    expect([others, parts]).toEqual([['The file is uploaded'], ['Part 1 is uploaded', 'Part 2 is uploaded', 'The file is uploaded']]);
    for (const line of [created, createdLarge]) await isReady(line.replace('The video has the ID ', ''));
  });

  it('continue an upload with curl', async () => {
    const videoId = await interrupted();
    expect(await curl('film.mp4', videoId)).toEqual(['Part 2 is uploaded', 'The file is uploaded']);
    await isReady(videoId);
    expect(await curl('film.mp4', videoId)).toEqual(['The file is uploaded']);
  });

  it('stop at the first part that curl cannot upload', async () => {
    const programs = path.join(folder, 'programs');
    mkdirSync(programs);
    writeFileSync(path.join(programs, 'curl'), '#!/bin/sh\nPATH=${PATH#*:}\ncase "$*" in *partNumber=*) exit 22 ;; esac\nexec curl "$@"\n', { mode: 0o755 });
    const { code, stdout } = await failed(curl('film.mp4', '', { PATH: `${programs}:${process.env.PATH}` }));
    expect([code, stdout]).toEqual([22, expect.stringMatching(/^The video has the ID \S+\n$/)]);
  });

  it('print the problem if the API rejects a request', async () => {
    writeFileSync(path.join(folder, 'empty.mp4'), '');
    const { code, stdout, stderr } = await failed(curl('empty.mp4'));
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('"code":"invalid_request"')]);
    expect((await failed(python('upload.create("empty.mp4")'))).stderr).toMatch(/HTTP Error 400: .*"code":"invalid_request"/);
  });

  it('upload a small and a large file with Python', async () => {
    const { stdout } = await run(ensure('python3'), ['upload.py'], { cwd: folder });
    await isReady(stdout.trim());
    await isReady(await python('video = upload.create("small.mp4")\nupload.send(video, "small.mp4")\nprint(video)'));
  });

  it('continue an upload with Python', async () => {
    const videoId = await interrupted();
    const put = 'put = upload.put\nsent = []\nupload.put = lambda signed, data: (sent.append(len(data)), put(signed, data))';
    expect(await python(`${put}\nupload.send("${videoId}", "film.mp4")\nprint(sent)`)).toBe(`[${large.length - 16 * 1024 ** 2}]`);
    await isReady(videoId);
    await python(`upload.send("${videoId}", "film.mp4")`);
  });
});
