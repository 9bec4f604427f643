import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { parseArgs } from 'util';
import { runCheck } from './check';
import { startStack } from './stack';

const ROOT = path.join(__dirname, '..');
const USAGE = `usage: npm start -- [--port N] [--data DIR] [--reset] [--check] [--app FILE]
  --port N    the port of the page (default 8080; 0 for any free one)
  --data DIR  where everything is kept between runs (default .local)
  --reset     empty that folder first
  --check     do the whole journey by itself, in a folder of its own, and end
  --app FILE  the CDK app whose one stack is run (default examples/typescript/full/app.ts)`;

function readArguments() {
  try {
    const { values: { app, check, reset, ...values } } = parseArgs({
      options: {
        port: { type: 'string' }, data: { type: 'string' }, reset: { type: 'boolean', default: false }, check: { type: 'boolean', default: false },
        app: { type: 'string', default: path.join(ROOT, 'examples/typescript/full/app.ts') },
      },
    });
    const port = Number(values.port ?? (check ? 0 : 8080));
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port must be a number from 0 to 65535, got '${values.port}'`);
    const data = values.data ?? (check ? mkdtempSync(path.join(tmpdir(), 'serverless-vod-')) : path.join(ROOT, '.local'));
    if (check && !values.data) process.once('exit', () => rmSync(data, { recursive: true, force: true }));
    return { app, port, data, reset, check };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function main(): Promise<void> {
  const { app, port, data, reset, check } = readArguments();
  // Once: a second request ends at once, as children end when their channel to this process closes.
  const interrupted = new Promise<void>((resolve) => (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).forEach((signal) => process.once(signal, () => resolve())));
  await using stack = await startStack({ app, port, data, reset, log: console.error });
  if (check) {
    await Promise.race([runCheck(stack.facts, data), interrupted.then(() => { throw new Error('interrupted'); })]);
    if (stack.refusals.length > 0) throw new Error(`the journey was refused ${stack.refusals.length} times what its policies lack`);
  } else {
    console.log(`\nOpen ${stack.facts.origin} and sign in as`);
    console.table(stack.facts.users);
    console.log(`What handlers log and ask for: functions.log and access.jsonl in ${data}. Ctrl-C stops everything; your videos stay there.`);
    await interrupted;
  }
}

main().then(() => process.exit(0), (error: Error) => {
  console.error(`\n${error.message}`);
  process.exit(1);
});
