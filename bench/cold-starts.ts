import { execFile } from 'child_process';
import { statSync } from 'fs';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';
import { promisify } from 'util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ENVIRONMENT } from './environment';
import { ENVIRONMENTS, type HandlerName } from '../src/contract/environment';
import { videoKey } from '../src/contract/table';
import { sourceKey } from '../src/domain/object-keys';
import { apiEvent } from '../test/runtime/api-event';
import { videoRow } from '../test/runtime/rows/catalog-table';

const RUNS = 9;

/** Of every service: no rows, no messages; where a secret is asked for, this one. */
const ANSWER = JSON.stringify({ SecretString: 'secret', UserPoolClient: { ClientSecret: 'secret' }, FailedEntryCount: 0, Entries: [{ EventId: '1' }] });

const CHILD = path.join(__dirname, 'cold-start-child.js');
const EMPTY = path.join(__dirname, '..', 'jest.config.json');

const [userId, videoId] = ['0193a1b2-0000-7000-8000-0123456789ab', '0193a1b2-0000-7000-8000-0123456789ac'];
const caller = { userId, groups: ['makers'] };
const arrived = JSON.stringify({ detail: { object: { key: sourceKey(videoId), size: 5 } } });
const created = videoRow({ videoId });
const record = { eventID: '1', eventName: 'INSERT', dynamodb: { Keys: marshall(videoKey(videoId)), NewImage: marshall(created, { removeUndefinedValues: true }), SequenceNumber: '1', ApproximateCreationDateTime: 1 } };

/** An ordinary first event of each handler. `address` answers all that they call. */
const firstEvents = (address: string): Record<HandlerName, unknown> => ({
  'api/describe-api': apiEvent('GET', '/openapi.json'),
  'auth/authorize-token': { type: 'TOKEN', authorizationToken: 'none', methodArn: 'arn:aws:execute-api:eu-west-1:1:api/api/GET/streams' },
  'auth/fill-client-secret': { RequestType: 'Create', ResponseURL: address, ResourceProperties: { UserPoolId: 'p', ClientId: 'c', SecretArn: ENVIRONMENT.SECRET_ARN } },
  'auth/sign-in': apiEvent('GET', '/login'),
  'catalog/publish-events': { Records: [record] },
  'catalog/read-videos': apiEvent('GET', '/streams', caller),
  'catalog/resend-events': { source: 'table' },
  'delivery/make-key-pair': { RequestType: 'Create', ResponseURL: address, ResourceProperties: { SecretArn: ENVIRONMENT.SECRET_ARN, KeyType: 'ecdsa-p256' } },
  'delivery/start-playback': apiEvent('POST', '/streams/{videoId}/playback', { ...caller, path: { videoId } }),
  'sweeper/sweep-videos': {},
  'transcode/record-job-event': { detail: { status: 'COMPLETE', jobId: 'j', userMetadata: { videoId, attempt: '1' }, outputGroupDetails: [] } },
  'transcode/submit-job': { Records: [{ messageId: '1', attributes: { ApproximateReceiveCount: '1' }, body: arrived }] },
  'upload/plan-upload': apiEvent('POST', '/upload', { ...caller, body: { fileName: 'a.mp4', contentType: 'video/mp4', size: 5 } }),
});

interface Taken { readonly cpu: number; readonly wall: number }
interface ColdStart { readonly load: Taken; readonly first: Taken; readonly outcome: string | number }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * A cold start of each handler, in a fresh process: bytes of its bundle, and the time until it is loaded and until its first answer, from services that
 * answer at once. Ratios are to an empty module in the same run: machines differ, ratios less so.
 */
export async function coldStartRows(assets: string): Promise<Record<string, object>> {
  const server = createServer((request, response) => void request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(ANSWER)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    ...ENVIRONMENT, PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token', AWS_ENDPOINT_URL: address,
  };
  const start = async (file: string, event: unknown): Promise<ColdStart> => (
    JSON.parse((await promisify(execFile)(process.execPath, [CHILD, file, JSON.stringify(event)], { env })).stdout));

  const events = firstEvents(address);
  const files: [string, string, unknown][] = Object.keys(ENVIRONMENTS).map((name) => [name, path.join(assets, name, 'index.js'), events[name as HandlerName]]);
  const starts: Record<string, ColdStart[]> = {};
  // In turns, so that a busy moment of the machine meets all of them.
  for (let run = 0; run < RUNS; run++) for (const [name, file, event] of [['an empty module', EMPTY, null] as const, ...files]) (starts[name] ??= []).push(await start(file, event));
  server.close();

  const [empty] = Object.values(starts);
  const figure = (all: readonly ColdStart[], of: (one: ColdStart) => number) => Number(median(all.map(of)).toFixed(1));
  return Object.fromEntries(files.map(([name, file]) => [name, {
    'kB': Math.round(statSync(file).size / 1000),
    'load, CPU ms': figure(starts[name], ({ load }) => load.cpu),
    'load, ms': figure(starts[name], ({ load }) => load.wall),
    'first answer, CPU ms': figure(starts[name], ({ first }) => first.cpu),
    'first answer, ms': figure(starts[name], ({ first }) => first.wall),
    'CPU, times an empty module': Math.round(figure(starts[name], ({ first }) => first.cpu) / figure(empty, ({ first }) => first.cpu)),
    'outcome': starts[name][0].outcome,
  }]));
}
