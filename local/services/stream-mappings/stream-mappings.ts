import { setTimeout as wait } from 'timers/promises';
import { failureOf, failurePrefix, putFailure, type Attempt, type Condition } from './failures';
import { lanesOf, type Lane } from './lanes';
import { settingsOf, type Settings } from './settings';
import type { Access } from '../../access/access';
import type { Store } from '../../s3/store';
import { firstLines, logLine } from '../../text';
import { AwsError, type Functions, type LocalStack, type Need, type Part, type Principal } from '../../types';
import type { StreamRecord, Streams } from '../dynamodb/streams';
import { eventSourceMappings, functionOf } from '../event-source-mappings';
import type { Json } from '../json';

const CHUNK = 1000;
/** Lambda's maximum request size in bytes. */
const LARGEST = 6 * 1024 * 1024;
const LONGEST_WAIT_MS = 60_000;

interface Given {
  readonly stack: LocalStack;
  readonly access: Access;
  readonly functions: Functions;
  readonly streams: Pick<Streams, 'last' | 'read' | 'waitFor'>;
  readonly store: Pick<Store, 'put'>;
  readonly log?: (line: string) => void;
  /** The delay before the first retry. The delay doubles with each retry, up to 1 minute. */
  readonly retryMilliseconds?: number;
  readonly now?: () => number;
}

/**
 * Delivers records to functions at least once, even after `kill -9`. The records of one item are delivered in order. Rejects if a function's role isn't allowed
 * to read the stream or to write failed event records. Reading starts with `start`.
 */
export async function createStreamMappings(given: Given): Promise<Part & { start(): void }> {
  const { stack, access } = given;
  const stopping = new AbortController();
  const lanes: (() => Promise<void>)[] = [];
  for (const resource of eventSourceMappings(stack, 'dynamodb')) {
    const settings = settingsOf(resource);
    const { attributes: { Arn }, properties: { Role } } = functionOf(stack, resource);
    // Throws if the table has no stream.
    await given.streams.read(settings.streamArn, '', 1);
    await access.require({ kind: 'role', id: Role }, needsOf(settings));
    for (const lane of lanesOf(settings, stack.dataFolder)) {
      lanes.push(createLane({ ...given, settings, lane, functionArn: Arn, role: { kind: 'role', id: Role }, signal: stopping.signal }));
    }
  }
  return {
    start: () => lanes.forEach((run) => void run()),
    // If a function is processing a batch during the stop, the batch is delivered again at the next start.
    stop: async () => stopping.abort(),
  };
}

/**
 * IAM supports ListStreams only for the resource `*`. For a TableV2, the CDK's `DynamoEventSource` grants ListStreams only for the stream. This grant
 * has no effect, so the role requires an additional policy statement.
 */
function needsOf({ streamArn, bucketArn, uuid }: Settings): Need[] {
  const onStream = ['GetRecords', 'GetShardIterator', 'DescribeStream'].map((name) => ({ action: `dynamodb:${name}`, resource: streamArn }));
  const reads = [...onStream, { action: 'dynamodb:ListStreams', resource: '*' }];
  const writes = [{ action: 's3:ListBucket', resource: bucketArn! }, { action: 's3:PutObject', resource: `${bucketArn}/${failurePrefix({ uuid })}` }];
  return [...reads, ...bucketArn ? writes : []];
}

function createLane({ settings, lane, functionArn, role, signal, ...given }: Given & {
  settings: Settings; lane: Lane; functionArn: string; role: Principal; signal: AbortSignal;
}): () => Promise<void> {
  const { access, functions, streams, store, log = logLine, retryMilliseconds = 1000, now = Date.now } = given;
  const { streamArn, batchSize, windowMilliseconds } = settings;
  const say = (line: string) => log(`${settings.logicalId}: ${line}`);
  const pause = (milliseconds: number) => wait(milliseconds, undefined, { signal });

  /** Returns the next matching records and the sequence number of the last record that was read. Waits for a record, and then for the batching window. */
  async function gather(): Promise<{ records: StreamRecord[]; end: string }> {
    const records: StreamRecord[] = [];
    let [end, size] = [lane.position(), 0];
    let window: AbortSignal | undefined;
    for (;;) {
      const last = streams.last(streamArn);
      const chunk = await streams.read(streamArn, end, CHUNK);
      for (const record of chunk) {
        const bytes = lane.has(record) && settings.matches(record) ? Buffer.byteLength(JSON.stringify(record)) : 0;
        if (size + bytes > LARGEST) return { records, end };
        size += bytes;
        end = record.dynamodb.SequenceNumber;
        if (bytes > 0) records.push(record);
        if (records.length === batchSize) return { records, end };
      }
      if (chunk.length === CHUNK) continue;
      // Moves the position to the last sequence number of the stream, even if there is no record with this number. With a lower position, `waitFor` would not
      // wait.
      if (last > end) end = last;
      if (records.length > 0 && windowMilliseconds === 0 || window?.aborted) return { records, end };
      if (records.length === 0) lane.skipTo(end);
      else window ??= AbortSignal.timeout(windowMilliseconds);
      await streams.waitFor(streamArn, end, window ? AbortSignal.any([signal, window]) : signal).catch(() => signal.throwIfAborted());
    }
  }

  /**
   * Invokes the function with a batch. `done` is the number of processed records at the start of the batch. `failed` is true if the whole invocation failed.
   */
  async function invoke(records: StreamRecord[]): Promise<{ done: number; failed: boolean }> {
    const { payload, error } = await functions.invoke(functionArn, { Records: records });
    // An interrupted batch is delivered again at the next start, and does not count as a failure of the function.
    signal.throwIfAborted();
    if (error) say(`${error.errorType}: ${error.errorMessage}`);
    if (error) return { done: 0, failed: true };
    // Without `batchItemFailures`, Lambda treats the batch as successful. An unknown `itemIdentifier` fails the whole batch. Lambda retries the first failed
    // record and all records after it.
    const failures: Json[] = settings.reportsItems && payload?.batchItemFailures || [];
    const places = failures.map(({ itemIdentifier }) => records.findIndex(({ dynamodb: { SequenceNumber } }) => SequenceNumber === itemIdentifier));
    if (places.includes(-1)) return { done: 0, failed: true };
    return { done: Math.min(records.length, ...places), failed: false };
  }

  async function deliver(batch: StreamRecord[], attempt: Attempt = { count: 0, failed: false }): Promise<void> {
    const { maximumAgeSeconds, maximumRetries, bisects } = settings;
    const youngest = maximumAgeSeconds < 0 ? -Infinity : now() / 1000 - maximumAgeSeconds;
    // A record is discarded only if the record and all records before it in the batch are too old. If the clock was set back, an old record can follow a newer
    // record. Such an old record is delivered.
    const firstFresh = batch.findIndex(({ dynamodb }) => dynamodb.ApproximateCreationDateTime >= youngest);
    const aged = firstFresh < 0 ? batch : batch.slice(0, firstFresh);
    if (aged.length > 0) await giveUp(aged, 'RecordAgeExceeded', attempt);
    const fresh = batch.slice(aged.length);
    if (fresh.length === 0) return;

    const { done, failed } = await invoke(fresh);
    if (done > 0) lane.moveTo(fresh[done - 1].dynamodb.SequenceNumber);
    const rest = fresh.slice(done);
    if (rest.length === 0) return;
    const next: Attempt = { count: attempt.count + 1, failed };
    say(`a batch of ${rest.length} records failed (first sequence number ${rest[0].dynamodb.SequenceNumber}, attempt ${next.count})`);
    if (failed && bisects && rest.length > 1) {
      // Splitting a batch does not count as a retry.
      const half = Math.ceil(rest.length / 2);
      await deliver(rest.slice(0, half), attempt);
      return deliver(rest.slice(half), attempt);
    }
    if (maximumRetries >= 0 && next.count > maximumRetries) return giveUp(rest, 'RetryAttemptsExhausted', next);
    await pause(Math.min(retryMilliseconds * 2 ** attempt.count, LONGEST_WAIT_MS));
    return deliver(rest, next);
  }

  async function giveUp(records: StreamRecord[], condition: Condition, attempt: Attempt): Promise<void> {
    say(`${records.length} records discarded (${condition})`);
    if (settings.bucketArn) {
      const failure = failureOf({ settings, functionArn, shardId: lane.shardId, records, condition, attempt, now: new Date(now()) });
      try {
        await access.require(role, [{ action: 's3:PutObject', resource: `${settings.bucketArn}/${failure.key}` }]);
        await putFailure(store, settings.bucketArn, failure);
      } catch (error) {
        // If access is denied, the records are lost, as in AWS. After any other error, the write is retried.
        if (!(error instanceof AwsError)) throw error;
        say(`cannot store the failed event records, so they are lost: ${error.name}: ${error.message}`);
      }
    }
    lane.moveTo(records.at(-1)!.dynamodb.SequenceNumber);
  }

  return async () => {
    while (!signal.aborted) {
      try {
        const { records, end } = await gather();
        await deliver(records);
        lane.skipTo(end);
      } catch (error) {
        // After an error of the local stack, such as a full disk, the records after the stored position are read again.
        if (!signal.aborted) say(firstLines(error as Error));
        await pause(retryMilliseconds).catch(() => undefined);
      }
    }
  };
}
