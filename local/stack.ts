import { createWriteStream, promises as fs } from 'fs';
import * as path from 'path';
import { TemplateAccess } from './access/access';
import { startCognito, type LocalUser } from './cognito/cognito';
import { holdDataFolder, writeAtOnce } from './data-folder';
import { startDoor } from './door/door';
import { startEdge } from './edge/edge';
import { createFunctions } from './functions/functions';
import { createGateway } from './gateway/gateway';
import { createMediaConvert } from './mediaconvert/mediaconvert';
import { freePorts } from './ports';
import { createS3 } from './s3/s3';
import { startDynamoDb } from './services/dynamodb';
import { createEvents } from './services/events';
import { startQueues } from './services/queues';
import { createSecretsManager } from './services/secrets-manager';
import { ensure } from './system';
import { synthesize } from './template/assembly';
import type { WriteObject } from './template/bucket-deployment';
import { runCustomResources } from './template/custom-resources';
import { TemplateStack } from './template/template-stack';
import type { Access, Part, PutEvent } from './types';

/** What to run and where. */
export interface StackOptions {
  /** The CDK app whose one stack is run. */
  readonly app: string;
  /** The port that users see; 0 for any free one. */
  readonly port: number;
  /** The folder of everything that outlives a run. */
  readonly data: string;
  /** Whether to empty that folder first. */
  readonly reset?: boolean;
  /** Hears of refusals and of faults. */
  readonly log: (line: string) => void;
}

/** What any client needs to use the stack: the content of `stack.json`. */
export interface StackFacts {
  readonly origin: string;
  readonly api: string;
  readonly outputs: Record<string, string>;
  readonly users: readonly LocalUser[];
}

/** The stack while it runs. */
export interface RunningStack extends Part {
  readonly facts: StackFacts;
  readonly refusals: Access['refusals'];
}

/** The SDK's names of the services behind the door. */
const SERVICES = ['S3', 'DYNAMODB', 'SECRETS_MANAGER', 'COGNITO_IDENTITY_PROVIDER', 'MEDIACONVERT', 'SQS'];

/** Nothing listens on port 1: a service that this machine lacks fails at once, and can't reach AWS. */
const NOWHERE = 'http://127.0.0.1:1';

/** Starts every part in order; when one fails, those before it are stopped. */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const parts: Part[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const part of parts.splice(0).reverse()) await part.stop().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, `some parts did not stop: ${failures.join('; ')}`);
  };
  const keep = <T extends Part>(part: T): T => {
    parts.push(part);
    return part;
  };
  try {
    return { ...await start(options, keep), stop };
  } catch (error) {
    await stop().catch((failure) => options.log(String(failure)));
    throw error;
  }
}

async function start({ app, port, data, reset = false, log }: StackOptions, keep: <T extends Part>(part: T) => T): Promise<Omit<RunningStack, 'stop'>> {
  ensure('ffmpeg');
  const dataFolder = path.resolve(data);
  keep(await holdDataFolder(dataFolder, reset));
  const factsFile = path.join(dataFolder, 'stack.json');
  await fs.rm(factsFile, { force: true });
  const [edgePort, doorPort, authPort] = await freePorts([port, 0, 0]);
  const assembly = await synthesize(app, path.join(dataFolder, 'cdk.out'));
  const stack = new TemplateStack(assembly, dataFolder, { edge: edgePort, door: doorPort, auth: authPort });
  const access = new TemplateAccess(stack, log);
  const door = keep(await startDoor({ port: doorPort, access, services: [], log }));
  const environment = Object.fromEntries(SERVICES.map((name) => [`AWS_ENDPOINT_URL_${name}`, `http://127.0.0.1:${doorPort}`]));
  const { log: handlerLog } = keep(functionLog(dataFolder));
  const functions = keep(createFunctions({ stack, access, environment: { ...environment, AWS_ENDPOINT_URL: NOWHERE }, log: handlerLog }));

  const dynamoDb = keep(await startDynamoDb({ stack }));
  const queues = keep(await startQueues({ stack, access, functions, log }));
  const events = keep(createEvents({ stack, access, functions, queues, log }));
  const putEvent: PutEvent = events.put;
  const s3 = createS3({ stack, putEvent, access });
  const mediaConvert = keep(createMediaConvert({ stack, access, store: s3.store, putEvent }));
  const cognito = keep(await startCognito({ stack, port: authPort }));
  for (const { service } of [dynamoDb, createSecretsManager({ stack }), queues, s3, mediaConvert, cognito]) door.register(service);

  const writeObject: WriteObject = async (bucket, key, body, contentType) => void await s3.store.put(bucket, key, body, { contentType });
  await runCustomResources({ stack, functions, writeObject });
  stack.verify();
  const gateway = createGateway({ stack, functions, keysOf: cognito.keysOf });
  const edge = keep(await startEdge({ stack, access, store: s3.store, gateway, port: edgePort }));
  const origin = `http://localhost:${edge.port}`;
  mediaConvert.start();
  const facts: StackFacts = { origin, api: `${origin}/api`, outputs: stack.outputs(), users: cognito.users };
  keep({ stop: () => fs.rm(factsFile, { force: true }) });
  await writeAtOnce(factsFile, JSON.stringify(facts, undefined, 2));
  return { facts, refusals: access.refusals };
}

/** What handlers write, in a file of its own for each run. */
function functionLog(dataFolder: string): Part & { log: (name: string, line: string) => void } {
  const file = createWriteStream(path.join(dataFolder, 'functions.log'), { mode: 0o600 });
  return {
    log: (name, line) => void file.write(`${name} ${line}\n`),
    stop: () => new Promise((resolve) => file.end(resolve)),
  };
}
