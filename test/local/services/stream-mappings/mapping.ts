import { setTimeout as wait } from 'timers/promises';
import type { StreamRecord } from '../../../../local/services/dynamodb/streams';
import { createStreamMappings } from '../../../../local/services/stream-mappings/stream-mappings';
import type { InvokeResult } from '../../../../local/types';
import { fakeAccess, fakeStack, resource, ROLE } from '../../fakes';
import { STREAM_ARN } from '../dynamodb/videos-table';

export const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:events';
export const BUCKET = 'arn:aws:s3:::failed';
export const ERROR: InvokeResult = { error: { errorType: 'Error', errorMessage: 'no' } };
export const DONE: InvokeResult = { payload: null };
export const WHOLE = { BatchSize: 100, MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: BUCKET } } };

export type Answer = (batch: StreamRecord[]) => InvokeResult | Promise<InvokeResult>;
export interface Given {
  properties?: object; answer?: Answer; dataFolder?: string; records?: StreamRecord[]; denied?: string[]; now?: () => number; put?: () => void;
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** All records of the partition key `v1` are in one shard. */
export function record(pk: string, number: number, { sk = 'video', seconds = Math.floor(Date.now() / 1000) }: { sk?: string; seconds?: number } = {}): StreamRecord {
  return {
    eventID: `${number}`, eventName: 'MODIFY', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1', eventSourceARN: STREAM_ARN,
    dynamodb: {
      ApproximateCreationDateTime: seconds, Keys: { pk: { S: pk }, sk: { S: sk } }, NewImage: { number: { N: `${number}` } },
      SequenceNumber: `1${String(number).padStart(20, '0')}`, SizeBytes: 100, StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
export const numbersOf = (batch: StreamRecord[]) => batch.map(({ eventID }) => Number(eventID));

export async function create({ properties = {}, answer = () => DONE, dataFolder, records = [], denied = [], now, put = () => undefined }: Given) {
  const mapping = resource('AWS::Lambda::EventSourceMapping', 'mapping', { EventSourceArn: STREAM_ARN, FunctionName: FUNCTION, StartingPosition: 'TRIM_HORIZON', ...properties });
  const stack = fakeStack([mapping, resource('AWS::Lambda::Function', 'events', { Role: ROLE }, FUNCTION)]);
  const access = fakeAccess(denied);
  const batches: StreamRecord[][] = [];
  const objects: { bucket: string; key: string; content: any }[] = [];
  const logged: string[] = [];
  const folder = dataFolder ?? stack.dataFolder;
  const reads: string[] = [];
  // A stream without records also has a last sequence number.
  const last = () => records.at(-1)?.dynamodb.SequenceNumber ?? '0';
  const mappings = await createStreamMappings({
    stack: { ...stack, dataFolder: folder }, access, retryMilliseconds: 1, now, log: (line) => logged.push(line),
    functions: {
      async invoke(arn, payload, caller) {
        expect([arn, caller]).toEqual([FUNCTION, undefined]);
        const { Records } = payload as { Records: StreamRecord[] };
        batches.push(Records);
        return answer(Records);
      },
    },
    streams: {
      last,
      async read(_, after, limit) {
        reads.push(after);
        return records.filter(({ dynamodb }) => dynamodb.SequenceNumber > after).slice(0, limit);
      },
      async waitFor(_, after, signal) {
        while (last() <= after) await wait(5, undefined, { signal });
      },
    },
    store: {
      async put(bucket, key, body) {
        put();
        objects.push({ bucket, key, content: JSON.parse(body.toString()) });
        return {} as any;
      },
    },
  });
  const stop = () => mappings.stop();
  stops.push(stop);
  return { start: () => mappings.start(), stop, access, batches, objects, logged, reads, records, dataFolder: folder };
}

export async function start(given: Given) {
  const mapping = await create(given);
  mapping.start();
  return mapping;
}
export const ofOne = (...numbers: number[]) => numbers.map((number) => record('v1', number));
