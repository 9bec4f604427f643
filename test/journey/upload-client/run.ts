import { Network } from './network';
import type { StackFacts } from '../../../local/stack';
import { Client } from '../client';
import type { Plan, Report, Trigger } from './client-process';
import type { Api, Put } from '../../../examples/typescript/full/web/upload/types';

/*
 * A client in a separate process: uploads a file with the module of examples/typescript/full/web/upload. Faults happen at given parts, in the middle of the PUT
 * request. The first argument is a `Plan` in JSON.
 */
const { facts, file, fileName, videoId, triggers, cutEvery, loseCreation }: Plan = JSON.parse(process.argv[2]);
const network = new Network();
const report = (message: Report) => process.send!(message);

let renewals = 0;
let removals = 0;
let isCreationLost = !loseCreation;

/** Returns the function `api` of the module. The function sends requests with a valid token, and throws errors with `status` and `code`. */
function apiOf(stack: StackFacts): Api {
  let client: Client | undefined;
  return async (method, path, body) => {
    if (method === 'DELETE') removals++;
    client ??= await Client.signIn(stack);
    const answer = await client.call(method, path, body).catch(async (error: Error & { status?: number }) => {
      if (error.status !== 401) throw error;
      renewals++;
      // The refresh token has expired too if the client was offline for a long time.
      client = await client!.renewed().catch(() => Client.signIn(stack));
      return client.call(method, path, body);
    });
    if (method === 'POST' && path === '/upload' && !isCreationLost) {
      isCreationLost = true;
      throw new Error('the response was lost');
    }
    return answer;
  };
}

async function main(): Promise<void> {
  const { Upload } = await import('../../../examples/typescript/full/web/upload/upload.js');
  const { openFile } = await import('../../../examples/typescript/full/web/upload/file-node.js');
  const { platformPut } = await import('../../../examples/typescript/full/web/upload/put.js' as string) as { platformPut(): Promise<Put> };
  const put = await platformPut();
  const sent: number[] = [];
  const sessions = new Set<string>();
  const pending: Trigger[] = [...triggers];
  let requests = 0;

  async function happen({ part, does }: Trigger): Promise<void> {
    if (does === 'offline') network.cut();
    if (does === 'pause') upload.pause();
    report({ type: 'reached', part, does, state: upload.state });
  }

  const upload = new Upload({
    file: await openFile(file, { type: 'video/mp4' }),
    api: apiOf(facts),
    details: { fileName, title: 'survivor' },
    videoId,
    onChange: (state) => report({ type: 'state', state }),
    put: async (signed, body, options) => {
      const query = new URL(signed.url).searchParams;
      const part = Number(query.get('partNumber'));
      sessions.add(query.get('X-Amz-Credential')!);
      const cut = new AbortController();
      const isCut = cutEvery > 0 && ++requests % cutEvery === 0;
      const result = await put(signed, body, {
        signal: AbortSignal.any([options.signal, cut.signal]), onProgress: (bytes) => {
          options.onProgress(bytes);
          if (bytes < body.size / 2) return;
          if (isCut) cut.abort(new Error('the connection was cut'));
          if (pending.length > 0 && part >= pending[0].part) void happen(pending.shift()!);
        },
      });
      if (result.status === 200) sent.push(part);
      return result;
    },
  });
  process.on('message', (message) => {
    if (message === 'online') network.restore();
    if (message === 'resume') upload.resume();
  });
  const end = await upload.start().then((video) => ({ video }), ({ code, message, expected, actual }) => ({ error: { code, message, expected, actual } }));
  const { maxRSS } = process.resourceUsage();
  report({ type: 'end', ...end, sent, renewals, removals, sessions: sessions.size, peakMemory: maxRSS * 1024 });
  process.disconnect();
}

void main();
