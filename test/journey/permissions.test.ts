import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { grantsOf, isAllowed, unnoticedGrants } from './grants';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';
import { runJourney } from './whole-journey';
import type { Decision } from '../../local/access/access';
import type { Assembly } from '../../local/template/assembly';

jest.setTimeout(PATIENCE_MS);

const FAILED = 'the journey has no failed event record: test/journey/events.test.ts';
const SWEPT = 'no video is due for one hour: test/journey/sweeper.test.ts';
const IN_PARTS = 'the journey uploads a small file with one PUT request: test/journey/large-upload.test.ts';
const TOO_BROAD = 'CDK grants both actions on the bucket and on its objects';
const SEARCH = 'the journey does not search, and uploads a video without tags: test/journey/roles.test.ts';
const ENDED = 'the journey has no upload that ends without a file: test/sweeper/sweep-videos.test.ts';

/** Grants that this test does not use, with the reason why the template needs each grant. The test fails if the template lacks a listed grant. */
const NOT_USED: Record<string, string> = {
  'WebPolicy: s3:GetObject on Web.Arn': TOO_BROAD,
  'WebPolicy: s3:ListBucket on Web.Arn/*': TOO_BROAD,
  'VodApiRestApiuploadvideoIdGETApiPermissionVideosVodApiRestApi90F44EBDGETuploadvideoId: lambda:InvokeFunction': IN_PARTS,
  'VodApiRestApiuploadvideoIdpartsPOSTApiPermissionVideosVodApiRestApi90F44EBDPOSTuploadvideoIdparts: lambda:InvokeFunction': IN_PARTS,
  'VodApiRestApiuploadvideoIdcompletePOSTApiPermissionVideosVodApiRestApi90F44EBDPOSTuploadvideoIdcomplete: lambda:InvokeFunction': IN_PARTS,
  'VodApiRestApiuploadvideoIdDELETEApiPermissionVideosVodApiRestApi90F44EBDDELETEuploadvideoId: lambda:InvokeFunction': IN_PARTS,
  'VodCatalogReadVideosRoleDefaultPolicy: dynamodb:Query on VodCatalogTable.Arn': SEARCH,
  'VodCatalogEditVideosRoleDefaultPolicy: dynamodb:DeleteItem on VodCatalogTable.Arn': SEARCH,
  'VodCatalogEventsResendEventsRoleDefaultPolicy: s3:GetObject on VodCatalogEventsFailedEvents.Arn/*': FAILED,
  'VodCatalogEventsResendEventsRoleDefaultPolicy: s3:DeleteObject on VodCatalogEventsFailedEvents.Arn/*': FAILED,
  'VodUploadManageUploadsRoleDefaultPolicy: dynamodb:GetItem on VodCatalogTable.Arn': IN_PARTS,
  'VodUploadManageUploadsRoleDefaultPolicy: dynamodb:DeleteItem on VodCatalogTable.Arn': IN_PARTS,
  'VodUploadManageUploadsRoleDefaultPolicy: s3:PutObject on VodUploadBucket.Arn/source/*': IN_PARTS,
  'VodUploadManageUploadsRoleDefaultPolicy: s3:GetObject on VodUploadBucket.Arn/source/*': IN_PARTS,
  'VodUploadManageUploadsRoleDefaultPolicy: s3:AbortMultipartUpload on VodUploadBucket.Arn/source/*': IN_PARTS,
  'VodUploadManageUploadsRoleDefaultPolicy: s3:ListMultipartUploadParts on VodUploadBucket.Arn/source/*': IN_PARTS,
  'VodTranscodeDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeDeadLetterQueue.Arn':
    'EventBridge uses it only after 24 hours of failed deliveries',
  'VodTranscodeJobEventsDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeJobEventsDeadLetterQueue.Arn':
    'EventBridge uses it only after 24 hours of failed deliveries',
  'VodTranscodeSubmitQueuePolicy: sqs:GetQueueAttributes on VodTranscodeSubmitQueue.Arn':
    'CDK grants it with the rule\'s target, and EventBridge does not use it',
  'VodTranscodeSubmitQueuePolicy: sqs:GetQueueUrl on VodTranscodeSubmitQueue.Arn':
    'CDK grants it with the rule\'s target, and EventBridge does not use it',
  'VodTranscodeSubmitJobRoleDefaultPolicy: mediaconvert:SearchJobs on VodTranscodeQueue.Arn':
    'used after a stale claim, minutes later: test/transcode/submit-job.test.ts',
  'VodTranscodeRecordJobEventRoleDefaultPolicy: dynamodb:PutItem on VodCatalogTable.Arn': SEARCH,
  'VodSweeperDeadLetterQueuePolicy: sqs:SendMessage on VodSweeperDeadLetterQueue.Arn':
    'EventBridge uses it only after 24 hours of failed deliveries',
  'VodSweeperSweepVideosRole: sts:AssumeRole': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:Query on VodCatalogTable.Arn/index/byDue': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:GetItem on VodCatalogTable.Arn': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:UpdateItem on VodCatalogTable.Arn': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:DeleteItem on VodCatalogTable.Arn': ENDED,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:PutItem on VodCatalogTable.Arn': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: sqs:SendMessage on VodSweeperDeadLetterQueue.Arn':
    'Lambda uses it only after three failed invocations',
  'VodSweeperSweepVideosRoleDefaultPolicy: sqs:SendMessage on VodTranscodeSubmitQueue.Arn':
    'used for a video that is uploaded for one hour: test/sweeper/sweep-videos.test.ts',
  'VodSweeperSweepVideosRoleDefaultPolicy: mediaconvert:GetJob on arn:AWS::Partition:mediaconvert:AWS::Region:AWS::AccountId:jobs/*': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: s3:GetObject on VodUploadBucket.Arn/source/*': ENDED,
  'VodSweeperSweepVideosRoleDefaultPolicy: s3:ListMultipartUploadParts on VodUploadBucket.Arn/source/*': ENDED,
  'VodSweeperSweepVideosRoleDefaultPolicy: s3:AbortMultipartUpload on VodUploadBucket.Arn/source/*': ENDED,
  'VodSweeperSweepVideosRoleDefaultPolicy: s3:DeleteObject on VodUploadBucket.Arn/source/*': ENDED,
  'VodSweeperScheduleAllowEventRuleVideosVodSweeperSweepVideosFunction039370DA: lambda:InvokeFunction': SWEPT,
  'UndeliveredPolicy: sqs:SendMessage on Undelivered.Arn': 'EventBridge uses it only after 24 hours of failed deliveries',
};

describe('the permissions of the template', () => {
  let decisions: Decision[];
  let assembly: Assembly;
  let output: string;

  beforeAll(async () => { ({ decisions, assembly, output } = await runJourney()); });
  afterAll(stopAll);

  test('all grants together allow a whole journey', () => {
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(output).not.toContain('access denied');
    expect(decisions.length).toBeGreaterThan(50);
  });

  test('the template contains no grant that the journey does not need', async () => {
    // With the unchanged template, all decisions must be equal to those of the running stack. Then only a removed grant can change a decision below.
    expect(await isAllowed(assembly, decisions)).toEqual(decisions.map(({ allowed }) => allowed));

    // The local stack writes function logs without a permission check, so grants for logs are not tested.
    const grants = grantsOf(assembly).filter(({ action }) => !action.startsWith('logs:'));
    const unnoticed = await unnoticedGrants(grants, decisions);
    // Two rules of the example send to the same dead-letter queue, so a name can occur twice.
    expect([...new Set(unnoticed)]).toEqual(Object.keys(NOT_USED));
    expect(grants.length).toBeGreaterThan(40);
  });
});

describe('a missing permission', () => {
  afterAll(stopAll);

  it('fails the request that needs it, and the local stack logs action and resource', async () => {
    const stack = await StackProcess.start({ app: path.join(__dirname, 'missing-grant.fixture.ts') });
    const client = await Client.signIn(stack.facts);
    expect((await client.fetch('GET', '/streams')).status).toBe(200);
    const response = await client.fetch('POST', '/upload', { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 });
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    const problem = await response.text();
    expect(JSON.parse(problem)).toMatchObject({ status: 500, code: 'internal' });
    expect(problem).not.toMatch(/arn:|dynamodb|denied/i);
    expect(stack.output).toMatch(/^access denied: \S+:role\/\S*ManageUploads\S* is not authorized to perform dynamodb:PutItem on arn:aws:dynamodb:\S+:table\/\S+$/m);
    await stack.stop();
    const refused = readFileSync(path.join(stack.data, 'access.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"allowed":false'));
    expect(refused).toHaveLength(1);
    expect(JSON.parse(refused[0])).toMatchObject({ action: 'dynamodb:PutItem', principal: { kind: 'role' } });
  });
});
