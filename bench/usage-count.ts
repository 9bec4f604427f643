import { PRICES, unitPrice, type Priced } from './prices';
import { readUnits, sumOf, totalOf, writeUnits, type Units } from './units';
import { itemSize } from '../local/services/dynamodb/item-size';
import type { Usage } from '../local/usage';

/**
 * Bytes that CloudWatch Logs adds to each log event in a batch (API reference, "PutLogEvents"). The benchmark counts these bytes as ingested, so the cost of
 * logs is an upper bound.
 */
const LOG_EVENT_OVERHEAD = 26;
/** Bytes per GB on the bill of CloudWatch Logs. */
const GB = 1e9;
const uuid = '00000000-0000-4000-8000-000000000000';
const time = '2026-11-30T00:00:00.000Z';
/** The records that Lambda itself writes for an invocation, with the system log level INFO and JSON logs (Lambda developer guide, "Telemetry API"). */
const SYSTEM_RECORDS = [
  { time, type: 'platform.start', record: { requestId: uuid, version: '$LATEST' } },
  {
    time,
    type: 'platform.report',
    record: { requestId: uuid, metrics: { durationMs: 100.123, billedDurationMs: 101, memorySizeMB: 512, maxMemoryUsedMB: 100 }, status: 'success' },
  },
].map((record) => JSON.stringify(record));
/** The text that Lambda's JSON format adds to a handler's log message. */
const ENVELOPE = JSON.stringify({ timestamp: time, level: 'INFO', requestId: uuid, message: {} });
const bytesOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text) + LOG_EVENT_OVERHEAD, 0);
const SYSTEM_BYTES = bytesOf(SYSTEM_RECORDS);

/**
 * The cost in dollars of each progress report after the first. The cost consists of one read and one write of the row, one call of `record-job-event`, one call
 * of `publish-events`, and the logs of both calls. Lambda's GB-seconds are not included.
 */
export const PROGRESS_REPORT = 2 * (unitPrice('Lambda calls') + SYSTEM_BYTES / GB * unitPrice('logs'))
  + unitPrice('DynamoDB read units') + unitPrice('DynamoDB write units');

interface FunctionUsage { calls: number; milliseconds: number; gbSeconds: number; lines: number; bytes: number }

export class UsageCount {
  readonly uses = Object.fromEntries(Object.keys(PRICES).map((name) => [name, 0])) as Record<Priced, number>;
  readonly functions: Record<string, FunctionUsage> = {};
  readonly requests: Record<string, number> = {};
  readonly writes: Units[] = [];

  /** The size of the last written row of a video. */
  rowBytes = 0;

  get dollars(): number {
    return (Object.keys(PRICES) as Priced[]).reduce((sum, name) => sum + this.uses[name] * unitPrice(name), 0);
  }

  add(usage: Usage): void {
    switch (usage.kind) {
      case 'invocation': return this.addInvocation(usage);
      case 'log': return this.addLog(usage);
      case 'read':
        this.uses['DynamoDB read units'] += readUnits(usage.operation, usage.input, usage.answer);
        return;
      case 'write': {
        const units = sumOf(usage.changes.map((change) => writeUnits(change, usage.isTransaction)));
        this.writes.push(units);
        for (const { after } of usage.changes) if (after?.sk.S === 'video') this.rowBytes = itemSize(after);
        this.uses['DynamoDB write units'] += totalOf(units);
        return;
      }
      case 'event':
        this.uses[usage.source === 'aws.s3' ? 'events of S3' : usage.source === 'aws.mediaconvert' ? 'events of MediaConvert' : 'events on the custom bus']++;
        return;
      case 'request': {
        const name = requestName(usage);
        if (name) this.uses[name]++;
        const operation = `${usage.service} ${usage.operation}`;
        this.requests[operation] = (this.requests[operation] ?? 0) + 1;
      }
    }
  }

  private functionOf(name: string): FunctionUsage {
    return this.functions[name] ??= { calls: 0, milliseconds: 0, gbSeconds: 0, lines: 0, bytes: 0 };
  }

  private addInvocation({ functionName, memoryMegabytes, milliseconds, payload }: Usage & { kind: 'invocation' }): void {
    const used = this.functionOf(functionName);
    const gbSeconds = memoryMegabytes / 1024 * Math.ceil(milliseconds) / 1000;
    used.calls++;
    used.milliseconds += milliseconds;
    used.gbSeconds += gbSeconds;
    used.bytes += SYSTEM_BYTES;
    this.uses['Lambda calls']++;
    this.uses['Lambda GB-seconds'] += gbSeconds;
    this.uses.logs += SYSTEM_BYTES / GB;
    if (payload?.Records?.[0]?.eventSource === 'aws:dynamodb') this.uses['DynamoDB stream records'] += payload.Records.length;
  }

  private addLog({ functionName, line }: Usage & { kind: 'log' }): void {
    const used = this.functionOf(functionName);
    // Node prints some objects on several lines. Lambda writes these lines as one log event.
    const isContinued = /^[\s}\]]/.test(line);
    const bytes = isContinued ? Buffer.byteLength(line) : bytesOf([line]) + Buffer.byteLength(ENVELOPE);
    used.lines++;
    used.bytes += bytes;
    this.uses.logs += bytes / GB;
  }
}

function requestName({ service, operation }: Usage & { kind: 'request' }): Priced | undefined {
  switch (service) {
    case 's3': return ['GET', 'HEAD', 'OPTIONS'].includes(operation) ? 'S3 GETs' : ['DELETE', 'AbortMultipartUpload'].includes(operation) ? undefined : 'S3 PUTs';
    case 'sqs': return 'SQS requests';
    case 'apigateway': return 'REST API requests';
    case 'cloudfront': return 'CloudFront requests';
    case 'secretsmanager': return 'Secrets Manager requests';
    case 'mediaconvert': return 'MediaConvert requests';
    case 'sts': return 'STS requests';
    // Usage of the kinds `read`, `write` and `event` already includes these requests.
    case 'dynamodb': case 'events': return undefined;
    // Cognito bills monthly active users, not requests.
    case 'cognito-idp': return undefined;
    default: throw new Error(`no price is known for requests to ${service}`);
  }
}
