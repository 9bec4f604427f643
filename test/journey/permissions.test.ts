import { readFileSync } from 'fs';
import * as path from 'path';
import { Client } from './client';
import { PATIENCE_MS, StackProcess, stopAll, temporaryFolder } from './stack';
import { TemplateAccess, type Decision } from '../../local/access/access';
import { makeClip } from '../../local/clip';
import { readAssembly, type Assembly, type Definition } from '../../local/template/assembly';
import { TemplateStack } from '../../local/template/template-stack';
import { AwsError } from '../../local/types';

jest.setTimeout(PATIENCE_MS);

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
}

/** One action that one statement allows on one resource; `taken` is the template without it. */
interface Grant {
  readonly name: string;
  readonly action: string;
  readonly taken: () => Assembly;
}

/** Grants that no journey here can miss, and why they stay. Each must be in the template still. */
const NOT_WALKED: Record<string, string> = {
  'VodTranscodeDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeDeadLetterQueue':
    'EventBridge sends what it could not deliver for a day',
  'VodTranscodeJobEventsDeadLetterQueuePolicy: sqs:SendMessage on VodTranscodeJobEventsDeadLetterQueue':
    'EventBridge sends what it could not deliver for a day',
  'VodTranscodeUploadsPolicy: sqs:GetQueueAttributes on VodTranscodeUploads':
    'the CDK grants it with the rule\'s target, EventBridge does not use it',
  'VodTranscodeUploadsPolicy: sqs:GetQueueUrl on VodTranscodeUploads':
    'the CDK grants it with the rule\'s target, EventBridge does not use it',
  'VodTranscodeSubmitJobRoleDefaultPolicy: mediaconvert:SearchJobs on VodTranscodeQueue':
    'who finds a claim that outlived its holder searches, minutes later: test/transcode/submit-job.test.ts',
};

/** Each part of the template that says who may do what, with the path to its statements. */
const POLICIES: Record<string, string> = {
  'AWS::IAM::Policy': 'PolicyDocument',
  'AWS::IAM::Role': 'AssumeRolePolicyDocument',
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
};

/** Every grant of the template, but those of the functions that the CDK brings: their work is done here without them. */
function grantsOf(assembly: Assembly): Grant[] {
  const changed = (change: (resources: Record<string, Definition>) => void): Assembly => {
    const copy = structuredClone(assembly);
    change(copy.template.Resources);
    return copy;
  };
  const ours = Object.entries(assembly.template.Resources).filter(([logicalId]) => !/^Custom(CDK|S3)/.test(logicalId));
  return ours.flatMap(([logicalId, definition]) => {
    if (definition.Type === 'AWS::Lambda::Permission') {
      const action = String(definition.Properties!.Action);
      return [{ name: `${logicalId}: ${action}`, action, taken: () => changed((resources) => { delete resources[logicalId]; }) }];
    }
    return statementsOf(definition).flatMap((statement, index) => pairsOf(statement).map(([action, resource]) => ({
      name: `${logicalId}: ${action}${resource === undefined ? '' : ` on ${readable(resource)}`}`,
      action,
      taken: () => changed((resources) => { statementsOf(resources[logicalId]).splice(index, 1, ...without(statement, action, resource)); }),
    })));
  });
}

function statementsOf({ Type, Properties }: Definition): Statement[] {
  return (Properties?.[POLICIES[Type]] as { Statement: Statement[] } | undefined)?.Statement ?? [];
}

/** What a statement allows, one by one. */
function pairsOf({ Effect, Action, Resource }: Statement): [action: string, resource: unknown][] {
  if (Effect !== 'Allow') return [];
  return [Action].flat().flatMap((action) => [Resource].flat().map((resource): [string, unknown] => [action, resource]));
}

/** The statements that allow all that this one does, but this one pair. */
function without(statement: Statement, action: string, resource: unknown): Statement[] {
  const others = pairsOf(statement).filter((pair) => pair[0] !== action || pair[1] !== resource);
  return others.map(([Action, Resource]) => ({ ...statement, Action, Resource }));
}

/** A resource by the logical id that it names. */
function readable(resource: unknown): string {
  const named = JSON.stringify(resource).replace(/\{"Fn::GetAtt":\["(\w+)","Arn"\]\}|\{"Ref":"(\w+)"\}/g, '$1$2');
  return named.replace(/\{"Fn::Join":\["",\[(.*)\]\]\}/, '$1').replace(/[",]/g, '');
}

/** Logical ids as people write them: the hash changes with the construct's place in the tree. */
function withoutHashes(name: string): string {
  return name.replace(/([a-z])[0-9A-F]{8}(?=[^0-9A-Za-z]|$)/g, '$1');
}

/** Asks the policies of an assembly, as the running stack does. */
async function isAllowed(assembly: Assembly, needs: Decision[]): Promise<boolean[]> {
  const access = new TemplateAccess(new TemplateStack(assembly, '', { edge: 1, door: 2, auth: 3, otherIssuer: 4 }), () => undefined);
  const answers: boolean[] = [];
  for (const { principal, action, resource, context } of needs) {
    answers.push(await access.require(principal, [{ action, resource, context }]).then(() => true, (error) => {
      if (error instanceof AwsError && error.code === 'AccessDenied') return false;
      throw error;
    }));
  }
  return answers;
}

describe('the permissions of the template', () => {
  let decisions: Decision[];
  let assembly: Assembly;
  let output: string;

  beforeAll(async () => {
    const stack = await StackProcess.start();
    await journey(await Client.signIn(stack.facts));
    await stack.stop();
    output = stack.output;
    decisions = readFileSync(path.join(stack.data, 'access.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assembly = readAssembly(path.join(stack.data, 'cdk.out'));
  });
  afterAll(stopAll);

  /** All that the API and its events can be brought to do from outside. */
  async function journey(client: Client): Promise<void> {
    const clip = readFileSync(makeClip(path.join(temporaryFolder(), 'clip.mp4'), 8));
    const [ready, errored] = await Promise.all([client.upload(clip, 'ready'), client.upload(Buffer.from('no video'), 'errored')]);
    await client.settled(errored);
    await client.settled(ready);
    await client.call('GET', '/streams');
    await client.call('GET', '/streams?owner=me');
    await client.call('GET', '/openapi.json');
    await client.play(ready);
    const { hls } = await client.call('POST', `/streams/${ready}/playback`);
    await client.get(new URL('missing.m3u8', hls).href);
    await client.get(new URL('/', hls).href);
    await client.call('POST', '/token', { refresh_token: client.tokens.refresh_token });
    await client.call('POST', '/token/revoke', { refresh_token: client.tokens.refresh_token });
  }

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
    const unnoticed: string[] = [];
    for (const { name, action, taken } of grants) {
      const answers = await isAllowed(taken(), decisions.filter((decision) => decision.action === action));
      if (answers.every(Boolean)) unnoticed.push(withoutHashes(name));
    }
    expect(unnoticed).toEqual(Object.keys(NOT_WALKED));
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
