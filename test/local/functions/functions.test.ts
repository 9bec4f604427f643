import { fork, spawn } from 'child_process';
import { once } from 'events';
import { mkdtempSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { setFlagsFromString } from 'v8';
import { runInNewContext } from 'vm';
import { createFunctions } from '../../../local/functions/functions';
import type { Resource } from '../../../local/template/resources';
import { Functions, Part } from '../../../local/types';
import { ACCOUNT, CREDENTIALS, fakeAccess, fakeStack, REGION, resource, ROLE, until } from '../fakes';

const CODE = `
exports.echo = async (event) => event;
exports.env = async () => process.env;
exports.context = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(), cwd: process.cwd() });
exports.throws = async () => { console.log('before'); throw new RangeError('too far'); };
exports.nothing = async () => {};
exports.hangs = () => new Promise(() => setInterval(() => {}, 1000));
exports.spins = () => { for (;;); };
exports.exits = async () => process.exit(3);
exports.big = async () => 'x'.repeat(6 * 1024 * 1024 + 200);
exports.pid = (ms) => new Promise((resolve) => setTimeout(() => resolve(process.pid), ms));
exports.sdk = async () => {
  const resolves = (name) => { try { return !!require(name); } catch { return false; } };
  return ['@aws-sdk/client-s3', '@aws-sdk/client-mediaconvert', 'jose', '@smithy/signature-v4'].filter(resolves);
};
exports.says = async () => { console.log('one'); console.log('two'); console.error('three'); };
`;
const folder = mkdtempSync(join(tmpdir(), 'local-function-'));
writeFileSync(join(folder, 'index.js'), CODE);

const arnOf = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
const fn = (name: string, properties: object = {}) => resource('AWS::Lambda::Function', name, {
  Code: { S3Key: 'code.zip' }, Handler: `index.${name}`, Role: ROLE, Timeout: 20, ...properties,
}, arnOf(name));

const env = fn('env', { MemorySize: 256, Environment: { Variables: { TABLE: 'not yet', AWS_REGION: 'not-this' } } });
const resources: Resource[] = [
  ...['echo', 'context', 'throws', 'nothing', 'exits', 'big', 'pid', 'says', 'missing', 'sdk'].map((name) => fn(name)),
  env, fn('hangs', { Timeout: 1 }), fn('lost', { Handler: 'nowhere.handler' }),
  fn('inline', { Handler: 'index.handler', Code: { ZipFile: 'exports.handler = async (event) => ({ inline: event });' } }),
  fn('single', { Handler: 'index.pid', ReservedConcurrentExecutions: 1 }),
];

const lines: string[] = [];
const access = fakeAccess();
let functions: Functions & Part;
const invoke = (name: string, payload: unknown = {}) => functions.invoke(arnOf(name), payload);
beforeAll(() => {
  const stack = fakeStack(resources, { 'code.zip': folder });
  functions = createFunctions({ stack, access, environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, log: (name, line) => lines.push(`${name}: ${line}`) });
});
afterAll(() => functions.stop());

test('runs inline code from the template', async () => {
  expect(await invoke('inline', { a: 1 })).toEqual({ payload: { inline: { a: 1 } } });
});

test('passes payload and result as JSON', async () => {
  expect(await invoke('echo', { a: [1, 'ü'], none: undefined })).toEqual({ payload: { a: [1, 'ü'] } });
  expect(await invoke('nothing')).toEqual({ payload: null });
});

test('the environment contains only the template\'s current variables, Lambda\'s variables and the service URLs', async () => {
  (env.properties.Environment.Variables as Record<string, string>).TABLE = 'videos';
  process.env.SECRET_OF_THE_DEVELOPER = 'x';
  const { payload } = await invoke('env');
  expect(payload).toEqual({
    TABLE: 'videos',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_REGION: REGION,
    AWS_LAMBDA_FUNCTION_NAME: 'env',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    _HANDLER: 'index.env',
    NODE_PATH: expect.any(String),
    TZ: 'UTC',
  });
});

test('the context', async () => {
  const { payload } = await invoke('context');
  expect(payload).toMatchObject({ awsRequestId: expect.any(String), cwd: folder });
  expect(payload.left).toBeGreaterThan(10_000);
  expect(payload.left).toBeLessThanOrEqual(20_000);
});

test('a handler finds the SDK of Lambda\'s runtime, but no other module of this repository', async () => {
  expect(await invoke('sdk')).toEqual({ payload: ['@aws-sdk/client-s3', '@aws-sdk/client-mediaconvert'] });
});

test('logs each line separately', async () => {
  await invoke('says');
  await until(() => lines.length >= 3);
  expect(lines).toEqual(expect.arrayContaining(['says: one', 'says: two', 'says: three']));
});

describe('errors', () => {
  test.each([
    ['throws', { errorType: 'RangeError', errorMessage: 'too far' }],
    ['exits', { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('Runtime exited with error: exit status 3') }],
    ['hangs', { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('Task timed out after 1.00 seconds') }],
    ['big', { errorType: 'Function.ResponseSizeTooLarge', errorMessage: expect.stringContaining('(6291556 bytes)') }],
    ['lost', { errorType: 'Error', errorMessage: expect.stringContaining("Cannot find module './nowhere'") }],
    ['missing', { errorType: 'Error', errorMessage: 'index.missing is undefined or not exported' }],
  ])('%s', async (name, error) => {
    expect(await invoke(name)).toEqual({ error });
  });

  test('a process that timed out is not used again', async () => {
    expect((await invoke('hangs')).error?.errorType).toBe('Sandbox.Timedout');
    expect((await invoke('hangs')).error?.errorType).toBe('Sandbox.Timedout');
  });

  test('a payload over 6 MB', async () => {
    expect((await invoke('echo', 'x'.repeat(6 * 1024 * 1024))).error?.errorType).toBe('RequestEntityTooLargeException');
  });

  test('a process is reused after an error, and replaced after it exited', async () => {
    expect((await invoke('throws')).error?.errorType).toBe('RangeError');
    expect((await invoke('exits')).error?.errorMessage).toContain('exit status 3');
    expect((await invoke('exits')).error?.errorMessage).toContain('exit status 3');
  });
});

describe('processes', () => {
  test('reuses an idle process, and starts another one if all are busy', async () => {
    const first = (await invoke('pid', 0)).payload;
    expect((await invoke('pid', 0)).payload).toBe(first);
    const both = await Promise.all([invoke('pid', 300), invoke('pid', 300)]);
    expect(new Set(both.map(({ payload }) => payload)).size).toBe(2);
  });

  test('runs at most four processes, or the reserved concurrency; other invocations wait', async () => {
    const pids = async (name: string, count: number) => {
      const results = await Promise.all(Array.from({ length: count }, () => invoke(name, 50)));
      return new Set(results.map(({ payload }) => payload)).size;
    };
    expect(await pids('pid', 9)).toBe(4);
    expect(await pids('single', 3)).toBe(1);
  });
});

test('2,000 responses of 50 kB are not kept in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed / 1024 / 1024;
  };
  const call = async (count: number) => {
    for (let calls = 0; calls < count; calls++) await invoke('echo', 'x'.repeat(50_000));
  };
  await call(50);
  const before = heap();
  await call(2000);
  expect(heap() - before).toBeLessThan(10);
});

test('a process ends when its parent process has ended', async () => {
  const child = fork(join(__dirname, '../../../local/functions/run-loop.mjs'), [], {
    cwd: folder, execArgv: [], env: { ...process.env, _HANDLER: 'index.hangs' },
  });
  try {
    await once(child, 'message');
    child.send({ id: '1', payload: '{}', deadline: 0 });
    child.disconnect();
    expect(await once(child, 'exit', { signal: AbortSignal.timeout(4000) })).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a handler in an endless loop ends when its parent is killed', async () => {
  const loop = join(__dirname, '../../../local/functions/run-loop.mjs');
  const parent = spawn(process.execPath, ['-e', `
    const child = require('child_process').fork(${JSON.stringify(loop)}, [], { cwd: ${JSON.stringify(folder)}, env: { ...process.env, _HANDLER: 'index.spins' } });
    child.once('message', () => child.send({ id: '1', payload: '{}', deadline: 0 }, () => console.log(child.pid)));
  `], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  const isAlive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  expect(isAlive()).toBe(true);
  parent.kill('SIGKILL');
  try {
    await until(() => !isAlive());
  } finally {
    if (isAlive()) process.kill(pid, 'SIGKILL');
  }
});

describe('permissions', () => {
  const API = `arn:aws:execute-api:${REGION}:${ACCOUNT}:api1/api/GET/streams`;
  const caller = { kind: 'service', id: 'apigateway.amazonaws.com', context: { 'aws:SourceArn': API } } as const;
  const starting = (denied: string[] = []) => {
    const rights = fakeAccess(denied);
    const started = createFunctions({ stack: fakeStack(resources, { 'code.zip': folder }), access: rights, environment: {}, log: () => undefined });
    return { rights, started };
  };

  test('a service requires a permission for the function, and Lambda a trust policy on its role', async () => {
    const { rights, started } = starting();
    expect(await started.invoke(arnOf('echo'), 1, caller)).toEqual({ payload: 1 });
    expect(rights.asked).toEqual([
      { action: 'lambda:InvokeFunction', resource: arnOf('echo'), context: { 'aws:SourceArn': API } },
      { action: 'sts:AssumeRole', resource: ROLE },
    ]);
    await started.stop();
  });

  test.each(['lambda:InvokeFunction', 'sts:AssumeRole'])('nothing runs without %s', async (action) => {
    const { started } = starting([action]);
    await expect(started.invoke(arnOf('echo'), 1, caller)).rejects.toMatchObject({ code: 'AccessDenied' });
    await started.stop();
  });
});
