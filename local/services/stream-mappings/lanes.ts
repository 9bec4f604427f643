import { createHash } from 'crypto';
import { join } from 'path';
import type { Settings } from './settings';
import { durableRecords } from '../../durable';
import { stable } from '../../template/resources';
import type { StreamRecord } from '../dynamodb/streams';

/**
 * A shard of a stream, or a part of a shard if ParallelizationFactor is set. The batches of a lane are processed in order, one at a time. All records of one
 * item are in the same lane.
 */
export interface Lane {
  readonly shardId: string;
  has(record: StreamRecord): boolean;
  position(): string;
  /** Moves the position to the last delivered record, and stores it on disk. */
  moveTo(sequenceNumber: string): void;
  /** Moves the position to the last record that the filter excluded. The position is not stored on disk, so these records can be read again after a crash. */
  skipTo(sequenceNumber: string): void;
}

/** As in AWS, a stream has several shards, so that no code depends on the order of records with different partition keys. */
const SHARDS = 2;
const BEGINNING = '';

export function lanesOf({ uuid, streamArn, lanesPerShard }: Settings, dataFolder: string): Lane[] {
  const checkpoints = durableRecords<string[]>(join(dataFolder, 'stream-mappings'));
  const count = SHARDS * lanesPerShard;
  const kept = checkpoints.get(uuid) ?? [];
  // If the number of lanes has changed, all lanes start from the lowest stored position, so that no record is lost.
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
