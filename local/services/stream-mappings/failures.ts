import { randomUUID } from 'crypto';
import type { Settings } from './settings';
import type { Store } from '../../s3/store';
import type { StreamRecord } from '../dynamodb/streams';

export type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export interface Attempt { readonly count: number; readonly failed: boolean }

export const failurePrefix = ({ uuid }: Pick<Settings, 'uuid'>): string => `aws/lambda/${uuid}/`;

/** Returns the object that Lambda writes for discarded records (see the Lambda Developer Guide). */
export function failureOf({ settings, functionArn, shardId, records, condition, attempt, now }: {
  settings: Settings; functionArn: string; shardId: string; records: StreamRecord[]; condition: Condition; attempt: Attempt; now: Date;
}): { key: string; content: object } {
  const time = now.toISOString();
  const day = time.slice(0, 10).replaceAll('-', '/');
  const second = time.slice(0, 19).replaceAll(':', '.');
  const arrival = ({ dynamodb: { ApproximateCreationDateTime: seconds } }: StreamRecord) => new Date(seconds * 1000).toISOString().replace('.000', '');
  const [first, last] = [records[0], records.at(-1)!];
  return {
    key: `${failurePrefix(settings)}${shardId}/${day}/${second}-${randomUUID()}`,
    content: {
      requestContext: { requestId: randomUUID(), functionArn, condition, approximateInvokeCount: attempt.count },
      ...attempt.count > 0 && { responseContext: { statusCode: 200, executedVersion: '$LATEST', ...attempt.failed && { functionError: 'Unhandled' } } },
      version: '1.0',
      timestamp: time,
      DDBStreamBatchInfo: {
        shardId,
        startSequenceNumber: first.dynamodb.SequenceNumber,
        endSequenceNumber: last.dynamodb.SequenceNumber,
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(last),
        batchSize: records.length,
        streamArn: settings.streamArn,
      },
      payload: JSON.stringify({ Records: records }),
    },
  };
}

export async function putFailure(store: Pick<Store, 'put'>, bucketArn: string, { key, content }: ReturnType<typeof failureOf>): Promise<void> {
  await store.put(bucketArn.split(':::')[1], key, Buffer.from(JSON.stringify(content)), { contentType: 'application/json' });
}
