import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { grantsOf, unnoticedGrants } from './grants';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import type { Decision } from '../../local/access/access';
import { makeClip } from '../../local/clip';
import { readAssembly, type Assembly } from '../../local/template/assembly';

jest.setTimeout(PATIENCE_MS);

/** Grants on keys that this journey can't miss, and why they stay. */
const NOT_WALKED: Record<string, string> = {
  'VodCatalogEventsResendEventsRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'no record has failed that could be sent again',
  'VodUploadPlanUploadRoleDefaultPolicy: kms:Decrypt on SourceKey.Arn': 'S3 joins the parts of a multipart upload with it; one machine takes single PUTs only',
  'VodSweeperSweepVideosRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'a schedule starts it, minutes later: test/journey/sweeper.test.ts',
};

describe('buckets and a table of one\'s own, under customer\'s KMS keys', () => {
  let decisions: Decision[];
  let assembly: Assembly;
  let output: string;

  beforeAll(async () => {
    const stack = await StackProcess.start({ app: path.join(__dirname, 'kms.fixture.ts') });
    const client = await Client.signIn(stack.facts);
    const videoId = await client.upload(readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 4)), 'under keys');
    await client.settled(videoId);
    await client.call('GET', '/streams');
    await client.play(videoId);
    await stack.invoke('VodCatalogEventsResendEvents', { source: 'table' });
    await stack.stop();
    output = stack.output;
    decisions = readFileSync(path.join(stack.data, 'access.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assembly = readAssembly(path.join(stack.data, 'cdk.out'));
  });
  afterAll(stopAll);

  it('take an upload, transcode it and play it', () => {
    expect(output).not.toContain('access denied');
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(new Set(decisions.map(({ action }) => action).filter((action) => action.startsWith('kms:')))).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
  });

  it('hold no grant on a key that could be taken away unnoticed', async () => {
    const grants = grantsOf(assembly).filter(({ action }) => action.startsWith('kms:'));
    expect(grants.length).toBeGreaterThan(12);
    expect(await unnoticedGrants(grants, decisions)).toEqual(Object.keys(NOT_WALKED));
  });
});
