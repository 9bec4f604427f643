import { execFile } from 'child_process';
import { promises as fs } from 'fs';
import { Agent, request } from 'http';
import * as path from 'path';
import { promisify } from 'util';
import { crc32 } from 'zlib';
import { PRICES, unitPrice, type Priced } from './prices';
import { UsageCount } from './usage-count';
import { resolveLocalhostNames } from '../local/localhost-names';
import { startStack } from '../local/stack';
import { ensure } from '../local/system';
import { base64Of, partOf, type CallApi, type FileContent, type SignedPut, type UploadPlan } from '../local/upload-file';
import { Client } from '../test/journey/client';
import { madeContent } from '../test/journey/source-files';
import { StackProcess, stopAll, temporaryFolder } from '../test/journey/stack';

const GB = 1e9;
/**
 * `dollars`: the largest cost of the upload of 1 GB in parts, without Lambda's GB-seconds. `ratio`: the smallest allowed ratio of the parts' throughput to the
 * throughput of curl's PUT request. The request that completes the upload has no bound: the local stack copies all bytes when it joins the parts, but S3 does
 * not.
 */
const BOUNDS = { dollars: 0.0007, ratio: 0.8 };
/** This app plans one PUT request for files of up to 512 MiB. A file with one byte more has parts. */
const APP = path.join(__dirname, 'uploads.app.ts');
const LARGEST_SINGLE = 512 * 1024 ** 2;
const PARTS_AT_ONCE = 4;
const ROUNDS = 5;

const run = promisify(execFile);
const agent = new Agent({ keepAlive: true });

/** Sends bytes without copying them. `fetch` would copy the bytes, and the copy needs as much CPU as the local S3 needs to store them. */
function putBytes({ url, headers }: SignedPut, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'PUT', headers: { ...headers, 'content-length': bytes.length }, agent }, (response) => {
      response.resume().on('error', reject).on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`PUT of a part: ${response.statusCode}`))));
    });
    sending.on('error', reject).end(bytes);
  });
}

/** Milliseconds of one round. */
interface Round { readonly curl: number; readonly parts: number; readonly complete: number }

/**
 * Uploads a file in parts: sends four parts at once, and signs the next four parts in the meantime. `signed` is the number of parts that one request signs.
 * Returns the time from the response of the upload request to the last stored part.
 */
async function uploadInParts(call: CallApi, content: FileContent, signed: number): Promise<Omit<Round, 'curl'>> {
  const { videoId, upload } = await declare(call, content.size);
  const start = performance.now();
  if (upload.kind !== 'multipart') throw new Error(`expected an upload of the kind 'multipart', got '${upload.kind}'`);
  const { partSize, partCount } = upload;
  const prepare = async (first: number) => {
    const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, partCount - first + 1) }, (_, index) => first + index);
    const contents: Buffer[] = [];
    for (const partNumber of numbers) {
      contents.push(await partOf(content, partSize, partNumber));
    }
    const wanted = numbers.map((partNumber, index) => ({ partNumber, checksum: base64Of(crc32(contents[index])) }));
    const urls: SignedPut[] = [];
    while (urls.length < wanted.length) urls.push(...(await call('POST', `/upload/${videoId}/parts`, { parts: wanted.slice(urls.length, urls.length + signed) })).parts);
    return urls.map((url, index) => ({ url, bytes: contents[index] }));
  };
  let group = prepare(1);
  for (let first = 1; first <= partCount; first += PARTS_AT_ONCE) {
    const sending = (await group).map(({ url, bytes }) => putBytes(url, bytes));
    if (first + PARTS_AT_ONCE <= partCount) group = prepare(first + PARTS_AT_ONCE);
    await Promise.all(sending);
  }
  const stored = performance.now();
  await call('POST', `/upload/${videoId}/complete`, {});
  return { parts: stored - start, complete: performance.now() - stored };
}

async function declare(call: CallApi, size: number): Promise<{ videoId: string; upload: UploadPlan }> {
  const { video: { videoId }, upload } = await call('POST', '/upload', { fileName: 'large.mp4', contentType: 'video/mp4', size, title: 'large' });
  return { videoId, upload };
}

/** Counts the requests from `POST /upload` to `POST /upload/{videoId}/complete`. A separate request signs each part, as on the example page. */
async function requestsOfOneGb(): Promise<UsageCount> {
  resolveLocalhostNames();
  let count: UsageCount | undefined;
  await using stack = await startStack({ app: APP, port: 0, data: temporaryFolder(), observe: (usage) => count?.add(usage), log: console.error });
  const client = await Client.signIn(stack.facts);
  // This upload is not counted, because only the first upload creates the counter of the day and starts the session that signs URLs.
  await declare(client.call.bind(client), 1);
  const result = count = new UsageCount();
  await uploadInParts(client.call.bind(client), madeContent(GB), 1);
  count = undefined;
  return result;
}

/** In each round, uploads one file with curl's PUT request, and then one file in parts, to the same stack. Returns the milliseconds of each round. */
async function throughput(): Promise<Round[]> {
  ensure('curl');
  const folder = temporaryFolder();
  const files = { single: path.join(folder, 'single.bin'), parts: path.join(folder, 'parts.bin') };
  const made = madeContent(LARGEST_SINGLE + 1);
  for (let start = 0; start < made.size; start += 2 ** 24) await fs.appendFile(files.parts, await made.read(start, Math.min(start + 2 ** 24, made.size)));
  await fs.copyFile(files.parts, files.single);
  await fs.truncate(files.single, LARGEST_SINGLE);
  await using file = await fs.open(files.parts);
  // While four parts are sent, the next four are read. Each read uses the buffer of a sent part, because new buffers need much CPU.
  const buffers: Buffer<ArrayBuffer>[] = [];
  let reads = 0;
  const content: FileContent = {
    size: made.size,
    async read(start, end) {
      const index = reads++ % (2 * PARTS_AT_ONCE);
      const size = end - start;
      if (!buffers[index] || buffers[index].length < size) buffers[index] = Buffer.allocUnsafeSlow(size);
      const bytes = buffers[index].subarray(0, size);
      await file.read(bytes, 0, size, start);
      return bytes;
    },
  };
  try {
    const { facts } = await StackProcess.start({ app: APP });
    const client = await Client.signIn(facts);
    const call = client.call.bind(client);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { upload } = await declare(call, LARGEST_SINGLE);
      if (upload.kind !== 'single') throw new Error('expected one PUT request');
      const headers = Object.entries(upload.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const start = performance.now();
      await run('curl', ['-sS', '--fail-with-body', '-T', files.single, ...headers, upload.url]);
      const curl = performance.now() - start;
      rounds.push({ curl, ...await uploadInParts(call, content, PARTS_AT_ONCE) });
    }
    return rounds;
  } finally {
    await stopAll();
  }
}

export async function uploadRows(): Promise<{ requests: Record<string, object>; throughput: object[]; isWithinBound: boolean }> {
  const { requests, uses } = await requestsOfOneGb();
  const used = (Object.keys(PRICES) as Priced[]).filter((name) => uses[name] > 0);
  const dollarsOf = (name: Priced): number => uses[name] * unitPrice(name);
  const dollars = used.filter((name) => name !== 'Lambda GB-seconds').reduce((sum, name) => sum + dollarsOf(name), 0);
  const rounds = await throughput();
  const ratio = medianOf(rounds, ({ curl, parts }) => curl / parts);
  const megabytes = LARGEST_SINGLE / 1e6;
  return {
    requests: Object.fromEntries([
      ...Object.entries(requests).sort().map(([name, count]) => [`requests: ${name}`, { count }]),
      ...used.map((name) => [name, { count: Number(uses[name].toFixed(3)), $: Number(dollarsOf(name).toPrecision(3)) }]),
      ['all without Lambda GB-seconds', { $: Number(dollars.toPrecision(3)), bound: BOUNDS.dollars }],
    ]),
    throughput: [{
      'MB/s of curl': Math.round(medianOf(rounds, ({ curl }) => megabytes / curl * 1000)),
      'MB/s of the parts': Math.round(medianOf(rounds, ({ parts }) => megabytes / parts * 1000)),
      'speed of the parts / speed of curl': Number(ratio.toFixed(2)),
      'bound': BOUNDS.ratio,
      'seconds to join the parts': Number(medianOf(rounds, ({ complete }) => complete / 1000).toFixed(2)),
      'speed of the parts (including the time to join them) / speed of curl': Number(medianOf(rounds, ({ curl, parts, complete }) => curl / (parts + complete)).toFixed(2)),
    }],
    isWithinBound: dollars <= BOUNDS.dollars && ratio >= BOUNDS.ratio,
  };
}

/** The median of all rounds does not depend on other processes that run during some of the rounds. */
function medianOf(rounds: readonly Round[], of: (round: Round) => number): number {
  return rounds.map(of).sort((one, other) => one - other)[Math.floor(rounds.length / 2)];
}
