import { createHash } from 'crypto';
import { join } from 'path';
import type { Settings } from './settings';
import { durableRecords } from '../../durable';
import { stable } from '../../template/resources';
import type { StreamRecord } from '../dynamodb/streams';

/**
 * A part of a stream that is read in its order by one batch after the other: a shard, or one of the ways into which
 * ParallelizationFactor divides it. The records of one item are all in the same lane, those of two items in any.
 */
export interface Lane {
  readonly shardId: string;
  has(record: StreamRecord): boolean;
  /** The sequence number of the last record that is done with. */
  position(): string;
  /** Moves the position behind records that were delivered, on disk too. */
  moveTo(sequenceNumber: string): void;
  /** Moves it behind records that are not for the function; after a kill they may be read once more. */
  skipTo(sequenceNumber: string): void;
}

/** A table has several shards, so that nobody takes the order of two partition keys for granted. */
const SHARDS = 2;
const BEGINNING = '';

/** The lanes of a mapping, each where it was when the last run ended. */
export function lanesOf({ uuid, streamArn, lanesPerShard }: Settings, dataFolder: string): Lane[] {
  const checkpoints = durableRecords<string[]>(join(dataFolder, 'stream-mappings'));
  const count = SHARDS * lanesPerShard;
  const kept = checkpoints.get(uuid) ?? [];
  // Other lanes than in the last run: from the lane that was last, so that what is not certain is delivered again.
  const positions = kept.length === count ? kept : Array<string>(count).fill([...kept].sort()[0] ?? BEGINNING);
  return positions.map((_, index) => ({
    shardId: `shardId-${String(Math.floor(index / lanesPerShard)).padStart(20, '0')}-${stable(streamArn).slice(0, 8)}`,
    has: ({ dynamodb: { Keys } }) => {
      const [partition] = Object.values(Keys);
      return hash(partition, SHARDS) * lanesPerShard + hash(Keys, lanesPerShard) === index;
    },
    position: () => positions[index],
    moveTo(sequenceNumber) {
      checkpoints.set(uuid, positions.with(index, sequenceNumber));
      positions[index] = sequenceNumber;
    },
    skipTo(sequenceNumber) {
      positions[index] = sequenceNumber;
    },
  }));
}

const hash = (key: unknown, count: number): number => createHash('sha256').update(JSON.stringify(key)).digest().readUInt32BE() % count;
