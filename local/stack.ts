/// <reference lib="esnext.disposable" />
import { appendFileSync, promises as fs, writeFileSync } from 'fs';
import * as path from 'path';
import { TemplateAccess } from './access/access';
import { startAwsEndpoint } from './aws-endpoint/aws-endpoint';
import { holdDataFolder } from './data-folder';
import { startEdge } from './edge/edge';
import { failureQueues } from './functions/failure-queues';
import { createFunctions } from './functions/functions';
import { createInvokeCall } from './functions/invoke-call';
import { createGateway, type KeysOf } from './gateway/gateway';
import { refuseForeignPools, startCognito } from './issuers/cognito/cognito';
import { startOtherIssuer } from './issuers/other/other';
import type { LocalUser } from './issuers/users';
import { freePorts, portsOfLastRun } from './listen';
import { createMediaConvert } from './mediaconvert/mediaconvert';
import { createS3 } from './s3/s3';
import { startDynamoDb } from './services/dynamodb/dynamodb';
import { createEvents } from './services/events/events';
import { createPutEvents } from './services/events/put-events';
import { createQueues } from './services/queues';
import { createSecretsManager } from './services/secrets-manager';
import { createSqs } from './services/sqs';
import { createStreamMappings } from './services/stream-mappings/stream-mappings';
import { createSts } from './services/sts';
import { createTopics } from './services/topics/topics';
import { ensure } from './system';
import { hostOf, OTHER_ISSUER } from './template/addresses';
import { assemblyOf } from './template/app';
import { requireService } from './template/assembly';
import { runCustomResources } from './template/custom-resources';
import { addImportedBuckets } from './template/imported-buckets';
import { TemplateStack } from './template/template-stack';
import { oneLine } from './text';
import type { Part } from './types';
import { ignoreUsage, observedFunctions, observedGateway, observedService, observedStore, type ObserveUsage } from './usage';

/** The content of `stack.json`, which clients need to use the local stack. */
export interface StackFacts {
  readonly origin: string;
  readonly api: string;
  readonly outputs: Record<string, string>;
  readonly users: readonly LocalUser[];
  /**
   * The endpoint for calls to AWS services. A POST with the header `x-local-fire-rule` fires the scheduled rule whose logical id, name or ARN is the header's
   * value. A POST with the header `x-local-invoke` invokes the function that the header names, with the body as its payload. A GET with the header
   * `x-local-credentials` returns credentials of the role that the header names.
   */
  readonly awsEndpoint: string;
  /** The local issuer's URL, which replaces `https://identity.example.com`. Undefined if the template does not contain `https://identity.example.com`. */
  readonly issuer?: string;
}

/** The SDK's names of the supported AWS services. */
const SERVICES = ['S3', 'DYNAMODB', 'SECRETS_MANAGER', 'COGNITO_IDENTITY_PROVIDER', 'MEDIACONVERT', 'EVENTBRIDGE', 'SQS', 'STS'];

interface StackOptions {
  /** The file of a CDK app, or the folder of a cloud assembly. */
  readonly app: string;
  /** The port for users; 0 selects a free port. */
  readonly port: number;
  readonly data: string;
  readonly reset?: boolean;
  /** Divides token lifetimes, so that a test can wait for the expiry. */
  readonly divideLifetimes?: number;
  /** Divides the durations of AWS STS role sessions, so that a test can check the renewal of sessions. */
  readonly divideSessions?: number;
  /** Whether scheduled rules fire automatically. */
  readonly schedules?: boolean;
  /** @default - nothing is observed */
  readonly observe?: ObserveUsage;
  readonly log: (line: string) => void;
}

/**
 * Starts all parts of the local stack. If a part fails to start, the parts that were started are stopped. To stop the local stack, dispose of the returned
 * object.
 */
export async function startStack({
  app, port, data, reset = false, divideLifetimes = 1, divideSessions = 1, schedules = false, observe = ignoreUsage, log,
}: StackOptions) {
  await using parts = new AsyncDisposableStack();
  const keep = <T extends Part>(part: T): T => parts.adopt(part, () => part.stop().catch((error) => log(`a part of the local stack failed to stop: ${error}`)));

  ensure('ffmpeg');
  const [edgePort, ...spare] = await freePorts([port, 0, 0, 0]);
  const dataFolder = path.resolve(data);
  const factsFile = path.join(dataFolder, 'stack.json');
  keep(await holdDataFolder(dataFolder, reset));
  const [awsPort, authPort, otherPort] = await portsOfLastRun(path.join(dataFolder, 'ports.json'), spare, edgePort);
  const assembly = await assemblyOf(app, path.join(dataFolder, 'cdk.out'));
  requireService(assembly);
  const stack = new TemplateStack(assembly, dataFolder, { edge: edgePort, aws: awsPort, auth: authPort, otherIssuer: otherPort });
  refuseForeignPools(stack);
  for (const name of addImportedBuckets(stack)) {
    log(`the template does not define the bucket ${name}, so the local stack creates a private bucket with this name. This bucket is empty at the first start, and sends events to EventBridge`);
  }
  const logFile = (name: string): (line: string) => void => {
    const file = path.join(dataFolder, name);
    writeFileSync(file, '', { mode: 0o600 });
    return (line) => {
      try {
        appendFileSync(file, `${oneLine(line)}\n`);
      } catch (error) {
        // If the disk is full, only the log line is lost.
        log((error as Error).message);
      }
    };
  };
  const access = new TemplateAccess(stack, log, logFile('access.jsonl'));
  const awsEndpoint = keep(await startAwsEndpoint({ port: awsPort, access, log }));
  const handlerLog = logFile('functions.log');
  const awsUrl = `http://127.0.0.1:${awsPort}`;
  const addresses = Object.fromEntries(SERVICES.map((name) => [`AWS_ENDPOINT_URL_${name}`, awsUrl]));
  // No server listens on port 1, so a call to an unsupported service fails immediately and can't reach AWS.
  const environment = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', ...addresses };
  const logHandler = (functionName: string, line: string): void => {
    handlerLog(`${functionName} ${line}`);
    observe({ kind: 'log', functionName, line });
  };
  const functions = observedFunctions(keep(createFunctions({ stack, access, environment, log: logHandler })), stack, observe);

  const dynamoDb = keep(await startDynamoDb({ stack, observe }));
  const queues = keep(await createQueues({ stack, access, functions, observe, log }));
  const failureQueueOf = failureQueues(stack);
  const topics = keep(createTopics({ stack, access, functions, failureQueueOf, queues, log }));
  const events = keep(createEvents({ stack, access, functions, failureQueueOf, queues, topics, observe, log }));
  const s3 = createS3({ stack, putEvent: events.put, access });
  keep(s3.lifecycle);
  const streamMappings = keep(await createStreamMappings({ stack, access, functions, streams: dynamoDb.streams, store: s3.store, log }));
  const mediaConvert = keep(createMediaConvert({ stack, access, store: observedStore(s3.store, 'mediaconvert.amazonaws.com', observe), putEvent: events.put }));
  const hasPool = stack.ofType('AWS::Cognito::UserPool').length > 0;
  const cognito = hasPool ? keep(await startCognito({ stack, port: authPort, divideLifetimes })) : undefined;
  const namesIssuer = JSON.stringify(assembly.template).includes(OTHER_ISSUER);
  const here = (audience: string): string => stack.here(audience);
  const otherIssuer = namesIssuer ? keep(await startOtherIssuer({ dataFolder, port: otherPort, divideLifetimes, here })) : undefined;
  const others = [createSecretsManager({ stack }), createSqs({ stack, queues }), createPutEvents({ ...events, log }), createInvokeCall({ stack, functions }),
    createSts({ stack, access, divideSessions })];
  for (const { service } of [dynamoDb, s3, mediaConvert, ...others, ...cognito ? [cognito] : []]) awsEndpoint.register(observedService(service, observe));

  await runCustomResources(stack, functions, s3.store);
  const [domainName] = stack.domainNames;
  const origin = `http://${domainName ? hostOf(domainName, edgePort) : `localhost:${edgePort}`}`;
  const users = (cognito ?? otherIssuer)?.users ?? [];
  const facts: StackFacts = { origin, api: `${origin}/api`, outputs: stack.outputs(), users, awsEndpoint: awsUrl, issuer: otherIssuer?.issuer };
  const gateway = observedGateway(createGateway({ stack, functions, keysOf: cognito?.keysOf ?? noKeys }), observe);
  keep(await startEdge({ stack, access, s3: observedService(s3.service, observe), gateway, observe, port: edgePort }));
  // Some of these parts immediately deliver messages and events of an earlier run. All handlers and services must be ready for these deliveries, so these parts
  // start last.
  for (const part of [events, topics, queues, streamMappings, mediaConvert, s3.lifecycle]) part.start();
  if (schedules) events.startSchedules();
  keep({ stop: () => fs.rm(factsFile, { force: true }) });
  await fs.writeFile(`${factsFile}.new`, JSON.stringify(facts, undefined, 2), { mode: 0o600 });
  await fs.rename(`${factsFile}.new`, factsFile);
  return Object.assign(parts.move(), { facts, refusals: access.refusals });
}

/** The value of `keysOf` if the template has no user pool. This function is never called, because only the authorizer of a user pool calls `keysOf`. */
const noKeys: KeysOf = (arn) => { throw new Error(`the template has no user pool ${arn}`); };
