import { execFile } from 'child_process';
import { generateKeyPairSync } from 'crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import { tmpdir } from 'os';
import * as path from 'path';
import { promisify } from 'util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { build } from 'esbuild';
import { ENVIRONMENT } from './environment';
import { NODE_BUNDLE } from '../build/bundle-options';
import { ENVIRONMENTS, type HandlerName } from '../src/contract/environment';
import { videoKey } from '../src/contract/table';
import { sourceKey } from '../src/domain/object-keys';
import { apiEvent } from '../test/runtime/api-event';
import { videoRow } from '../test/runtime/rows/catalog-table';

/** Cold starts per bundle. Each printed figure is the median. */
const RUNS = 15;

/** The handler that is also bundled without `LAMBDA_BUNDLE`, for comparison. */
const COMPARED = 'catalog/read-videos' satisfies HandlerName;
/** The largest allowed ratios: the CPU time of the bundle with `LAMBDA_BUNDLE`, divided by the CPU time of the bundle with `NODE_BUNDLE`. */
const BOUNDS = { load: 0.9, first: 0.72 };

const SIGNING_KEY = JSON.stringify({
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }), createdAt: '2026-01-01T00:00:00.000Z',
});
/**
 * The fake AWS services send this response to every request, except requests to STS. The response contains the fields that clients of several services read.
 * The secret is a signing key, and there are no table rows and no messages.
 */
const RESPONSE = JSON.stringify({ SecretString: SIGNING_KEY, UserPoolClient: { ClientSecret: 'secret' }, FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
const STS_RESPONSE = `<AssumeRoleResponse><AssumeRoleResult><Credentials>${[
  ['AccessKeyId', 'key'], ['SecretAccessKey', 'secret'], ['SessionToken', 'token'], ['Expiration', '2100-01-01T00:00:00Z'],
].map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;

const ROOT = path.join(__dirname, '..');
const CHILD = path.join(__dirname, 'cold-start-child.js');
const EMPTY_MODULE = path.join(ROOT, 'jest.config.json');

const [userId, videoId] = ['0193a1b2-0000-7000-8000-0123456789ab', '0193a1b2-0000-7000-8000-0123456789ac'];
const caller = { userId, groups: ['makers'] };
const objectCreated = JSON.stringify({ detail: { object: { key: sourceKey(videoId), size: 5 } } });
const ingestible = JSON.stringify({ detail: { bucket: { name: 'sources' }, object: { key: 'ingest/film.mp4', size: 5, etag: 'e' } } });
const newImage = marshall(videoRow({ videoId }), { removeUndefinedValues: true });
const record = { eventID: '1', eventName: 'INSERT', dynamodb: { Keys: marshall(videoKey(videoId)), NewImage: newImage, SequenceNumber: '1', ApproximateCreationDateTime: 1 } };

const firstEvents = (url: string): Record<HandlerName, unknown> => ({
  'api/describe-api': apiEvent('GET', '/openapi.json'),
  'auth/authorize-token': { type: 'TOKEN', authorizationToken: 'none', methodArn: 'arn:aws:execute-api:eu-west-1:1:api/api/GET/streams' },
  'auth/fill-client-secret': { RequestType: 'Create', ResponseURL: url, ResourceProperties: { UserPoolId: 'p', ClientId: 'c', SecretArn: ENVIRONMENT.SECRET_ARN } },
  'auth/sign-in': apiEvent('GET', '/login'),
  'catalog/edit-videos': apiEvent('PATCH', '/streams/{videoId}', { ...caller, path: { videoId }, headers: { 'If-Match': '"1"' }, body: { title: 'New' } }),
  'catalog/publish-events': { Records: [record] },
  'catalog/read-videos': apiEvent('GET', '/streams', caller),
  'catalog/resend-events': { source: 'table' },
  'delivery/make-key-pair': { RequestType: 'Create', ResponseURL: url, ResourceProperties: { SecretArn: ENVIRONMENT.SECRET_ARN, KeyType: 'ecdsa-p256' } },
  'delivery/start-playback': apiEvent('POST', '/streams/{videoId}/playback', { ...caller, path: { videoId } }),
  'ingest/ingest-objects': { Records: [{ messageId: '1', body: ingestible }] },
  'sweeper/sweep-videos': {},
  'transcode/record-job-event': { detail: { status: 'COMPLETE', jobId: 'j', userMetadata: { videoId, attempt: '1' }, outputGroupDetails: [] } },
  'transcode/retry-videos': apiEvent('POST', '/streams/{videoId}/retry', { ...caller, path: { videoId } }),
  'transcode/submit-job': { Records: [{ messageId: '1', attributes: { ApproximateReceiveCount: '1' }, body: objectCreated }] },
  'upload/manage-uploads': apiEvent('POST', '/upload', { ...caller, body: { fileName: 'a.mp4', contentType: 'video/mp4', size: 5 } }),
});

interface Duration { readonly cpu: number; readonly wall: number }
/** Both durations begin before the child process loads the bundle. `load` ends when the bundle is loaded, and `first` ends at the handler's first response. */
interface ColdStart { readonly load: Duration; readonly first: Duration; readonly outcome: string | number }

interface Bundle { readonly name: string; readonly file: string; readonly event: unknown }

/** Measures the cold starts of all handlers with fake AWS services. The fake services respond immediately, so the durations contain no time of AWS. */
export async function coldStartRows(assets: string): Promise<{ handlers: object[]; comparison: object[]; isWithinBound: boolean }> {
  const server = createServer((request, response) => void request.resume().on('end', () => {
    // Of all services that handlers call, only STS receives forms (the AWS Query protocol).
    const isSts = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    response.setHeader('content-type', isSts ? 'text/xml' : 'application/json').end(isSts ? STS_RESPONSE : RESPONSE);
  }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'old-bundle-'));
  try {
    const events = firstEvents(url);
    const handlers = (Object.keys(ENVIRONMENTS) as HandlerName[]).map((name): Bundle => ({ name, file: path.join(assets, name, 'index.js'), event: events[name] }));
    const old: Bundle = { name: 'old', file: await bundleWithoutOptions(COMPARED, folder), event: events[COMPARED] };
    const empty: Bundle = { name: 'empty', file: EMPTY_MODULE, event: null };
    const medians = await measure([empty, old, ...handlers], url);
    return {
      handlers: handlers.map((bundle) => handlerRow(bundle, medians[bundle.name], medians.empty)),
      ...compare(old, handlers.find(({ name }) => name === COMPARED)!, medians),
    };
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

async function bundleWithoutOptions(handler: HandlerName, folder: string): Promise<string> {
  const [area, entry] = handler.split('/');
  const areaFolder = path.join(ROOT, 'src', area);
  const source = readdirSync(areaFolder, { recursive: true, encoding: 'utf8' }).find((file) => path.basename(file) === `${entry}.lambda.ts`)!;
  const outfile = path.join(folder, 'index.js');
  await build({ ...NODE_BUNDLE, absWorkingDir: ROOT, entryPoints: [path.join(areaFolder, source)], outfile });
  return outfile;
}

/** The bundles start alternately, so that other load on the machine affects all bundles equally. */
async function measure(bundles: readonly Bundle[], url: string): Promise<Record<string, ColdStart>> {
  const credentials = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const env = { ...ENVIRONMENT, ...credentials, PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: url };
  const starts: Record<string, ColdStart[]> = {};
  for (let run = 0; run < RUNS; run++) {
    for (const { name, file, event } of bundles) {
      const { stdout } = await promisify(execFile)(process.execPath, [CHILD, file, JSON.stringify(event)], { env });
      (starts[name] ??= []).push(JSON.parse(stdout));
    }
  }
  return Object.fromEntries(Object.entries(starts).map(([name, all]) => [name, {
    load: { cpu: median(all.map(({ load }) => load.cpu)), wall: median(all.map(({ load }) => load.wall)) },
    first: { cpu: median(all.map(({ first }) => first.cpu)), wall: median(all.map(({ first }) => first.wall)) },
    outcome: all[0].outcome,
  }]));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const kilobytes = (file: string): number => Math.round(statSync(file).size / 1000);
const ms = (value: number): number => Number(value.toFixed(1));

function handlerRow({ name, file }: Bundle, { load, first, outcome }: ColdStart, empty: ColdStart): object {
  return {
    'handler': name,
    'kB': kilobytes(file),
    'load, CPU ms': ms(load.cpu),
    'load, ms': ms(load.wall),
    'first response, CPU ms': ms(first.cpu),
    'first response, ms': ms(first.wall),
    'CPU time relative to an empty module': Math.round(first.cpu / empty.first.cpu),
    'outcome': outcome,
  };
}

function compare(old: Bundle, current: Bundle, medians: Record<string, ColdStart>): { comparison: object[]; isWithinBound: boolean } {
  const ratio = (phase: 'load' | 'first'): number => medians[current.name][phase].cpu / medians[old.name][phase].cpu;
  const row = (what: string, before: number, after: number, bound?: number) => (
    { what: `${COMPARED}: ${what}`, NODE_BUNDLE: before, LAMBDA_BUNDLE: after, ratio: Number((after / before).toFixed(2)), bound });
  return {
    comparison: [
      row('kB', kilobytes(old.file), kilobytes(current.file)),
      row('load, CPU ms', ms(medians[old.name].load.cpu), ms(medians[current.name].load.cpu), BOUNDS.load),
      row('first response, CPU ms', ms(medians[old.name].first.cpu), ms(medians[current.name].first.cpu), BOUNDS.first),
    ],
    isWithinBound: ratio('load') <= BOUNDS.load && ratio('first') <= BOUNDS.first,
  };
}
