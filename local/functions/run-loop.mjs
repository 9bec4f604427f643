// This program runs in a separate process. The program loads the handler of one Lambda function, then runs one invocation at a time. The program is plain
// JavaScript, so Node needs no compiler.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const RESPONSE_LIMIT = 6_291_556;
const { _HANDLER } = process.env;

// Ends the process when its parent ends.
process.on('disconnect', () => process.exit());
// A handler in an endless loop blocks the event loop, so a separate thread also checks whether the parent process still exists.
new Worker(`
  setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL'), 500);
`, { eval: true, env: {}, execArgv: [] }).unref();
// Ignores Ctrl-C in a terminal, because the parent process stops this process.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

async function answer(work) {
  try {
    process.send(await work());
  } catch (error) {
    console.error(error);
    process.send({ error: { errorType: error?.name ?? typeof error, errorMessage: error?.message ?? String(error) } });
  }
}

async function run(handler, { id, payload, deadline }) {
  const result = await handler(JSON.parse(payload), { awsRequestId: id, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) });
  const text = JSON.stringify(result) ?? 'null';
  if (Buffer.byteLength(text) <= RESPONSE_LIMIT) return { payload: text };
  const message = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`;
  throw Object.assign(new Error(message), { name: 'Function.ResponseSizeTooLarge' });
}

answer(() => {
  const [file, name] = _HANDLER.split('.');
  const handler = createRequire(`${process.cwd()}/`)(`./${file}`)[name];
  if (typeof handler !== 'function') throw new Error(`${_HANDLER} is undefined or not exported`);
  process.on('message', (invocation) => answer(() => run(handler, invocation)));
  return {};
});
