// The process of one function: loads its handler as Lambda does, then answers one invocation after the other.
// Plain JavaScript, so that it starts with nothing but Node, as a handler in Lambda does.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const RESPONSE_LIMIT = 6_291_556;
const { _HANDLER } = process.env;

// Who stops the stack stops its functions, however it ended.
process.on('disconnect', () => process.exit());
// A handler in an endless loop never hears of it. Then this thread, which does nothing else, misses the parent.
new Worker(`
  setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL'), 500);
`, { eval: true, env: {}, execArgv: [] }).unref();
// A terminal's Ctrl-C is for that one: an invocation goes on until it is stopped.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

/** Sends what the work answers, or what it throws. */
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
