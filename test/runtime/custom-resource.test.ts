import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { serveCustomResource } from '../../src/runtime/custom-resource';
import { captureLog } from '../captured-log';

const refusal = (name: string) => Object.assign(new Error('User: arn:aws:sts::111122223333:assumed-role/r is not authorized'), { name });

/** Runs a creation that fails once with each of these errors, and then succeeds. */
async function run(failures: Error[], RequestType = 'Create') {
  const waits: number[] = [];
  const change = jest.fn(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
    return { physicalResourceId: 'made' };
  });
  const fetch = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
  await serveCustomResource(change, async (milliseconds) => void waits.push(milliseconds))({
    RequestType, ResponseURL: 'https://cloudformation.example/?signature', StackId: 's', RequestId: 'r', LogicalResourceId: 'KeyPair1', ResourceProperties: { ServiceToken: 't' },
    ...(RequestType !== 'Create' && { PhysicalResourceId: 'made' }),
  } as unknown as CloudFormationCustomResourceEvent);
  const seconds = waits.reduce((sum, wait) => sum + wait, 0) / 1000;
  return { told: JSON.parse(String(fetch.mock.lastCall![1]!.body)), calls: change.mock.calls.length, waits, seconds };
}

describe('serveCustomResource', () => {
  let logged: string[];
  beforeEach(() => { logged = captureLog(); });
  afterEach(() => { jest.restoreAllMocks(); });

  test.each(['AccessDenied', 'AccessDeniedException'])('retries after %s until the new permission is effective', async (name) => {
    for (const type of ['Create', 'Update', 'Delete']) {
      const { told, calls, waits } = await run([refusal(name), refusal(name), refusal(name)], type);
      expect([told.Status, told.PhysicalResourceId, calls]).toEqual(['SUCCESS', 'made', 4]);
      expect(waits).toEqual([...waits].sort((a, b) => a - b));
    }
    expect(logged.join()).toContain(name);
    expect(logged.join()).not.toContain('signature');
  });

  test('fails with the reason after a minute', async () => {
    const { told, seconds } = await run(Array.from({ length: 100 }, () => refusal('AccessDeniedException')));
    expect(told).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^AccessDeniedException: User: /) });
    expect(seconds).toBe(60);
  });

  test('does not retry after other errors', async () => {
    const { told, calls } = await run([refusal('ResourceNotFoundException')]);
    expect([told.Status, calls]).toEqual(['FAILED', 1]);
  });
});
