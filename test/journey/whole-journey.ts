import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { StackProcess, temporaryFolder } from './stack';
import type { Decision } from '../../local/access/access';
import { makeClip } from '../../local/clip';
import { readAssembly, type Assembly } from '../../local/template/assembly';

export interface Journey {
  readonly decisions: Decision[];
  readonly assembly: Assembly;
  readonly output: string;
}

export async function runJourney(): Promise<Journey> {
  const stack = await StackProcess.start();
  await useEverything(await Client.signIn(stack.facts));
  for (const source of ['failed', 'table']) await stack.invoke('VodCatalogEventsResendEvents', { source });
  await stack.stop();
  const decisions = readFileSync(path.join(stack.data, 'access.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  return { decisions, assembly: readAssembly(path.join(stack.data, 'cdk.out')), output: stack.output };
}

export async function useEverything(client: Client, seconds = 8): Promise<string> {
  const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), seconds));
  const [ready, errored] = await Promise.all([client.upload(clip, 'ready'), client.upload(Buffer.from('no video'), 'errored')]);
  await client.settled(errored);
  await client.call('POST', `/streams/${errored}/retry`);
  await client.settled(errored);
  await client.settled(ready);
  await client.call('GET', '/streams');
  await client.call('GET', '/streams?owner=me');
  await client.call('GET', '/streams?owner=me&status=ready');
  await client.edit(ready, { tags: ['edited'], description: 'A description' }, await client.etagOf(ready));
  await client.call('GET', '/openapi.json');
  await client.play(ready);
  const { hls } = await client.call('POST', `/streams/${ready}/playback`);
  await client.get(new URL('missing.m3u8', hls).href);
  await client.get(new URL('/', hls).href);
  await client.get(new URL('/missing.css', hls).href);
  await client.call('POST', '/token', { refresh_token: client.tokens.refresh_token });
  await client.call('POST', '/token/revoke', { refresh_token: client.tokens.refresh_token });
  return ready;
}
