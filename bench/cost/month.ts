import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';
import { dollarsFor, type Priced } from '../prices';

export interface Month {
  readonly name: string;
  readonly videos: number;
  readonly users: number;
  readonly viewsPerUser: number;
}

export const ASSUMPTIONS = {
  minutesPerVideo: 10,
  /** A 1080p source file. */
  sourceMegabitsPerSecond: 10,
  minutesPerView: 6,
  /** The default ladder's largest bitrate at 720p. */
  viewMegabitsPerSecond: 4,
  segmentSeconds: 6,
  /** Video and audio have separate segments. */
  segmentsAtOnce: 2,
  /** The requests for a list, for one video, and for the start of a playback session. */
  apiRequestsPerView: 3,
  /** The largest number of read units for one view. A view reads 20 rows of a list, their keys in the index, and two single rows. */
  readUnitsPerView: 24,
  lambdaSeconds: 0.05,
  lambdaGigabytes: 0.5,
  logBytesPerCall: 500,
  storedMonths: 12,
} as const;

export const MONTHS: readonly Month[] = [
  { name: 'small', videos: 50, users: 200, viewsPerUser: 10 },
  { name: 'medium', videos: 500, users: 5_000, viewsPerUser: 10 },
  { name: 'large', videos: 5_000, users: 50_000, viewsPerUser: 10 },
];

/** Progress reports for a video of 10 minutes, without the first report (docs/decisions/007-what-a-source-may-be.md). */
const FURTHER_REPORTS = 9;
/**
 * The cost in dollars of API, functions, table, queue and events for one video, from the upload request to `ready`. `npm run bench` prints both figures for
 * 1,000 videos: 0.042 for videos with 1 KB of text and one progress report, and 0.0016 for each further report (docs/decisions/022-table.md).
 */
export const SERVICE_PER_VIDEO = (0.042 + FURTHER_REPORTS * 0.0016) / 1000;
/**
 * The cost in dollars of the upload of 1 GB in parts of 16 MiB, if one request signs one part. `npm run bench` prints 0.00064 for the requests, and about
 * 0.0001 for Lambda's duration.
 */
export const UPLOAD_PER_GB = 0.00074;
/** Lambda's requests to the empty submit queue in a month (docs/decisions/024-sweeper.md). */
const POLLING_REQUESTS = 657_000;
/** The cost of the sweeper in dollars for a month without videos (docs/decisions/024-sweeper.md). */
const SWEEPER = 0.0074;
const SECRETS = 2;

/**
 * The normalized minutes that MediaConvert bills for one minute of a rendition: 2 for HD (720 to 1080 lines), 1 for SD. These numbers apply to at most 30
 * frames per second.
 */
export const normalizedFactor = (height: number): number => (height >= 720 ? 2 : 1);
export const normalizedMinutes = (minutes: number): number => minutes * DEFAULT_LADDER.reduce((sum, { height }) => sum + normalizedFactor(height), 0);

const gigabytes = (megabitsPerSecond: number, minutes: number): number => megabitsPerSecond * minutes * 60 / 8 / 1000;

/** In GB. The size of the media files is an upper bound, because it is computed with the largest bitrate of each rendition. */
export function storedGigabytes(): { source: number; media: number } {
  const { minutesPerVideo, sourceMegabitsPerSecond } = ASSUMPTIONS;
  const ladder = DEFAULT_LADDER.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0) / 1e6;
  return { source: gigabytes(sourceMegabitsPerSecond, minutesPerVideo), media: gigabytes(ladder, minutesPerVideo) };
}

export function unitsOf({ videos, users, viewsPerUser }: Month) {
  const {
    minutesPerVideo, minutesPerView, viewMegabitsPerSecond, segmentSeconds, segmentsAtOnce, apiRequestsPerView, readUnitsPerView, storedMonths, ...lambda
  } = ASSUMPTIONS;
  const views = users * viewsPerUser;
  const segments = minutesPerVideo * 60 / segmentSeconds;
  const calls = views * apiRequestsPerView;
  const viewedSegments = views * minutesPerView * 60 / segmentSeconds * segmentsAtOnce;
  const { source, media } = storedGigabytes();
  return {
    'transcode': normalizedMinutes(videos * minutesPerVideo),
    'delivery': gigabytes(viewMegabitsPerSecond, minutesPerView) * views,
    'CloudFront requests': viewedSegments + calls,
    'storage': (source + media) * videos * storedMonths,
    // Each rendition and the audio have separate segment files.
    'S3 PUTs': videos * segments * (DEFAULT_LADDER.length + 1),
    // An upper bound: S3 gets no request for a segment that CloudFront has cached.
    'S3 GETs': viewedSegments,
    'REST API requests': calls,
    'Lambda calls': calls,
    'Lambda GB-seconds': calls * lambda.lambdaSeconds * lambda.lambdaGigabytes,
    'DynamoDB read units': views * readUnitsPerView,
    'users': users,
    'secrets': SECRETS,
    'SQS requests': POLLING_REQUESTS,
    'logs': calls * lambda.logBytesPerCall / 1e9,
  } satisfies Partial<Record<Priced, number>>;
}

export type MonthPriced = keyof ReturnType<typeof unitsOf>;

const ROWS: Readonly<Record<string, readonly MonthPriced[]>> = {
  'transcode': ['transcode'],
  'storage': ['storage', 'S3 PUTs'],
  'delivery': ['delivery', 'CloudFront requests', 'S3 GETs'],
  'requests of viewers': ['REST API requests', 'Lambda calls', 'Lambda GB-seconds', 'DynamoDB read units', 'logs'],
  'users': ['users'],
};

export function billOf(month: Month): Record<string, number> {
  const units = unitsOf(month);
  const rows = Object.fromEntries(Object.entries(ROWS).map(([row, names]) => [row, names.reduce((sum, name) => sum + dollarsFor(name, units[name]), 0)]));
  const fixed = dollarsFor('secrets', SECRETS) + dollarsFor('SQS requests', POLLING_REQUESTS) + SWEEPER;
  return { ...rows, 'API, functions, table, queue and events, from the upload to `ready`': month.videos * (SERVICE_PER_VIDEO + storedGigabytes().source * UPLOAD_PER_GB), 'fixed': fixed };
}
