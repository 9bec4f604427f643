import { execFile } from 'child_process';
import { promises as fs } from 'fs';
import * as path from 'path';
import { promisify } from 'util';
import { PRICES, unitPrice, type Priced } from './prices';
import { UsageCount } from './usage-count';
import type { Api, FileLike, Phase } from '../examples/typescript/full/web/upload/types';
import { resolveLocalhostNames } from '../local/localhost-names';
import { startStack } from '../local/stack';
import { ensure } from '../local/system';
import { Client } from '../test/journey/client';
import { madeContent } from '../test/journey/source-files';
import { StackProcess, stopAll, temporaryFolder } from '../test/journey/stack';

const GB = 1e9;
/**
 * `dollars`: the largest allowed cost of an upload of 1 GB with the upload module of the example page. The cost does not include Lambda's GB-seconds. `ratio`:
 * the module's throughput, divided by the throughput of curl's PUT request, must be at least this number. The request that completes the upload has no bound,
 * because the local stack copies all bytes to join the parts, and S3 does not.
 */
const BOUNDS = { dollars: 0.00045, ratio: 0.8 };
/** This app plans one PUT request for files of up to 512 MiB. A file with one more byte is uploaded in parts. */
const APP = path.join(__dirname, 'uploads.app.ts');
const LARGEST_SINGLE = 512 * 1024 ** 2;
const ROUNDS = 5;

const run = promisify(execFile);

/** Milliseconds of one round. */
interface Round { readonly curl: number; readonly parts: number; readonly complete: number }

/** Uploads a file with the module of examples/typescript/full/web/upload. `parts` is the time from the response of `POST /upload` to the last stored part. */
async function uploadInParts(api: Api, file: FileLike): Promise<Omit<Round, 'curl'>> {
  const { Upload } = await import('../examples/typescript/full/web/upload/upload.js');
  const times = new Map<Phase, number>();
  const upload = new Upload({
    file, api, details: { fileName: 'large.mp4', contentType: 'video/mp4', title: 'large' },
    onChange: ({ phase }) => { if (!times.has(phase)) times.set(phase, performance.now()); },
  });
  await upload.start();
  const timeOf = (phase: Phase): number => {
    const time = times.get(phase);
    if (time === undefined) throw new Error(`expected the phase ${phase}, got ${[...times.keys()].join(', ')}`);
    return time;
  };
  return { parts: timeOf('completing') - timeOf('uploading'), complete: timeOf('done') - timeOf('completing') };
}

/** Counts the requests from `POST /upload` to `POST /upload/{videoId}/complete`. */
async function requestsOfOneGb(): Promise<UsageCount> {
  resolveLocalhostNames();
  let count: UsageCount | undefined;
  await using stack = await startStack({ app: APP, port: 0, data: temporaryFolder(), observe: (usage) => count?.add(usage), log: console.error });
  const client = await Client.signIn(stack.facts);
  // This upload is not counted, because only the first upload creates the counter of the day and starts the session that signs URLs.
  await client.declare(1, 'first');
  const result = count = new UsageCount();
  const { size, read } = madeContent(GB);
  await uploadInParts(client.call.bind(client), { size, slice: (start, end) => new Blob([read(start, end) as Buffer<ArrayBuffer>]) });
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
  const { openFile } = await import('../examples/typescript/full/web/upload/file-node.js');
  const file = await openFile(files.parts);
  try {
    const { facts } = await StackProcess.start({ app: APP });
    const client = await Client.signIn(facts);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { upload } = await client.declareSmall(LARGEST_SINGLE, 'large');
      const headers = Object.entries(upload.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
      const start = performance.now();
      await run('curl', ['-sS', '--fail-with-body', '-T', files.single, ...headers, upload.url]);
      const curl = performance.now() - start;
      rounds.push({ curl, ...await uploadInParts(client.call.bind(client), file) });
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
