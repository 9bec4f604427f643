import { randomUUID } from 'crypto';
import { EventEmitter, once } from 'events';
import { isDeepStrictEqual } from 'util';
import type { Change, Database, Plan } from './database';
import { tablesOf } from './tables';
import type { Resource } from '../../template/resources';
import type { LocalStack } from '../../types';
import type { Json } from '../json';

export type Streams = Awaited<ReturnType<typeof createStreams>>;

export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly dynamodb: {
    /** In seconds. */
    readonly ApproximateCreationDateTime: number;
    /** The first property is the partition key. */
    readonly Keys: Json;
    readonly NewImage?: Json;
    readonly OldImage?: Json;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
  readonly eventSourceARN: string;
}

/** All sequence numbers have the same number of digits, as in AWS, so that they also sort as text. */
const FIRST = 100_000_000_000_000_000_000n;
const HOURS_24 = 24 * 3600;
const HOUR_MS = 3_600_000;

/** A record is in the same atomic batch as its item, so that items and records always match. Records older than 24 hours are removed. */
export async function createStreams({ stack, database, now = Date.now }: { stack: LocalStack; database: Database; now?: () => number }) {
  const streams = new Map(await Promise.all(tablesOf(stack).filter(({ properties }) => properties.StreamSpecification)
    .map(async (table): Promise<[string, Stream]> => [table.physicalId, await openStream(table)])));
  const emitter = new EventEmitter().setMaxListeners(0);

  async function openStream({ physicalId, attributes: { StreamArn: arn }, properties: { KeySchema, StreamSpecification } }: Resource): Promise<Stream> {
    const [[, last = String(FIRST)] = []] = await database.read(sequencePrefix(physicalId));
    const keyNames = KeySchema.map(({ AttributeName }: Json) => AttributeName);
    return { table: physicalId, arn, keyNames, viewType: StreamSpecification.StreamViewType, next: BigInt(last) + 1n, last };
  }

  const seconds = () => Math.floor(now() / 1000);
  const byArn = (arn: string): Stream => {
    const found = [...streams.values()].find((stream) => stream.arn === arn);
    if (!found) throw new Error(`the template has no table with the stream ${arn}`);
    return found;
  };

  async function trim(): Promise<void> {
    for (const { table } of streams.values()) {
      const old: Change[] = [];
      for (const [key, record] of await database.read(prefixOf(table))) {
        if ((record as StreamRecord).dynamodb.ApproximateCreationDateTime >= seconds() - HOURS_24) break;
        old.push({ type: 'del', key });
      }
      if (old.length > 0) await database.commit(old);
    }
  }
  await trim();
  const trimming = setInterval(() => void trim().catch(() => undefined), HOUR_MS).unref();

  return {
    /** Returns an empty list if the write changes nothing or the table has no stream. */
    recordOf({ tableName, before, after }: Plan): Change[] {
      const stream = streams.get(tableName);
      const whole = after ?? before;
      if (!stream || !whole || isSame(before, after)) return [];
      const { table, arn, keyNames, viewType } = stream;
      const sequenceNumber = String(stream.next++);
      const images = { ...viewType !== 'OLD_IMAGE' && after && { NewImage: after }, ...viewType !== 'NEW_IMAGE' && before && { OldImage: before } };
      const content = { Keys: Object.fromEntries(keyNames.map((name) => [name, whole[name]])), ...viewType !== 'KEYS_ONLY' && images };
      const record: StreamRecord = {
        eventID: randomUUID().replaceAll('-', ''),
        eventName: !before ? 'INSERT' : after ? 'MODIFY' : 'REMOVE',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: stack.region,
        dynamodb: {
          ApproximateCreationDateTime: seconds(),
          ...content,
          SequenceNumber: sequenceNumber,
          SizeBytes: Buffer.byteLength(JSON.stringify(content)),
          StreamViewType: viewType,
        },
        eventSourceARN: arn,
      };
      return [
        { type: 'put', key: `${prefixOf(table)}${sequenceNumber}`, value: record },
        { type: 'put', key: `${sequencePrefix(table)}last`, value: sequenceNumber },
      ];
    },
    announce(): void {
      for (const stream of streams.values()) stream.last = String(stream.next - 1n);
      emitter.emit('stored');
    },
    last: (arn: string): string => byArn(arn).last,
    async read(arn: string, after: string, limit: number): Promise<StreamRecord[]> {
      return (await database.read(prefixOf(byArn(arn).table), after, limit)).map(([, record]) => record);
    },
    async waitFor(arn: string, after: string, signal: AbortSignal): Promise<void> {
      while (byArn(arn).last <= after) await once(emitter, 'stored', { signal });
    },
    stop: () => clearInterval(trimming),
  };
}

interface Stream {
  readonly table: string;
  readonly arn: string;
  readonly keyNames: string[];
  readonly viewType: string;
  next: bigint;
  last: string;
}

const prefixOf = (table: string) => `stream-${table}~`;
/** The prefix of the database key for a table's last sequence number. This number stays stored after all records expire, so that no number is used twice. */
const sequencePrefix = (table: string) => `sequence-${table}~`;

/** Ignores the order of the elements in a set. */
function isSame(before: Json | undefined, after: Json | undefined): boolean {
  const plain = (image?: Json) => image && JSON.parse(JSON.stringify(image), (type, value) => /^[SNB]S$/.test(type) && Array.isArray(value) ? value.sort() : value);
  return isDeepStrictEqual(plain(before), plain(after));
}
