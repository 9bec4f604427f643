import { existsSync, mkdtempSync, rmSync, statSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { parseArgs } from 'util';
import { runCheck } from './check';
import { resolveLocalhostNames } from './localhost-names';
import { startStack } from './stack';
import { logLine } from './text';

const ROOT = path.join(__dirname, '..');
const USAGE = `usage: npm start -- [--port N] [--data DIR] [--reset] [--check] [--divide-lifetimes N] [--app FILE]
  --port N    the port of the page (default 8080; 0 for any free one)
  --data DIR  where everything is kept between runs (default .local)
  --reset     empty that folder first
  --check     do the whole journey by itself, in a folder of its own, and end
  --divide-lifetimes N
              id, access and refresh tokens and codes end N times sooner, so that an hour passes in seconds (default 1)
  --app FILE  the CDK app whose one stack is run (default examples/typescript/full/app.ts)`;

function readArguments() {
  try {
    const { values: { app, check, help, reset, ...values } } = parseArgs({
      options: {
        'help': { type: 'boolean', short: 'h', default: false }, 'divide-lifetimes': { type: 'string', default: '1' },
        'port': { type: 'string' }, 'data': { type: 'string' }, 'reset': { type: 'boolean', default: false }, 'check': { type: 'boolean', default: false },
        'app': { type: 'string', default: path.join(ROOT, 'examples/typescript/full/app.ts') },
      },
    });
    if (help) {
      console.log(USAGE);
      return process.exit(0);
    }
    if (!existsSync(app) || !statSync(app).isFile()) throw new Error(`--app must be a file with a CDK app, and there is no file '${app}'`);
    const divideLifetimes = Number(values['divide-lifetimes']);
    if (!Number.isInteger(divideLifetimes) || divideLifetimes < 1) {
      throw new Error(`--divide-lifetimes must be a whole number from 1, got '${values['divide-lifetimes']}'`);
    }
    const port = Number(values.port ?? (check ? 0 : 8080));
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port must be a number from 0 to 65535, got '${values.port}'`);
    const data = values.data ?? (check ? mkdtempSync(path.join(tmpdir(), 'serverless-vod-')) : path.join(ROOT, '.local'));
    if (check && !values.data) process.once('exit', () => rmSync(data, { recursive: true, force: true }));
    return { app, port, data, reset, check, divideLifetimes };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function main(): Promise<void> {
  const { check, ...options } = readArguments();
  const { data, port } = options;
  const parent = process.ppid;
  // Once: a second request ends at once, as children end when their channel to this process closes.
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    // A parent that is killed (npm, a test) sends no signal, and would leave this stack running.
    setInterval(() => process.ppid === parent || resolve(), 500).unref();
  });
  await using stack = await startStack({ ...options, schedules: !check, log: logLine }).catch((error) => {
    throw error.code === 'EADDRINUSE' && error.port === port ? new Error(`port ${port} is in use: choose another with --port`) : error;
  });
  if (check) {
    resolveLocalhostNames();
    await Promise.race([runCheck(stack.facts, data), interrupted.then(() => { throw new Error('interrupted'); })]);
    if (stack.refusals.length > 0) throw new Error(`the journey was refused ${stack.refusals.length} times what its policies lack`);
  } else {
    const { origin, issuer, users } = stack.facts;
    if (users.length > 0) {
      console.log(issuer ? `\n${origin} trusts ${issuer}, where these sign in (client "web")` : `\nOpen ${origin} and sign in as`);
      console.table(users);
    } else {
      console.log(`\n${origin} takes tokens that nothing on this machine issues. An app whose issuer is https://identity.example.com gets an issuer here.`);
    }
    console.log(`What handlers log and ask for: functions.log and access.jsonl in ${data}. Ctrl-C stops everything; your videos stay there.`);
    await interrupted;
  }
}

main().then(() => process.exit(0), (error: Error) => {
  console.error(`\n${error.message}`);
  process.exit(1);
});
