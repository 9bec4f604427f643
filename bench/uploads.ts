import { execFile } from 'child_process';
import { promises as fs } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { crc32 } from 'zlib';
import { PRICES, unitPrice, type Priced } from './prices';
import { UsageCount } from './usage-count';
import { resolveLocalhostNames } from '../local/localhost-names';
import { startStack } from '../local/stack';
import { ensure } from '../local/system';
import { base64Of, partOf, putBytes, signPart, type CallApi, type FileContent, type UploadPlan } from '../local/upload-file';
import { Client } from '../test/journey/client';
import { madeContent } from '../test/journey/source-files';
import { StackProcess, stopAll, temporaryFolder } from '../test/journey/stack';

const GB = 1e9;
/**
 * `dollars`: the largest cost of the upload of 1 GB in parts, without Lambda's GB-seconds. `ratio`: the smallest throughput of an upload in parts, in
 * relation to a PUT request of curl.
 */
const BOUNDS = { dollars: 0.0007, ratio: 0.8 };
/** This app plans one PUT request for files of up to 512 MiB. A file with one byte more has parts. */
const APP = path.join(__dirname, 'uploads.app.ts');
const LARGEST_SINGLE = 512 * 1024 ** 2;
const PARTS_AT_ONCE = 4;
const ROUNDS = 3;

const run = promisify(execFile);

/** Uploads a file in parts, and sends four parts at once. Each part is signed with a separate request, immediately before the part is sent. */
async function uploadInParts(call: CallApi, content: FileContent): Promise<void> {
  const { videoId, upload } = await declare(call, content.size);
  if (upload.kind !== 'multipart') throw new Error('expected an upload in parts');
  const { partSize, partCount } = upload;
  let [last, whole] = [0, 0];
  const readNext = async () => {
    if (last === partCount) return undefined;
    const partNumber = ++last;
    const bytes = await partOf(content, partSize, partNumber);
    whole = crc32(bytes, whole);
    return { partNumber, bytes };
  };
  let reading: ReturnType<typeof readNext> = Promise.resolve(undefined);
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, async () => {
    for (;;) {
      const part = await (reading = reading.then(readNext));
      if (!part) return;
      await putBytes(await signPart(call, videoId, part.partNumber, part.bytes), part.bytes);
    }
  }));
  await call('POST', `/upload/${videoId}/complete`, { checksum: base64Of(whole) });
}

async function declare(call: CallApi, size: number): Promise<{ videoId: string; upload: UploadPlan }> {
  const { video: { videoId }, upload } = await call('POST', '/upload', { fileName: 'large.mp4', contentType: 'video/mp4', size, title: 'large' });
  return { videoId, upload };
}

/** Counts the requests of the upload of 1 GB, from the upload request to the response of the completion. */
async function requestsOfOneGb(): Promise<UsageCount> {
  resolveLocalhostNames();
  let count: UsageCount | undefined;
  await using stack = await startStack({ app: APP, port: 0, data: temporaryFolder(), observe: (usage) => count?.add(usage), log: console.error });
  const client = await Client.signIn(stack.facts);
  // The first upload starts the session that signs URLs, and is the first upload of the day.
  await declare(client.call.bind(client), 1);
  const result = count = new UsageCount();
  await uploadInParts(client.call.bind(client), madeContent(GB));
  count = undefined;
  return result;
}

/** Returns the bytes per second of an upload in parts and of curl's PUT request. Both use the same running stack, in turns. The best rounds count. */
async function throughput(): Promise<{ parts: number; curl: number }> {
  ensure('curl');
  const folder = temporaryFolder();
  const files = { single: path.join(folder, 'single.bin'), parts: path.join(folder, 'parts.bin') };
  const made = madeContent(LARGEST_SINGLE + 1);
  for (let start = 0; start < made.size; start += 2 ** 24) await fs.appendFile(files.parts, await made.read(start, Math.min(start + 2 ** 24, made.size)));
  await fs.copyFile(files.parts, files.single);
  await fs.truncate(files.single, LARGEST_SINGLE);
  await using file = await fs.open(files.parts);
  const content: FileContent = {
    size: made.size,
    read: async (start, end) => (await file.read(Buffer.allocUnsafeSlow(end - start), 0, end - start, start)).buffer as Buffer<ArrayBuffer>,
  };
  try {
    const { facts } = await StackProcess.start({ app: APP });
    const client = await Client.signIn(facts);
    const call = client.call.bind(client);
    const best = { parts: 0, curl: 0 };
    const measure = async (kind: keyof typeof best, upload: () => Promise<unknown>): Promise<void> => {
      const start = performance.now();
      await upload();
      best[kind] = Math.max(best[kind], LARGEST_SINGLE / (performance.now() - start) * 1000);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const { upload } = await declare(call, LARGEST_SINGLE);
      if (upload.kind !== 'single') throw new Error('expected one PUT request');
      const headers = Object.entries(upload.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      await measure('curl', () => run('curl', ['-sS', '--fail-with-body', '-T', files.single, ...headers, upload.url]));
      await measure('parts', () => uploadInParts(call, content));
    }
    return best;
  } finally {
    await stopAll();
  }
}

export async function uploadRows(): Promise<{ requests: Record<string, object>; throughput: object[]; isWithinBound: boolean }> {
  const { requests, uses } = await requestsOfOneGb();
  const used = (Object.keys(PRICES) as Priced[]).filter((name) => uses[name] > 0);
  const dollarsOf = (name: Priced): number => uses[name] * unitPrice(name);
  const dollars = used.filter((name) => name !== 'Lambda GB-seconds').reduce((sum, name) => sum + dollarsOf(name), 0);
  const { parts, curl } = await throughput();
  const ratio = parts / curl;
  return {
    requests: Object.fromEntries([
      ...Object.entries(requests).sort().map(([name, count]) => [`requests: ${name}`, { count }]),
      ...used.map((name) => [name, { count: Number(uses[name].toFixed(3)), $: Number(dollarsOf(name).toPrecision(3)) }]),
      ['all without Lambda GB-seconds', { $: Number(dollars.toPrecision(3)), bound: BOUNDS.dollars }],
    ]),
    throughput: [{ 'MB/s in parts': Math.round(parts / 1e6), 'MB/s of curl': Math.round(curl / 1e6), 'ratio': Number(ratio.toFixed(2)), 'bound': BOUNDS.ratio }],
    isWithinBound: dollars <= BOUNDS.dollars && ratio >= BOUNDS.ratio,
  };
}
