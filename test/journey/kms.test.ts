import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { grantsOf, unnoticedGrants } from './grants';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import type { Decision } from '../../local/access/access';
import { makeClip } from '../../local/clip';
import { readAssembly, type Assembly } from '../../local/template/assembly';

jest.setTimeout(PATIENCE_MS);

/** Grants on KMS keys. This test does not use them, for the stated reasons. */
const NOT_USED: Record<string, string> = {
  'VodCatalogEditVideosRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'the journey edits no video: test/journey/roles.test.ts',
  'VodCatalogEventsResendEventsRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'the journey has no failed event record to send again',
  'VodUploadSigningRoleDefaultPolicy: kms:Decrypt on SourceKey.Arn': 'S3 needs it for the parts of a multipart upload, and the journey sends single PUTs',
  'VodUploadManageUploadsRoleDefaultPolicy: kms:GenerateDataKey on SourceKey.Arn': 'S3 needs it to start a multipart upload, and the journey sends single PUTs',
  'VodUploadManageUploadsRoleDefaultPolicy: kms:Decrypt on SourceKey.Arn': 'S3 needs it to join the parts of a multipart upload, and the journey sends single PUTs',
  'VodTranscodeRetryVideosRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'the journey retries no video: test/journey/retry.test.ts',
  'VodSweeperSweepVideosRoleDefaultPolicy: kms:Decrypt on TableKey.Arn': 'a schedule invokes the function: test/journey/sweeper.test.ts',
  'VodSweeperSweepVideosRoleDefaultPolicy: kms:Decrypt on SourceKey.Arn': 'a schedule invokes the function: test/journey/sweeper.test.ts',
};

describe('the service with an existing table and buckets under customer\'s KMS keys', () => {
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

  it('uploads, transcodes and plays a video', () => {
    expect(output).not.toContain('access denied');
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(new Set(decisions.map(({ action }) => action).filter((action) => action.startsWith('kms:')))).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
  });

  it('has only grants on keys that the journey needs', async () => {
    const grants = grantsOf(assembly).filter(({ action }) => action.startsWith('kms:'));
    expect(grants.length).toBeGreaterThan(12);
    expect(await unnoticedGrants(grants, decisions)).toEqual(Object.keys(NOT_USED));
  });
});
