import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { grantsOf, isAllowed, unnoticedGrants } from './grants';
import { PATIENCE_MS, StackProcess, stopAll } from './stack';
import { runJourney } from './whole-journey';
import type { Decision } from '../../local/access/access';
import type { Assembly } from '../../local/template/assembly';

jest.setTimeout(PATIENCE_MS);

const FAILED = 'nothing fails here: test/journey/events.test.ts';
const SWEPT = 'nothing is due for an hour: test/journey/sweeper.test.ts';

/** Grants that no journey here can miss, and why they stay. Each must be in the template still. */
const NOT_WALKED: Record<string, string> = {
  'VodCatalogEventsResendEventsRoleDefaultPolicy: s3:GetObject on VodCatalogEventsFailedEvents.Arn/*': FAILED,
  'VodCatalogEventsResendEventsRoleDefaultPolicy: s3:DeleteObject on VodCatalogEventsFailedEvents.Arn/*': FAILED,
  'VodTranscodeDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeDeadLetterQueue.Arn':
    'EventBridge sends what it could not deliver for a day',
  'VodTranscodeJobEventsDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeJobEventsDeadLetterQueue.Arn':
    'EventBridge sends what it could not deliver for a day',
  'VodTranscodeSubmitQueuePolicy: sqs:GetQueueAttributes on VodTranscodeSubmitQueue.Arn':
    'the CDK grants it with the rule\'s target, EventBridge does not use it',
  'VodTranscodeSubmitQueuePolicy: sqs:GetQueueUrl on VodTranscodeSubmitQueue.Arn':
    'the CDK grants it with the rule\'s target, EventBridge does not use it',
  'VodTranscodeSubmitJobRoleDefaultPolicy: mediaconvert:SearchJobs on VodTranscodeQueue.Arn':
    'who finds a claim that outlived its holder searches, minutes later: test/transcode/submit-job.test.ts',
  'VodSweeperDeadLetterQueuePolicy: sqs:SendMessage on VodSweeperDeadLetterQueue.Arn':
    'EventBridge sends what it could not deliver for a day',
  'VodSweeperSweepVideosRole: sts:AssumeRole': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:Query on VodCatalogTable.Arn/index/byDue': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:GetItem on VodCatalogTable.Arn': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: dynamodb:UpdateItem on VodCatalogTable.Arn': SWEPT,
  'VodSweeperSweepVideosRoleDefaultPolicy: sqs:SendMessage on VodSweeperDeadLetterQueue.Arn':
    'Lambda sends what failed three times',
  'VodSweeperSweepVideosRoleDefaultPolicy: sqs:SendMessage on VodTranscodeSubmitQueue.Arn':
    'a video that stays uploaded for an hour: test/sweeper/sweep-videos.test.ts',
  'VodSweeperSweepVideosRoleDefaultPolicy: mediaconvert:GetJob on arn:AWS::Partition:mediaconvert:AWS::Region:AWS::AccountId:jobs/*': SWEPT,
  'VodSweeperScheduleAllowEventRuleVideosVodSweeperSweepVideosFunction039370DA: lambda:InvokeFunction': SWEPT,
  'UndeliveredPolicy: sqs:SendMessage on Undelivered.Arn': 'EventBridge sends what it could not deliver for a day',
};

describe('the permissions of the template', () => {
  let decisions: Decision[];
  let assembly: Assembly;
  let output: string;

  beforeAll(async () => { ({ decisions, assembly, output } = await runJourney()); });
  afterAll(stopAll);

  it('let a whole journey pass', () => {
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(output).not.toContain('access denied');
    expect(decisions.length).toBeGreaterThan(50);
  });

  it('hold nothing that could be taken away unnoticed', async () => {
    // The whole template answers as it did while the stack ran: what is told of a changed one is about the change.
    expect(await isAllowed(assembly, decisions)).toEqual(decisions.map(({ allowed }) => allowed));

    // What functions log does not pass the door on one machine.
    const grants = grantsOf(assembly).filter(({ action }) => !action.startsWith('logs:'));
    const unnoticed = await unnoticedGrants(grants, decisions);
    // Two rules of the example have one dead-letter queue.
    expect([...new Set(unnoticed)]).toEqual(Object.keys(NOT_WALKED));
    expect(grants.length).toBeGreaterThan(40);
  });
});

describe('a missing permission', () => {
  afterAll(stopAll);

  it('fails the request that needs it, and is told with action and resource', async () => {
    const stack = await StackProcess.start({ app: path.join(__dirname, 'missing-grant.fixture.ts') });
    const client = await Client.signIn(stack.facts);
    expect((await client.fetch('GET', '/streams')).status).toBe(200);
    const response = await client.fetch('POST', '/upload', { fileName: 'clip.mp4', contentType: 'video/mp4', size: 1 });
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    const problem = await response.text();
    expect(JSON.parse(problem)).toMatchObject({ status: 500, code: 'internal' });
    expect(problem).not.toMatch(/arn:|dynamodb|denied/i);
    expect(stack.output).toMatch(/^access denied: \S+:role\/\S*PlanUpload\S* may not dynamodb:PutItem on arn:aws:dynamodb:\S+:table\/\S+$/m);
    await stack.stop();
    const refused = readFileSync(path.join(stack.data, 'access.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"allowed":false'));
    expect(refused).toHaveLength(1);
    expect(JSON.parse(refused[0])).toMatchObject({ action: 'dynamodb:PutItem', principal: { kind: 'role' } });
  });
});
