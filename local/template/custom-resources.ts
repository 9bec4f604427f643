import { randomBytes, randomUUID } from 'crypto';
import { promises as fs } from 'fs';
import { createServer, type IncomingMessage, type Server } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';
import { isDeepStrictEqual } from 'util';
import type { Functions, LocalStack, Resource } from '../types';
import { deployFiles, type WriteObject } from './bucket-deployment';
import type { Answer, TemplateStack } from './template-stack';

interface Outcome extends Answer {
  readonly properties: unknown;
}

interface Response {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Record<string, string>;
}

/** What custom resources are run with. */
export interface CustomResourceOptions {
  readonly stack: TemplateStack;
  readonly functions: Functions;
  /** Puts a file of a bucket deployment into its bucket. */
  readonly writeObject: WriteObject;
  /** How long a function may take, in milliseconds. */
  readonly timeout?: number;
}

/** The CDK's own functions need Python or an https address to answer to: their work is done here. */
const NATIVE: Record<string, (stack: LocalStack, resource: Resource, writeObject: WriteObject) => Promise<Answer>> = {
  'Custom::CDKBucketDeployment': deployFiles,
  // Works on Delete only, which never comes.
  'Custom::S3AutoDeleteObjects': async (_, { logicalId }) => ({ physicalId: logicalId, data: {} }),
};

/** Runs custom resources as CloudFormation would: Create at first, Update when properties changed, else not at all. None is sent a Delete. */
export async function runCustomResources(options: CustomResourceOptions): Promise<void> {
  const { stack, writeObject } = options;
  const file = path.join(stack.dataFolder, 'custom-resources.json');
  const outcomes: Record<string, Outcome> = JSON.parse(await fs.readFile(file, 'utf8').catch(() => '{}'));
  const answers = await AnswerServer.start();
  try {
    for (const resource of stack.customResources()) {
      const { logicalId, type } = resource;
      const properties = asText(resource.properties) as Record<string, unknown>;
      if (NATIVE[type]) {
        stack.answer(logicalId, await NATIVE[type](stack, resource, writeObject));
        continue;
      }
      const before = outcomes[logicalId];
      if (!before || !isDeepStrictEqual(before.properties, properties)) {
        outcomes[logicalId] = { ...await run(options, answers, resource, properties, before), properties };
        await fs.mkdir(stack.dataFolder, { recursive: true });
        await fs.writeFile(file, JSON.stringify(outcomes), { mode: 0o600 });
      }
      stack.answer(logicalId, outcomes[logicalId]);
    }
  } finally {
    await answers.stop();
  }
}

async function run(
  options: CustomResourceOptions, answers: AnswerServer, resource: Resource, properties: Record<string, unknown>, before?: Outcome,
): Promise<Answer> {
  const { stack, functions, timeout = 60_000 } = options;
  const { logicalId, type } = resource;
  const { url, answered, forget } = answers.expect();
  const invocation = functions.invoke(String(properties.ServiceToken), {
    RequestType: before ? 'Update' : 'Create',
    ResponseURL: url,
    StackId: stack.stackId,
    RequestId: randomUUID(),
    LogicalResourceId: logicalId,
    ResourceType: type,
    ResourceProperties: properties,
    ...before && { PhysicalResourceId: before.physicalId, OldResourceProperties: before.properties },
  });
  let timer: NodeJS.Timeout | undefined;
  const failures = [
    invocation.then(({ error }) => { throw new Error(error ? `${error.errorType}: ${error.errorMessage}` : 'its function ended without an answer'); }),
    new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error(`no answer within ${timeout / 1000} s`)), timeout); }),
  ];
  const response = await Promise.race([answered, ...failures])
    .catch((error) => { throw new Error(`${logicalId} (${type}): ${error.message}`); })
    .finally(() => { clearTimeout(timer); forget(); });
  if (response.Status !== 'SUCCESS') throw new Error(`${logicalId} (${type}): ${response.Reason ?? 'failed without a reason'}`);
  if (!response.PhysicalResourceId) throw new Error(`${logicalId} (${type}): the answer has no PhysicalResourceId`);
  return { physicalId: response.PhysicalResourceId, data: response.Data ?? {} };
}

/** CloudFormation gives every scalar to a function as text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (value === null || typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
}

/** Takes each answer while it is awaited, at an address that can't be guessed. Answers are never shown. */
class AnswerServer {
  static async start(): Promise<AnswerServer> {
    const awaited = new Map<string, (response: Response) => void>();
    const server = createServer(async (request, response) => {
      const accept = request.method === 'PUT' ? awaited.get(request.url!) : undefined;
      const body = accept && await readJson(request).catch(() => undefined);
      response.writeHead(body ? 200 : 403).end();
      if (body) accept(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AnswerServer(server, awaited);
  }

  private constructor(private readonly server: Server, private readonly awaited: Map<string, (response: Response) => void>) {}

  expect(): { url: string; answered: Promise<Response>; forget: () => void } {
    const address = `/${randomBytes(24).toString('base64url')}`;
    const answered = new Promise<Response>((resolve) => this.awaited.set(address, resolve));
    return { url: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${address}`, answered, forget: () => this.awaited.delete(address) };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function readJson(request: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
