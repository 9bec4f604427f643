import { execFile } from 'child_process';
import { generateKeyPairSync, KeyObject, sign } from 'crypto';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';
import { promisify } from 'util';
import { ENVIRONMENT } from './environment';
import type { LocalCatalog } from './local-catalog';
import { publicationKey } from '../src/contract/table';
import { posterPrefix } from '../src/domain/object-keys';
import { policyOf } from '../src/runtime/signing/cloudfront-policy';
import { deterministicSigner } from '../src/runtime/signing/deterministic-signature';
import { posterUrls } from '../src/runtime/signing/poster-urls';
import { apiEvent } from '../test/runtime/api-event';
import { idOf, videoRow } from '../test/runtime/rows/catalog-table';

const POSTERS = 100;
/** The largest allowed ratio: the CPU time of a list with posters, divided by the CPU time of the same list without posters. */
const BOUND = 1.5;
const ROUNDS = 5;
const LATER_RESPONSES = 60;
/** The default memory of the functions. */
const MEMORY_MB = 512;
/** "At 1,769 MB, a function has the equivalent of one vCPU" (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const MEMORY_OF_ONE_CPU = 1769;

const ms = (value: number): number => Number(value.toFixed(1));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const keyOf = (n: number): string => `${posterPrefix(idOf(n), 1)}poster.0000001.jpg`;

async function cpuMs(run: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Compares the ways to sign the URLs of 100 posters. Only deterministic signatures give equal URLs in all execution environments. */
export async function signingRows(): Promise<Record<string, object>> {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const policies = Array.from({ length: POSTERS }, (_, n) => policyOf(`${ENVIRONMENT.SERVICE_URL}/${keyOf(n)}`, 1_800_000_000));
  const all = (signer: (policy: Buffer) => unknown) => () => policies.forEach((policy) => signer(policy));
  const byNode = (key: KeyObject) => all((policy) => sign('sha256', policy, key));
  const key = { keyPairId: 'K1', privateKey: ec, createdAt: '2026-01-01T00:00:00.000Z' };
  const urls = posterUrls({ chooseKey: async () => key, serviceUrl: ENVIRONMENT.SERVICE_URL, now: () => new Date() });
  const ways = {
    'P-256, deterministic (RFC 6979)': { run: all(deterministicSigner(ec)), isEqual: true },
    'P-256, random (crypto.sign)': { run: byNode(ec), isEqual: false },
    'RSA-2048 (crypto.sign)': { run: byNode(rsa), isEqual: true },
    'P-256, deterministic, from the cache of URLs': { run: async () => { const url = await urls(); policies.forEach((_, n) => url(keyOf(n))); }, isEqual: true },
  };
  const rows: Record<string, object> = {};
  for (const [name, { run, isEqual }] of Object.entries(ways)) {
    const first = await cpuMs(run);
    const later: number[] = [];
    for (let round = 0; round < 15; round++) later.push(await cpuMs(run));
    rows[name] = {
      'first time, CPU ms': ms(first),
      'later, CPU ms': ms(median(later)),
      [`first run: ms with ${MEMORY_MB} MB`]: ms(first * MEMORY_OF_ONE_CPU / MEMORY_MB),
      [`later, ms with ${MEMORY_MB} MB`]: ms(median(later) * MEMORY_OF_ONE_CPU / MEMORY_MB),
      'equal URLs in all execution environments': isEqual,
    };
  }
  return rows;
}

interface Measured { readonly statusCode: number; readonly items: number; readonly posters: number; readonly first: number; readonly later: number }

/** Measures the CPU time of a list in the process of the handler. DynamoDB and Secrets Manager run in the process of the benchmark. */
export async function posterRows(assets: string, catalog: LocalCatalog): Promise<{ rows: object[]; isWithinBound: boolean }> {
  // These videos are newer than the videos of the other benchmarks, so the first page contains only these videos.
  await catalog.put(Array.from({ length: POSTERS }, (_, n) => {
    const video = { videoId: idOf(1_000_000 + n), publishedAt: new Date(Date.UTC(2030, 0, 1, 0, n)).toISOString() };
    return videoRow({ ...video, owner: 'pat', status: 'ready', media: { hls: 'v/hls', poster: keyOf(n) }, ...publicationKey(video) });
  }));
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  let reads = 0;
  const secrets = createServer((request, response) => void request.resume().on('end', () => {
    reads++;
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ SecretString: JSON.stringify({ privateKey, createdAt: '2026-01-01T00:00:00.000Z' }) }));
  }));
  await new Promise<void>((resolve) => secrets.listen(0, '127.0.0.1', resolve));
  const { SIGNING_KEYS, ...without } = {
    ...process.env, ...ENVIRONMENT, TABLE_NAME: catalog.tableName, AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
  };
  const event = JSON.stringify(apiEvent('GET', '/streams', { userId: 'bob', groups: [], query: { limit: String(POSTERS) } }));
  const run = async (env: NodeJS.ProcessEnv): Promise<Measured> => {
    const args = [path.join(__dirname, 'list-cpu-child.js'), path.join(assets, 'catalog', 'read-videos', 'index.js'), event, String(LATER_RESPONSES)];
    return JSON.parse((await promisify(execFile)(process.execPath, args, { env })).stdout);
  };
  const measured = { none: [] as Measured[], posters: [] as Measured[] };
  for (let round = 0; round < ROUNDS; round++) {
    measured.none.push(await run(without));
    measured.posters.push(await run({ ...without, SIGNING_KEYS }));
  }
  secrets.close();
  for (const { statusCode, items } of [...measured.none, ...measured.posters]) {
    if (statusCode !== 200 || items !== POSTERS) throw new Error(`expected a list of ${POSTERS} videos, got ${items} with the status ${statusCode}`);
  }
  if (measured.none.some(({ posters }) => posters > 0) || measured.posters.some(({ posters }) => posters < POSTERS)) throw new Error('expected a poster for each video with signing keys, and no posters without signing keys');
  if (reads !== ROUNDS) throw new Error(`expected 1 read of the secret in each process, got ${reads} reads in ${ROUNDS} processes`);
  const compare = (what: string, of: (each: Measured) => number) => {
    const [none, posters] = [median(measured.none.map(of)), median(measured.posters.map(of))];
    return { row: { 'CPU ms': what, 'without posters': ms(none), [`with ${POSTERS} posters`]: ms(posters), 'ratio': Number((posters / none).toFixed(2)), 'bound': BOUND }, ratio: posters / none };
  };
  const first = compare('first response of a new process, which reads the key and signs all URLs', (each) => each.first);
  const later = compare('later responses', (each) => each.later);
  return { rows: [first.row, later.row], isWithinBound: [first, later].every(({ ratio }) => ratio <= BOUND) };
}
