import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { parseArgs } from 'util';
import { runCheck } from './check';
import { resolveLocalhostNames } from './localhost-names';
import { startStack } from './stack';
import { appProblem } from './template/app';
import { logLine } from './text';

const ROOT = path.join(__dirname, '..');
const USAGE = `usage: npm start -- [--port N] [--data DIR] [--reset] [--check] [--divide-lifetimes N] [--divide-sessions N] [--app PATH]
  --port N    port of the web page (default 8080; 0 selects a free port)
  --data DIR  folder for all data that persists between runs (default .local)
  --reset     empties the data folder first
  --check     runs a full test (sign in, upload, play) in a temporary folder, then exits
  --divide-lifetimes N
              divides the lifetimes of tokens and authorization codes by N, to test expiry (default 1)
  --divide-sessions N
              divides the durations of role sessions by N, to test that URLs of uploads are renewed (default 1)
  --app PATH  CDK app to run (default examples/typescript/full/app.ts). The app has one stack.
              PATH is the file of a TypeScript or JavaScript app. For an app in any
              language, PATH can also be the folder that cdk synth created (cdk.out)`;

function readArguments() {
  try {
    const { values: { app, check, help, reset, ...values } } = parseArgs({
      options: {
        'help': { type: 'boolean', short: 'h', default: false }, 'divide-lifetimes': { type: 'string', default: '1' }, 'divide-sessions': { type: 'string', default: '1' },
        'port': { type: 'string' }, 'data': { type: 'string' }, 'reset': { type: 'boolean', default: false }, 'check': { type: 'boolean', default: false },
        'app': { type: 'string', default: path.join(ROOT, 'examples/typescript/full/app.ts') },
      },
    });
    if (help) {
      console.log(USAGE);
      return process.exit(0);
    }
    const problem = appProblem(app);
    if (problem) throw new Error(`--app: ${problem}`);
    const [divideLifetimes, divideSessions] = (['divide-lifetimes', 'divide-sessions'] as const).map((name) => {
      const divisor = Number(values[name]);
      if (!Number.isInteger(divisor) || divisor < 1) throw new Error(`--${name}: expected a whole number of at least 1, got '${values[name]}'`);
      return divisor;
    });
    const port = Number(values.port ?? (check ? 0 : 8080));
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port: expected a whole number from 0 to 65535, got '${values.port}'`);
    const data = values.data ?? (check ? mkdtempSync(path.join(tmpdir(), 'serverless-vod-')) : path.join(ROOT, '.local'));
    if (check && !values.data) process.once('exit', () => rmSync(data, { recursive: true, force: true }));
    return { app, port, data, reset, check, divideLifetimes, divideSessions };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function main(): Promise<void> {
  const { check, ...options } = readArguments();
  const { data, port } = options;
  const parent = process.ppid;
  // Handles only the first signal, so a second signal ends the process immediately. Child processes end when their channel to this process closes.
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    // This process gets no signal when its parent process (npm or a test) is killed.
    setInterval(() => process.ppid === parent || resolve(), 500).unref();
  });
  await using stack = await startStack({ ...options, schedules: !check, log: logLine }).catch((error) => {
    throw error.code === 'EADDRINUSE' && error.port === port ? new Error(`port ${port} is in use: choose another port with --port`) : error;
  });
  resolveLocalhostNames();
  if (check) {
    await Promise.race([runCheck(stack.facts, data), interrupted.then(() => { throw new Error('interrupted'); })]);
    if (stack.refusals.length > 0) throw new Error(`${stack.refusals.length} requests were denied because of missing permissions: see access.jsonl`);
  } else {
    const { origin, issuer, users } = stack.facts;
    if (users.length > 0) {
      console.log(issuer ? `\n${origin} accepts tokens from ${issuer} (client "web"). Users:` : `\nOpen ${await signInPage(origin)} and sign in as one of these users:`);
      console.table(users);
    } else {
      console.log(`\n${origin} accepts only tokens from an external issuer. To get a local issuer, configure https://identity.example.com as the app's issuer.`);
    }
    console.log(`Logs are in ${data}: functions.log (handlers) and access.jsonl (permissions). Press Ctrl-C to stop. Videos are kept for the next start.`);
    await interrupted;
  }
}

/**
 * Returns the URL to open for a sign-in. If the stack serves no web app, returns the URL of the sign-in route, which shows the tokens as JSON after the
 * sign-in.
 */
async function signInPage(origin: string): Promise<string> {
  const { status } = await fetch(origin);
  return status === 404 ? `${origin}/api/login` : origin;
}

main().then(() => process.exit(0), (error: Error) => {
  console.error(`\n${error.message}`);
  process.exit(1);
});
