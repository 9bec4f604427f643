import { mkdtempSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { setTimeout as wait } from 'timers/promises';
import { normalizedFactor } from './cost/month';
import { PRICES, unitPrice, type Priced } from './prices';
import { PLACES, sumOf, totalOf } from './units';
import { UsageCount } from './usage-count';
import { fetchMedia, SignIn } from '../local/client';
import { makeClip, padClip } from '../local/clip';
import { CookieJar } from '../local/cookie-jar';
import { resolveLocalhostNames } from '../local/localhost-names';
import { startStack, type StackFacts } from '../local/stack';
import { contentOf, sendFile } from '../local/upload-file';
import type { ObserveUsage, Usage } from '../local/usage';

/**
 * The largest cost in dollars for 1,000 videos with 1 KB of text, from the upload request to the last event. `counted` excludes Lambda's GB-seconds, which
 * depend on the machine.
 */
const BOUNDS = { counted: 0.042, total: 0.053 };
const APP = path.join(__dirname, '..', 'examples/typescript/smallest/app.ts');
const CLIP_SECONDS = 4;
/** The uploads of each kind of video. The benchmark prints the upload with the median GB-seconds. */
const RUNS = 3;
const PATIENCE_MS = 120_000;
const IDLE_MS = 1000;

const VIDEOS: Record<string, object> = {
  'a title only': {},
  '1 KB': { description: 'x'.repeat(900), tags: ['physics', 'lecture'] },
  '32 KB': {
    description: 'é'.repeat(4700),
    tags: Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(64, 't')),
    metadata: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${n}`.padEnd(64, 'k'), 'v'.repeat(1024)])),
  },
};
const ORDINARY = '1 KB';
/** The size of the files that are uploaded in parts. The default `multipartThreshold` is 64 MiB. */
const LARGE_BYTES = 65 * 1024 ** 2;
/**
 * `bound`: the largest allowed number of write units for `video`, which has no description and a row of at most 1 KB. The videos in `inParts` are uploaded
 * twice: once with one PUT request, and once in parts. The benchmark counts the write units of each upload.
 */
const UNITS = { video: 'a title only, one rendition', bound: 20, inParts: ['a title only', '1 KB'] };

/** The names of the writes from an upload to `ready`, in chronological order. For a short job, the local MediaConvert sends one progress report. */
const WRITES = ['create', 'uploaded and claimed', 'processing', 'progress', 'ready'];

const PHASES = ['sign in', 'upload to ready', 'list and play'] as const;
type Phase = typeof PHASES[number];
type VideoCount = Record<Phase | 'media', UsageCount>;

const isMedia = (usage: Usage): boolean => usage.kind === 'request' && (
  usage.caller === 'mediaconvert.amazonaws.com' || usage.caller === 'cloudfront.amazonaws.com' || (usage.service === 'cloudfront' && usage.path!.startsWith('/v/')));

class Meter {
  count = newCount();
  phase: Phase = 'sign in';
  private last = 0;
  private isReady = false;

  readonly observe: ObserveUsage = (usage) => {
    this.last = performance.now();
    this.isReady ||= usage.kind === 'write' && usage.changes.some(({ after }) => after?.status?.S === 'ready');
    this.count[isMedia(usage) ? 'media' : this.phase].add(usage);
  };

  /** Runs `work`, and waits until the stack is idle. All usage until then counts as usage of `phase`. */
  async during<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    this.phase = phase;
    const result = await work();
    await this.until(() => performance.now() - this.last > IDLE_MS);
    return result;
  }

  /** Resolves when a video is ready. Sends no request to the service, because every request is counted. */
  async ready(): Promise<void> {
    await this.until(() => this.isReady);
    this.isReady = false;
  }

  private async until(check: () => boolean): Promise<void> {
    for (const end = performance.now() + PATIENCE_MS; !check(); await wait(50)) {
      if (performance.now() > end) throw new Error(`the phase "${this.phase}" did not end within ${PATIENCE_MS / 1000} seconds`);
    }
  }
}

const newCount = (): VideoCount => Object.fromEntries([...PHASES, 'media'].map((phase) => [phase, new UsageCount()])) as VideoCount;

async function journey({ facts, meter, clip, text }: { facts: StackFacts; meter: Meter; clip: Buffer<ArrayBuffer>; text: object }): Promise<VideoCount> {
  meter.count = newCount();
  const jar = new CookieJar();
  const { id_token: token } = await meter.during('sign in', async () => (await SignIn.begin(facts, undefined, jar)).tokens(facts.users[0]));
  const call = async (method: string, route: string, body?: object): Promise<any> => {
    const headers = { 'authorization': token, 'content-type': 'application/json' };
    const response = await jar.fetch(`${facts.api}${route}`, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const videoId = await meter.during('upload to ready', async () => {
    const plan = await call('POST', '/upload', { fileName: 'lecture-07.mp4', contentType: 'video/mp4', size: clip.length, title: 'Lecture 7', ...text });
    await sendFile(call, plan, contentOf(clip));
    await meter.ready();
    return plan.video.videoId;
  });
  await meter.during('list and play', async () => {
    await call('GET', '/streams');
    await call('GET', `/streams/${videoId}`);
    const { hls } = await call('POST', `/streams/${videoId}/playback`);
    await fetchMedia(jar, hls);
  });
  return meter.count;
}

/** Returns the normalized minutes of the newest job. Each output is billed for at least 10 seconds. */
function normalizedMinutesOfJob(dataFolder: string): number {
  const jobs = JSON.parse(readFileSync(path.join(dataFolder, 'mediaconvert', 'jobs.json'), 'utf8'));
  const outputs: any[] = jobs.at(-1).settings.outputGroups.flatMap((group: any) => group.outputs);
  const videos = outputs.filter(({ videoDescription }) => videoDescription && !videoDescription.codecSettings?.frameCaptureSettings);
  return videos.reduce((sum, { videoDescription: { height } }) => sum + normalizedFactor(height) * Math.max(10, CLIP_SECONDS) / 60, 0);
}

export async function oneVideoRows(): Promise<{ tables: Record<string, object>; isWithinBound: boolean }> {
  resolveLocalhostNames();
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'one-video-'));
  const meter = new Meter();
  try {
    const counts: Record<string, VideoCount> = {};
    {
      await using stack = await startStack({ app: APP, port: 0, data: dataFolder, observe: meter.observe, log: console.error });
      const clip = readFileSync(makeClip(path.join(dataFolder, 'clip.mp4'), CLIP_SECONDS)) as Buffer<ArrayBuffer>;
      const send = (text: object, file = clip) => journey({ facts: stack.facts, meter, clip: file, text });
      // The first video starts the processes of all functions, so it is not counted.
      await send({});
      const oneRendition = readFileSync(makeClip(path.join(dataFolder, 'small.mp4'), CLIP_SECONDS, '426x240')) as Buffer<ArrayBuffer>;
      const kinds = [
        { name: UNITS.video, text: {}, file: oneRendition },
        ...Object.entries(VIDEOS).map(([name, text]) => ({ name, text, file: clip })),
        ...UNITS.inParts.map((name) => ({ name: `${name}, in parts`, text: VIDEOS[name], file: padClip(clip, LARGE_BYTES) })),
      ];
      for (const { name, text, file } of kinds) {
        const runs: VideoCount[] = [];
        for (let run = 0; run < RUNS; run++) runs.push(await send(text, file));
        counts[name] = medianOf(runs);
        counts[name].media.uses.transcode = normalizedMinutesOfJob(dataFolder);
      }
      const [denied] = stack.refusals;
      if (denied) throw new Error(`expected the policies in the template to allow all requests, but they denied ${denied.action} on ${denied.resource}`);
    }
    return {
      tables: {
        [`Write units of one video, from upload to ready. The maximum for the row "${UNITS.video}" is ${UNITS.bound}`]: unitRows(counts),
        [`Function calls for one video with ${ORDINARY} of text, without cold starts`]: functionRows(counts[ORDINARY]),
        [`Billed usage of the service for 1,000 videos with ${ORDINARY} of text. Lambda GB-seconds depend on the computer that runs the benchmark`]: serviceRows(counts[ORDINARY]),
        'Cost of the service for 1,000 videos from upload to ready, with one progress report for each video': totalRows(counts),
        [`Cost of the media files of 1,000 videos. Each video has 640x360 pixels and lasts ${CLIP_SECONDS} seconds. A viewer loads each rendition once`]: mediaRows(counts[ORDINARY].media),
      },
      isWithinBound: counted(counts[ORDINARY]) <= BOUNDS.counted && total(counts[ORDINARY]) <= BOUNDS.total
        && unitsIn(counts[UNITS.video]['upload to ready']) <= UNITS.bound,
    };
  } finally {
    rmSync(dataFolder, { recursive: true });
  }
}

function medianOf(runs: readonly VideoCount[]): VideoCount {
  const gbSeconds = (count: VideoCount): number => count['upload to ready'].uses['Lambda GB-seconds'];
  // On a busy machine, a slow transcode causes more than one progress report. Such runs are not counted.
  const ordinary = runs.filter((count) => count['upload to ready'].writes.length === WRITES.length);
  if (ordinary.length === 0) throw new Error(`expected at least one run with the writes ${WRITES.join(', ')}, got none. The writes of the first run: ${JSON.stringify(runs[0]['upload to ready'].writes)}`);
  return ordinary.sort((a, b) => gbSeconds(a) - gbSeconds(b))[Math.floor(ordinary.length / 2)];
}

function unitRows(counts: Record<string, VideoCount>): object[] {
  const unitsOf = (write: number, place: string): Record<string, number | ''> => (
    Object.fromEntries(Object.entries(counts).map(([video, count]) => [video, count['upload to ready'].writes[write][place] ?? ''])));
  const rows = WRITES.flatMap((write, index) => PLACES.map((place) => ({ write, place, ...unitsOf(index, place) })));
  const each = (of: (count: UsageCount) => number) => Object.fromEntries(Object.entries(counts).map(([video, count]) => [video, of(count['upload to ready'])]));
  return [
    ...rows.filter((row) => Object.keys(counts).some((video) => (row as Record<string, unknown>)[video] !== '')),
    { write: 'all', place: 'all', ...each(unitsIn), bound: UNITS.bound },
    { write: 'ready', place: 'bytes of the row', ...each(({ rowBytes }) => rowBytes) },
  ];
}

const unitsIn = ({ writes }: UsageCount): number => totalOf(sumOf(writes));

const rounded = (value: number, digits = 5): number => Number(value.toFixed(digits));

function functionRows(count: VideoCount): object[] {
  return PHASES.flatMap((phase) => Object.entries(count[phase].functions).map(([name, { calls, milliseconds, gbSeconds, lines, bytes }]) => (
    { phase, 'function': name, calls, 'ms': rounded(milliseconds, 0), 'GB-s': rounded(gbSeconds, 3), 'log lines of the handler': lines, 'log bytes': bytes })));
}

const usedItems = (...counts: Pick<UsageCount, 'uses'>[]): Priced[] => (
  (Object.keys(PRICES) as Priced[]).filter((name) => counts.some(({ uses }) => uses[name] > 0)));

function serviceRows(count: VideoCount): Record<string, object> {
  const used = usedItems(...PHASES.map((phase) => count[phase]));
  const columns = (of: (phase: Phase) => number, unit: string, digits?: number) => (
    Object.fromEntries(PHASES.map((phase) => [`${phase}, ${unit}`, rounded(of(phase), digits)])));
  return Object.fromEntries([
    ...used.map((name) => [name, {
      'unit': PRICES[name].unit,
      ...columns((phase) => count[phase].uses[name] * 1000, 'count', name === 'logs' ? 5 : 1),
      '$ a million': rounded(unitPrice(name) * 1e6, 4),
      ...columns((phase) => count[phase].uses[name] * 1000 * unitPrice(name), '$'),
      'source': PRICES[name].source,
    }]),
    ['all', columns((phase) => count[phase].dollars * 1000, '$')],
  ]);
}

const total = (count: VideoCount): number => count['upload to ready'].dollars * 1000;
const counted = (count: VideoCount): number => total(count) - count['upload to ready'].uses['Lambda GB-seconds'] * unitPrice('Lambda GB-seconds') * 1000;

function totalRows(counts: Record<string, VideoCount>): object[] {
  return Object.entries(counts).map(([video, count]) => ({
    video,
    '$ without GB-seconds': rounded(counted(count)),
    '$': rounded(total(count)),
    ...video === ORDINARY && { 'bound without GB-seconds': BOUNDS.counted, 'bound': BOUNDS.total },
  }));
}

function mediaRows({ uses }: UsageCount): Record<string, object> {
  return Object.fromEntries(usedItems({ uses }).map((name) => (
    [name, { count: rounded(uses[name] * 1000, 1), $: rounded(uses[name] * 1000 * unitPrice(name)), source: PRICES[name].source }])));
}
