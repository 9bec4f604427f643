import { dollarsFor, type MonthPriced } from './prices';
import { DEFAULT_LADDER } from '../../src/transcode/job/ladder';

/** The size of a service. */
export interface Month {
  readonly name: string;
  /** Uploaded in the month. */
  readonly videos: number;
  /** Users who sign in during the month. */
  readonly users: number;
  readonly viewsPerUser: number;
}

/** Assumptions about one video and one view. */
export const ASSUMPTIONS = {
  minutesPerVideo: 10,
  /** Of a 1080p source file. */
  sourceMegabitsPerSecond: 10,
  minutesPerView: 6,
  /** The default ladder has at most so much at 720p. */
  viewMegabitsPerSecond: 4,
  segmentSeconds: 6,
  /** Video and audio are separate segments. */
  segmentsAtOnce: 2,
  /** A list, one video, the start of a playback session. */
  apiRequestsPerView: 3,
  /** At most: 20 rows of the list, their keys, and two single rows. */
  readUnitsPerView: 24,
  lambdaSeconds: 0.05,
  lambdaGigabytes: 0.5,
  logBytesPerCall: 500,
  /** Stored videos are the uploads of so many months. */
  storedMonths: 12,
} as const;

export const MONTHS: readonly Month[] = [
  { name: 'small', videos: 50, users: 200, viewsPerUser: 10 },
  { name: 'medium', videos: 500, users: 5_000, viewsPerUser: 10 },
  { name: 'large', videos: 5_000, users: 50_000, viewsPerUser: 10 },
];

/** Reports of progress for a video of ten minutes, after the first one (docs/decisions/007-what-a-source-may-be.md). */
const FURTHER_REPORTS = 9;
/**
 * Dollars of API, functions, table, queue and events for one video, from the request of an upload to `ready`. `npm run bench` prints the cost of 1,000 videos
 * with 1 KB of text and one report of progress, and of a further report (docs/decisions/022-table.md).
 */
export const SERVICE_PER_VIDEO = (0.038 + FURTHER_REPORTS * 0.0016) / 1000;
/** Requests of Lambda to the empty submit queue in a month (docs/decisions/024-sweeper.md). */
const POLLING_REQUESTS = 657_000;
/** Dollars of the sweeper in a month without videos (docs/decisions/024-sweeper.md). */
const SWEEPER = 0.0074;
const SECRETS = 2;

/** MediaConvert counts a minute of HD up to 30 frames a second twice, and a minute of SD once. */
export const normalizedMinutes = (minutes: number): number => minutes * DEFAULT_LADDER.reduce((sum, { height }) => sum + (height >= 720 ? 2 : 1), 0);

const gigabytes = (megabitsPerSecond: number, minutes: number): number => megabitsPerSecond * minutes * 60 / 8 / 1000;

/** GB of one video: its source file, and its media files at the largest bitrate of each rendition. */
export function storedGigabytes(): { source: number; media: number } {
  const { minutesPerVideo, sourceMegabitsPerSecond } = ASSUMPTIONS;
  const ladder = DEFAULT_LADDER.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0) / 1e6;
  return { source: gigabytes(sourceMegabitsPerSecond, minutesPerVideo), media: gigabytes(ladder, minutesPerVideo) };
}

/** Units of a month. */
export function unitsOf({ videos, users, viewsPerUser }: Month): Record<MonthPriced, number> {
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
    // A segment of each rendition, and of audio.
    'S3 PUTs': videos * segments * (DEFAULT_LADDER.length + 1),
    // At most: CloudFront caches segments that are requested again.
    'S3 GETs': viewedSegments,
    'REST API requests': calls,
    'DynamoDB read units': views * readUnitsPerView,
    'Lambda calls': calls,
    'Lambda GB-seconds': calls * lambda.lambdaSeconds * lambda.lambdaGigabytes,
    'users': users,
    'secrets': SECRETS,
    'SQS requests': POLLING_REQUESTS,
    'logs': calls * lambda.logBytesPerCall / 1e9,
  };
}

/** Rows of a bill, with the units that each adds up. */
const ROWS: Readonly<Record<string, readonly MonthPriced[]>> = {
  'transcode': ['transcode'],
  'storage': ['storage', 'S3 PUTs'],
  'delivery': ['delivery', 'CloudFront requests', 'S3 GETs'],
  'requests of viewers': ['REST API requests', 'Lambda calls', 'Lambda GB-seconds', 'DynamoDB read units', 'logs'],
  'users': ['users'],
};

/** Dollars of each row of a month's bill. */
export function billOf(month: Month): Record<string, number> {
  const units = unitsOf(month);
  const rows = Object.fromEntries(Object.entries(ROWS).map(([row, names]) => [row, names.reduce((sum, name) => sum + dollarsFor(name, units[name]), 0)]));
  const fixed = dollarsFor('secrets', SECRETS) + dollarsFor('SQS requests', POLLING_REQUESTS) + SWEEPER;
  return { ...rows, 'uploads until `ready`, without transcode': month.videos * SERVICE_PER_VIDEO, 'fixed': fixed };
}
