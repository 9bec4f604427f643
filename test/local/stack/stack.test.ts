import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'fs';
import * as path from 'path';
import { startStack } from '../../../local/stack';
import { until } from '../fakes';
import { temporaryFolder } from '../template/stacks';

jest.setTimeout(120_000);

describe('the local stack', () => {
  const data = path.join(temporaryFolder(), 'data');
  const running: AsyncDisposable[] = [];
  const start = async (port = 0, folder = data, reset = false) => {
    const stack = await startStack({ app: path.join(__dirname, 'app.fixture.ts'), port, data: folder, reset, log: (line) => { throw new Error(line); } });
    running.push(stack);
    return stack;
  };
  const get = async (address: string) => {
    const response = await fetch(address);
    return [response.status, await response.text()];
  };

  afterEach(async () => {
    delete process.env.FIXTURE_FAILS;
    delete process.env.FIXTURE_IDENTITY;
    for (const stack of running.splice(0)) await stack[Symbol.asyncDispose]();
  });

  it('serves web page and API at one origin, and writes stack.json for clients', async () => {
    const { facts } = await start();
    expect(facts.origin).toMatch(/^http:\/\/localhost:\d+$/);
    expect(JSON.parse(readFileSync(path.join(data, 'stack.json'), 'utf8'))).toEqual(facts);
    expect(facts).toMatchObject({ api: `${facts.origin}/api`, outputs: { Origin: facts.origin } });
    expect(facts.issuer).toBeUndefined();
    expect(facts.users).toContainEqual({ username: expect.any(String), password: expect.any(String), groups: [] });
    expect(await get(facts.origin)).toEqual([200, 'the page']);
    const [status, body] = await get(`${facts.api}/environment`);
    expect([status, JSON.parse(body as string)]).toEqual([200, {
      MADE: expect.stringMatching(/^made at \d+$/),
      SERVICE_URL: facts.origin,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_S3: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    }]);
  });

  it('frees its ports and removes stack.json when it stops, and keeps its data for the next start', async () => {
    const first = await start();
    const [, before] = await get(`${first.facts.api}/environment`);
    await first.disposeAsync();
    expect(existsSync(path.join(data, 'stack.json'))).toBe(false);
    await expect(fetch(first.facts.origin)).rejects.toThrow('fetch failed');
    // The second stack would not start if a process still listened on the port of the first stack.
    const second = await start(Number(new URL(first.facts.origin).port));
    const made = (text: unknown) => JSON.parse(text as string).MADE;
    expect(made((await get(`${second.facts.api}/environment`))[1])).toBe(made(before));
    expect(statSync(data).mode.toString(8)).toBe('40700');
  });

  it('rejects a folder that another stack uses', async () => {
    const { facts } = await start();
    await expect(start(0, data, true)).rejects.toThrow(`another local stack is using ${data}`);
    expect(await get(facts.origin)).toEqual([200, 'the page']);
    expect(existsSync(path.join(data, 'stack.json'))).toBe(true);
  });

  it('writes no control characters of requests to its logs', async () => {
    const { facts } = await start();
    const log = jest.spyOn(console, 'error').mockImplementation();
    await get(`${facts.origin}/%C2%9B2J%1B%5B2J`);
    log.mockRestore();
    const written = readFileSync(path.join(data, 'access.jsonl'), 'utf8');
    expect(written).toContain('\\u009b2J\\u001b[2J');
    expect(written).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('fires a scheduled rule on request: its function puts an event, whose rule publishes to a topic', async () => {
    const { facts, refusals } = await start();
    const fired = await fetch(facts.awsEndpoint, { method: 'POST', headers: { 'x-local-fire-rule': 'nightly' } });
    expect(fired.status).toBe(200);
    const outbox = path.join(data, 'notifications');
    await until(() => existsSync(outbox) && readdirSync(outbox).some((name) => name.endsWith('.json')));
    const [name] = readdirSync(outbox);
    expect(JSON.parse(readFileSync(path.join(outbox, name), 'utf8'))).toMatchObject({ protocol: 'email', endpoint: 'ops@example.com', message: '"night 1"' });
    expect(refusals).toEqual([]);
  });

  it('empties its data folder with reset, and no other folder', async () => {
    writeFileSync(path.join(data, 'old'), '');
    await start(0, data, true);
    expect(existsSync(path.join(data, 'old'))).toBe(false);
    const other = temporaryFolder();
    writeFileSync(path.join(other, 'thesis'), '');
    for (const reset of [true, false]) await expect(start(0, other, reset)).rejects.toThrow('contains files that this program did not create');
    expect(readdirSync(other)).toEqual(['thesis']);
  });

  it('starts another issuer if the template names it, without a user pool', async () => {
    process.env.FIXTURE_IDENTITY = 'other';
    const { facts } = await start();
    expect(facts.users).toContainEqual({ username: 'katherine', password: expect.any(String), groups: ['uploaders', 'viewers'] });
    const { ISSUER } = JSON.parse((await get(`${facts.api}/environment`))[1] as string);
    const [status, discovery] = await get(`${ISSUER}/.well-known/openid-configuration`);
    expect([status, JSON.parse(discovery as string).issuer, facts.issuer]).toEqual([200, ISSUER, ISSUER]);
  });

  it('rejects a user pool outside the template by name', async () => {
    process.env.FIXTURE_IDENTITY = 'imported';
    await expect(start()).rejects.toThrow(/^Authorizer\w+: the template has no user pool arn:aws:cognito-idp:.*eu-west-1_Imported1\. The local stack does not support imported user pools/);
  });

  it('stops all started parts if one part fails', async () => {
    process.env.FIXTURE_FAILS = 'yes';
    await expect(start()).rejects.toThrow(/^Made\w* \(Custom::Made\): as asked$/);
    expect(existsSync(path.join(data, 'stack.json'))).toBe(false);
    delete process.env.FIXTURE_FAILS;
    expect(await get((await start()).facts.origin)).toEqual([200, 'the page']);
  });
});
