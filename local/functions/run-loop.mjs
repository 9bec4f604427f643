// The process of one function: loads its handler as Lambda does, then answers one invocation after the other.
// Plain JavaScript, so that it starts with nothing but Node, as a handler in Lambda does.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RESPONSE_LIMIT = 6_291_556;

// Who stops the stack stops its functions, however it ended.
process.on('disconnect', () => process.exit());

const describe = (error) => {
  console.error(error);
  return error instanceof Error ? { errorType: error.name, errorMessage: error.message } : { errorType: typeof error, errorMessage: String(error) };
};

async function load() {
  const at = process.env._HANDLER.lastIndexOf('.');
  const base = join(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER.slice(0, at));
  const file = ['.js', '.mjs', '.cjs'].map((end) => base + end).find(existsSync);
  if (!file) throw Object.assign(new Error(`Cannot find module '${base}'`), { name: 'Runtime.ImportModuleError' });
  const module = file.endsWith('.mjs') ? await import(pathToFileURL(file)) : createRequire(file)(file);
  const handler = module[process.env._HANDLER.slice(at + 1)];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

async function run(handler, { id, payload, deadline, arn }) {
  try {
    const result = await handler(JSON.parse(payload), {
      awsRequestId: id,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    const text = JSON.stringify(result) ?? 'null';
    if (Buffer.byteLength(text) <= RESPONSE_LIMIT) return { payload: text };
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`;
    return { error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
  } catch (error) {
    return { error: describe(error) };
  }
}

try {
  const handler = await load();
  process.on('message', async (invocation) => process.send(await run(handler, invocation)));
  process.send({});
} catch (error) {
  process.send({ error: describe(error) });
}
