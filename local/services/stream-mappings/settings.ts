import { onlyKnown } from '../../lookup';
import { stable, type Resource } from '../../template/resources';
import type { StreamRecord } from '../dynamodb/streams';
import type { Json } from '../json';
import { compilePattern } from '../patterns';

export type Settings = ReturnType<typeof settingsOf>;

/** Lambda's default, minimum and maximum. -1 means no limit. */
const NUMBERS: Record<string, [usual: number, least: number, most: number]> = {
  BatchSize: [100, 1, 10_000],
  MaximumBatchingWindowInSeconds: [0, 0, 300],
  MaximumRecordAgeInSeconds: [-1, 60, 604_800],
  MaximumRetryAttempts: [-1, 0, 10_000],
  ParallelizationFactor: [1, 1, 10],
};

export function settingsOf({ logicalId, physicalId, properties }: Resource) {
  onlyKnown(logicalId, properties, `EventSourceArn FunctionName DestinationConfig FilterCriteria FunctionResponseTypes Tags ${Object.keys(NUMBERS).join(' ')}`, {
    BisectBatchOnFunctionError: [true, false], Enabled: [true], StartingPosition: ['TRIM_HORIZON'],
  });
  const { EventSourceArn, StartingPosition, DestinationConfig, FilterCriteria } = properties;
  const { FunctionResponseTypes = [], BisectBatchOnFunctionError = false } = properties;
  if (!StartingPosition) throw new Error(`${logicalId}: a mapping of a stream requires a StartingPosition`);
  const number = (name: string): number => {
    const [usual, least, most] = NUMBERS[name];
    const value = properties[name] ?? usual;
    if (value !== usual && !(value >= least && value <= most)) throw new Error(`${logicalId}: ${name} must be from ${least} to ${most}, got ${value}`);
    return value;
  };
  return {
    logicalId,
    uuid: stable(physicalId).replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, '$1-$2-$3-$4-$5'),
    streamArn: EventSourceArn as string,
    batchSize: number('BatchSize'),
    windowMilliseconds: number('MaximumBatchingWindowInSeconds') * 1000,
    maximumAgeSeconds: number('MaximumRecordAgeInSeconds'),
    maximumRetries: number('MaximumRetryAttempts'),
    lanesPerShard: number('ParallelizationFactor'),
    bisects: BisectBatchOnFunctionError as boolean,
    reportsItems: FunctionResponseTypes.includes('ReportBatchItemFailures'),
    bucketArn: bucketOf(logicalId, DestinationConfig),
    matches: filterOf(logicalId, FilterCriteria),
  };
}

function bucketOf(logicalId: string, config: Json = {}): string | undefined {
  const { OnFailure: { Destination = undefined, ...more } = {}, ...others } = config;
  onlyKnown(logicalId, { ...more, ...others }, '');
  if (Destination && !Destination.startsWith('arn:aws:s3:::')) throw new Error(`${logicalId}: the local stack supports only a bucket as the destination for failed records, got ${Destination}`);
  return Destination;
}

function filterOf(logicalId: string, criteria?: Json): (record: StreamRecord) => boolean {
  onlyKnown(logicalId, criteria ?? {}, 'Filters');
  const patterns = (criteria?.Filters ?? []).map(({ Pattern }: Json) => compilePattern(JSON.parse(Pattern)));
  return (record) => patterns.length === 0 || patterns.some((matches: (record: StreamRecord) => boolean) => matches(record));
}
