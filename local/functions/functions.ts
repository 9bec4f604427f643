import { ChildProcess, fork } from 'child_process';
import { devNull } from 'os';
import { join } from 'path';
import { createInterface } from 'readline';
import { Access, AwsError, Functions, LocalStack, Part, Resource } from '../types';
import { failed, ProcessPool } from './pool';

/** What the functions need. */
export interface FunctionsOptions {
  readonly stack: LocalStack;
  readonly access: Access;
  /** The addresses of this machine's services, which in AWS the SDK finds by itself. */
  readonly environment: Record<string, string>;
  /** Hears each line that a function writes. */
  readonly log: (functionName: string, line: string) => void;
}

const REQUEST_LIMIT = 6 * 1024 * 1024;
const PROCESSES = 4;

/** The template's functions, each in processes of its own, with its role's credentials and its environment and nothing more. */
export function createFunctions({ stack, access, environment, log }: FunctionsOptions): Functions & Part {
  const pools = new Map<string, ProcessPool>();

  function start(resource: Resource): ChildProcess {
    // Late: what custom resources answer is known only once they have run, and they are functions too.
    const { Code, Handler, Role, MemorySize = 128, Environment } = resource.properties;
    const name = nameOf(resource);
    const folder = stack.assetFolder(Code.S3Key);
    const credentials = access.credentialsOf(Role);
    const child = fork(join(__dirname, 'run-loop.mjs'), [], {
      cwd: folder,
      execArgv: [`--max-old-space-size=${MemorySize}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...Environment?.Variables,
        ...environment,
        PATH: process.env.PATH,
        TZ: 'UTC',
        LAMBDA_TASK_ROOT: folder,
        _HANDLER: Handler,
        AWS_REGION: stack.region,
        AWS_DEFAULT_REGION: stack.region,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
        // Nothing of the developer's own AWS settings may reach a handler.
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      },
    });
    for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', (line) => log(name, line));
    return child;
  }

  function poolOf(resource: Resource): ProcessPool {
    const known = pools.get(resource.logicalId);
    if (known) return known;
    const { Role, Timeout = 3, ReservedConcurrentExecutions } = resource.properties;
    if (!trustsLambda(stack.byArn(Role))) {
      throw new AwsError('InvalidParameterValueException', `The role defined for the function cannot be assumed by Lambda: ${Role}`);
    }
    const pool = new ProcessPool({
      arn: resource.attributes.Arn,
      start: () => start(resource),
      timeoutSeconds: Timeout,
      limit: Math.min(PROCESSES, ReservedConcurrentExecutions ?? PROCESSES),
    });
    pools.set(resource.logicalId, pool);
    return pool;
  }

  return {
    async invoke(functionArn, payload, caller) {
      const resource = stack.byArn(functionArn);
      if (caller && !isPermitted(stack, resource, caller)) {
        access.refusals.push({ principal: caller.service, action: 'lambda:InvokeFunction', resource: resource.attributes.Arn });
        const message = `${caller.service} (${caller.sourceArn ?? 'no source'}) has no permission to invoke ${resource.attributes.Arn}`;
        log(nameOf(resource), message);
        throw new AwsError('AccessDeniedException', message, 403);
      }
      const text = JSON.stringify(payload ?? null);
      const size = Buffer.byteLength(text);
      if (size > REQUEST_LIMIT) return failed('RequestEntityTooLargeException', `${size} byte payload is too large for the RequestResponse invocation type (limit ${REQUEST_LIMIT} bytes)`);
      return poolOf(resource).invoke(text);
    },
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}

/** `ArnLike`: wildcards match within the colon-separated part they stand in; the last part may hold colons. */
export function arnLike(pattern: string, arn: string): boolean {
  const parts = (text: string) => [...text.split(':', 5), text.split(':').slice(5).join(':')];
  const glob = (text: string) => new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
  const values = parts(arn);
  return parts(pattern).every((part, index) => glob(part).test(values[index]));
}

function nameOf({ properties, physicalId }: Resource): string {
  return properties.FunctionName ?? physicalId;
}

function isPermitted(stack: LocalStack, { physicalId, attributes }: Resource, caller: { service: string; sourceArn?: string }): boolean {
  return stack.ofType('AWS::Lambda::Permission').some(({ properties: { Action, FunctionName, Principal, SourceArn, SourceAccount } }) =>
    [physicalId, attributes.Arn].includes(FunctionName)
    && ['lambda:InvokeFunction', 'lambda:*'].includes(Action)
    && Principal === caller.service
    && (SourceAccount === undefined || SourceAccount === stack.account)
    && (SourceArn === undefined || (caller.sourceArn !== undefined && arnLike(SourceArn, caller.sourceArn))));
}

function trustsLambda({ properties }: Resource): boolean {
  const statements: Record<string, any>[] = [properties.AssumeRolePolicyDocument?.Statement ?? []].flat();
  return statements.some(({ Effect, Action, Principal }) =>
    Effect === 'Allow' && [Action].flat().includes('sts:AssumeRole') && [Principal?.Service].flat().includes('lambda.amazonaws.com'));
}
