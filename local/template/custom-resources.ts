import { randomBytes, randomUUID } from 'crypto';
import { promises as fs } from 'fs';
import { createServer } from 'http';
import * as path from 'path';
import { json } from 'stream/consumers';
import { isDeepStrictEqual } from 'util';
import { listen } from '../listen';
import type { Store } from '../s3/store';
import type { Functions, Resource } from '../types';
import { deployFiles } from './bucket-deployment';
import type { Names } from './resources';
import type { TemplateStack } from './template-stack';

/** What one run leaves for the next. */
interface Outcome extends Names {
  readonly properties: Record<string, unknown>;
}

/** Runs custom resources as CloudFormation would: Create at first, Update when properties changed, else not at all. None is sent a Delete. */
export async function runCustomResources(stack: TemplateStack, functions: Functions, store: Pick<Store, 'put'>): Promise<void> {
  const file = path.join(stack.dataFolder, 'custom-resources.json');
  const outcomes: Record<string, Outcome> = JSON.parse(await fs.readFile(file, 'utf8').catch(() => '{}'));
  for (const resource of stack.customResources()) {
    const { logicalId, type, properties: given } = resource;
    if (type === 'Custom::CDKBucketDeployment') {
      stack.answer(logicalId, await deployFiles(stack, resource, store));
      continue;
    }
    const properties = asText(given);
    const before = outcomes[logicalId];
    if (!isDeepStrictEqual(before?.properties, properties)) {
      const names = await run(stack.stackId, functions, resource, properties, before).catch((error) => { throw new Error(`${logicalId} (${type}): ${error.message}`); });
      outcomes[logicalId] = { ...names, properties };
      await fs.writeFile(file, JSON.stringify(outcomes), { mode: 0o600 });
    }
    stack.answer(logicalId, outcomes[logicalId]);
  }
}

/** The function PUTs its answer to an address that can't be guessed, while it runs. Answers are never shown. */
async function run(stackId: string, functions: Functions, { logicalId, type }: Resource, properties: Outcome['properties'], before?: Outcome): Promise<Names> {
  const address = `/${randomBytes(24).toString('base64url')}`;
  let answer: any;
  const { port, stop } = await listen(createServer(async (request, response) => {
    const expected = request.method === 'PUT' && request.url === address && !answer;
    if (expected) answer = await json(request).catch(() => undefined);
    response.writeHead(expected ? 200 : 403).end();
  }), 0);
  try {
    const { error } = await functions.invoke(String(properties.ServiceToken), {
      RequestType: before ? 'Update' : 'Create',
      ResponseURL: `http://127.0.0.1:${port}${address}`,
      StackId: stackId,
      RequestId: randomUUID(),
      LogicalResourceId: logicalId,
      ResourceType: type,
      ResourceProperties: properties,
      ...before && { PhysicalResourceId: before.physicalId, OldResourceProperties: before.properties },
    });
    if (answer?.Status !== 'SUCCESS') throw new Error(error?.errorMessage ?? answer?.Reason ?? 'its function ended without an answer');
    return { physicalId: answer.PhysicalResourceId, attributes: answer.Data ?? {} };
  } finally {
    await stop();
  }
}

/** CloudFormation gives every scalar to a function as text. */
function asText(properties: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(properties), (_, value) => typeof value === 'object' ? value : String(value));
}
