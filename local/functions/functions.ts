import { fork, type ChildProcess } from 'child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { devNull } from 'os';
import { dirname, join } from 'path';
import { createInterface } from 'readline';
import { createPool, failed } from './pool';
import type { Access } from '../access/access';
import type { Resource } from '../template/resources';
import type { Functions, LocalStack, Part } from '../types';

const REQUEST_LIMIT = 6 * 1024 * 1024;
const PROCESSES = 4;

/** Each process gets only the function's environment and the credentials of the function's role. `environment` contains the URLs of the local AWS services. */
export function createFunctions({ stack, access, environment, log }: {
  stack: LocalStack; access: Access; environment: Record<string, string>; log: (functionName: string, line: string) => void;
}): Functions & Part {
  const pools = new Map<string, ReturnType<typeof createPool>>();
  const runtime = linkSdk(join(stack.dataFolder, 'runtime'));

  function folderOf({ logicalId, properties: { Code } }: Resource): string {
    if (Code.ZipFile === undefined) return stack.assetFolder(Code.S3Key);
    const folder = join(stack.dataFolder, 'inline', logicalId);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'index.js'), Code.ZipFile);
    return folder;
  }

  function start(resource: Resource): ChildProcess {
    const { physicalId, properties: { Handler, Role, MemorySize = 128, Environment } } = resource;
    const { accessKeyId, secretAccessKey, sessionToken } = access.credentialsOf(Role);
    const child = fork(join(__dirname, 'run-loop.mjs'), [], {
      cwd: folderOf(resource),
      execArgv: [`--max-old-space-size=${MemorySize}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...Environment?.Variables,
        ...environment,
        TZ: 'UTC',
        NODE_PATH: runtime,
        _HANDLER: Handler,
        AWS_REGION: stack.region,
        AWS_LAMBDA_FUNCTION_NAME: physicalId,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        // A handler must not read the developer's AWS settings.
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      },
    });
    for (const input of [child.stdout!, child.stderr!]) createInterface({ input }).on('line', (line) => log(physicalId, line));
    return child;
  }

  return {
    async invoke(functionArn, payload, caller) {
      const { attributes: { Arn }, properties: { Role, Timeout = 3, ReservedConcurrentExecutions = PROCESSES, DeadLetterConfig } } = stack.byArn(functionArn);
      if (caller) await access.require(caller, [{ action: 'lambda:InvokeFunction', resource: Arn }]);
      const text = JSON.stringify(payload ?? null);
      if (Buffer.byteLength(text) > REQUEST_LIMIT) return failed('RequestEntityTooLargeException', 'the payload is larger than 6 MiB');
      if (!pools.has(Arn)) {
        // When a function is created, Lambda rejects a role that it can't assume.
        await access.require({ kind: 'service', id: 'lambda.amazonaws.com' }, [{ action: 'sts:AssumeRole', resource: Role }]);
        if (DeadLetterConfig) await access.require({ kind: 'role', id: Role }, [{ action: 'sqs:SendMessage', resource: DeadLetterConfig.TargetArn }]);
      }
      // Resolves the environment at the first call, because its values can be results of custom resources.
      const pool = pools.get(Arn) ?? createPool(() => start(stack.byArn(Arn)), Timeout, Math.min(PROCESSES, ReservedConcurrentExecutions));
      pools.set(Arn, pool);
      return pool.invoke(text);
    },
    stop: async () => void await Promise.all([...pools.values()].map((pool) => pool.stop())),
  };
}

/**
 * Creates a folder for NODE_PATH with links to the SDK, because CDK's handlers use the SDK of Lambda's runtime. All other modules must be in the handler's
 * asset, as on AWS.
 */
function linkSdk(folder: string): string {
  const link = join(folder, '@aws-sdk');
  mkdirSync(folder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(dirname(dirname(require.resolve('@aws-sdk/client-mediaconvert/package.json'))), link);
  return folder;
}
