import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { editVideos } from '../../src/catalog/edit-videos.runtime';
import { etagOf } from '../../src/catalog/etag.runtime';
import { readVideos } from '../../src/catalog/read-videos.runtime';
import { derivedKeys } from '../../src/contract/derived-rows';
import { ENVIRONMENTS, HandlerName } from '../../src/contract/environment';
import { OperationId, Route, ROUTES } from '../../src/contract/routes';
import { detailsKey, publicationState, VideoRow } from '../../src/contract/table';
import { startPlayback } from '../../src/delivery/start-playback.runtime';
import { VIDEO_STATUSES, VideoStatus } from '../../src/domain/video-status';
import { VISIBILITIES } from '../../src/domain/visibility';
import { serveRoutes } from '../../src/runtime/http';
import { videoRepository } from '../../src/runtime/rows/video-repository';
import { retryVideos } from '../../src/transcode/retry-videos.runtime';
import { continueUpload } from '../../src/upload/continue-upload.runtime';
import { planUpload } from '../../src/upload/plan-upload.runtime';
import { captureLog } from '../captured-log';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, catalogTable, idOf, videoRow } from '../runtime/rows/catalog-table';

const ROLES = { uploaders: ['makers'], viewers: ['watchers'], admins: ['bosses'] };
const OWNER = 'ann';
const OTHER = 'bob';

/** All videos of this test belong to `ann`, except one video of `bob`. */
const CALLERS = {
  'the owner': { userId: OWNER, groups: ['makers'] },
  'the owner, who lost all roles': { userId: OWNER, groups: [] },
  'another uploader': { userId: OTHER, groups: ['makers'] },
  'a viewer': { userId: 'vic', groups: ['watchers'] },
  'an uploader who is also a viewer': { userId: OTHER, groups: ['makers', 'watchers'] },
  'an admin': { userId: 'eve', groups: ['bosses'] },
  'a user without a role': { userId: 'nora', groups: [] },
  'a user who is not signed in': {},
} as const;
type CallerName = keyof typeof CALLERS;
const OWNERS: readonly CallerName[] = ['the owner', 'the owner, who lost all roles'];
const VIEWERS: readonly CallerName[] = ['a viewer', 'an uploader who is also a viewer'];
const NOT_SIGNED_IN: CallerName = 'a user who is not signed in';

const NOW = new Date('2026-11-30T10:00:00.000Z');
const TIMES = {
  'now': {},
  'later': { publishAt: '2027-01-01T00:00:00.000Z' },
  'no longer': { publishAt: '2026-01-01T00:00:00.000Z', unpublishAt: '2026-02-01T00:00:00.000Z' },
};
const MISSING = idOf(999);
const CHECKSUM = 'yZRlqg==';

interface Case { readonly name: string; readonly row: VideoRow; readonly isPublic: boolean }
const CASES: readonly Case[] = VIDEO_STATUSES.flatMap((status) => VISIBILITIES.flatMap((visibility) => (
  Object.entries(status === 'ready' || status === 'errored' ? TIMES : { now: TIMES.now }).map(([open, times]): Omit<Case, 'row'> & { row: Partial<VideoRow> } => (
    { name: `${visibility}, ${status}, open ${open}`, isPublic: status === 'ready' && visibility !== 'private' && open === 'now', row: { status, visibility, ...times } }))
))).map(({ row, ...others }, n) => ({ ...others, row: rowOf(n, OWNER, row) }));

function rowOf(n: number, owner: string, { status, ...given }: Partial<VideoRow>): VideoRow {
  const row = videoRow({
    videoId: idOf(n), owner, title: `Sea ${n}`, tags: ['sea'], status, multipart: { id: 'upload', partSize: 600 }, updatedAt: '2026-11-22T10:00:00.000Z', ...given,
    ...(status === 'ready' && { media: { hls: 'v/hls' } }), ...(status === 'errored' && { error: { code: 'corrupt', message: 'no video' } }),
  });
  const state = publicationState(row, NOW);
  return { ...row, ...Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)) };
}

const byStatus = (statuses: Partial<Record<VideoStatus, number>>, other: number) => ({ row: { status } }: Case) => statuses[status] ?? other;
const WATCH = 'who can watch';
const MANAGE = 'owner and admins';
const OWN_UPLOAD = 'owner';

/** The access to a route. `allowed`: the status of the response to a user with access, for a video that is not deleted. */
type Access =
  | { readonly to: typeof WATCH | typeof MANAGE | typeof OWN_UPLOAD; readonly allowed: (video: Case) => number; readonly body?: object }
  | { readonly to: 'everyone' | 'lists' | 'uploads' };

/** Every route has an entry. Each entry states who has access, independent of the code of the handlers. */
const ACCESS: Readonly<Record<OperationId, Access>> = {
  login: { to: 'everyone' },
  authorize: { to: 'everyone' },
  refreshTokens: { to: 'everyone' },
  revokeTokens: { to: 'everyone' },
  describeApi: { to: 'everyone' },
  planUpload: { to: 'uploads' },
  listVideos: { to: 'lists' },
  getUpload: { to: OWN_UPLOAD, allowed: () => 200 },
  signParts: { to: OWN_UPLOAD, allowed: byStatus({ waiting: 200 }, 409), body: { parts: [{ partNumber: 1, checksum: CHECKSUM }] } },
  completeUpload: { to: OWN_UPLOAD, allowed: () => 200 },
  abortUpload: { to: OWN_UPLOAD, allowed: byStatus({ waiting: 204 }, 409) },
  getVideo: { to: WATCH, allowed: () => 200 },
  startPlayback: { to: WATCH, allowed: byStatus({ ready: 200 }, 409) },
  editVideo: { to: MANAGE, allowed: () => 200, body: { title: 'Changed', tags: ['changed'], description: 'Changed' } },
  retryVideo: { to: MANAGE, allowed: byStatus({ errored: 202 }, 409) },
};

function expected({ to, allowed }: Extract<Access, { allowed: unknown }>, caller: CallerName, video: Case | undefined): number {
  if (caller === NOT_SIGNED_IN) return 401;
  const isPresent = video && video.row.status !== 'deleting';
  if (OWNERS.includes(caller) || (caller === 'an admin' && to !== OWN_UPLOAD)) {
    if (isPresent) return allowed(video);
    // A user without the role of a viewer cannot find out which videos exist.
    return caller === 'an admin' || to === OWN_UPLOAD ? 404 : 403;
  }
  if (to === OWN_UPLOAD) return 404;
  if (!VIEWERS.includes(caller)) return 403;
  if (!video?.isPublic) return 404;
  return to === WATCH ? allowed(video) : 403;
}

let table: CatalogTable;
let made = 5000;
/** The requests that handlers send to other services than DynamoDB. */
const requests: string[] = [];
beforeAll(async () => { table = await catalogTable(); });
afterAll(() => table.close());

function makeHandlers() {
  const called = <T>(name: string, result: T) => async () => { requests.push(name); return result; };
  const client = table.direct();
  const clock = () => NOW;
  const videos = videoRepository(table.tableName, { client, clock });
  const common = { videos, roles: ROLES, clock, now: clock, posterUrls: async () => (key: string) => `https://videos.example.com/${key}` };
  const upload = {
    ...common,
    signUrl: called('sign', { url: 'https://sources.example.com/', headers: {}, expiresAt: '2026-11-29T00:00:00.000Z' }),
    uploads: {
      start: called('start', 'upload'),
      listParts: called('listParts', { parts: [600, 400].map((size, n) => ({ partNumber: n + 1, size, etag: '"e"', checksum: CHECKSUM, storedAt: NOW })) }),
      complete: called('complete', 'completed' as const), abort: called('abort', undefined), findObject: called('findObject', undefined), deleteObject: called('deleteObject', undefined),
    },
    newId: async () => idOf(made++),
    settings: {
      maxSize: 1000, multipartThreshold: 500, contentTypes: ['video/*'], expirySeconds: 60, incompleteExpirySeconds: 3600, defaultVisibility: 'signed-in' as const,
      quotas: { openUploads: 1e9, videos: 1e9, storedBytes: 1e12, uploadsPerDay: 1e9 },
    },
    bucket: 'sources',
  };
  const handlers: Record<string, ReturnType<typeof serveRoutes>> = {
    'catalog/read-videos': serveRoutes('catalog/read-videos', readVideos(common)),
    'catalog/edit-videos': serveRoutes('catalog/edit-videos', editVideos(common)),
    'delivery/start-playback': serveRoutes('delivery/start-playback', startPlayback({
      ...common, serviceUrl: 'https://videos.example.com', signCookies: called('cookies', { 'CloudFront-Key-Pair-Id': 'K', 'CloudFront-Signature': 's' }), sessionSeconds: 60,
    })),
    'transcode/retry-videos': serveRoutes('transcode/retry-videos', retryVideos({ ...common, requestJob: called('requestJob', undefined), uploadsPerDay: 1e9 })),
    'upload/manage-uploads': serveRoutes('upload/manage-uploads', { ...planUpload(upload), ...continueUpload(upload) }),
  };
  return handlers;
}

async function content(): Promise<string[]> {
  const { Items = [] } = await DynamoDBDocumentClient.from(table.direct()).send(new ScanCommand({ TableName: table.tableName }));
  return Items.map((item) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();
}

/** Whether a request has changed the table. */
let isChanged = true;

async function fill(): Promise<void> {
  if (!isChanged) return;
  await table.clear();
  const documents = DynamoDBDocumentClient.from(table.direct(), { marshallOptions: { removeUndefinedValues: true } });
  const rows = [...CASES.map(({ row }) => row), rowOf(500, OTHER, { status: 'ready' })];
  const items = rows.flatMap((row) => [row, { ...detailsKey(row.videoId), schemaVersion: 1, description: 'Secret' }, ...derivedKeys(row)]);
  for (const Item of items) await documents.send(new PutCommand({ TableName: table.tableName, Item }));
  isChanged = false;
}

async function send(operationId: OperationId, caller: CallerName, given: { row?: VideoRow; body?: object; query?: Record<string, string> }) {
  const { method, path, handler, pathParameters, headers }: Route = ROUTES[operationId];
  const { row, body, query } = given;
  const ifMatch = etagOf(row ?? { videoId: MISSING, revision: 1 });
  const { statusCode, body: text } = await makeHandlers()[handler](apiEvent(method, path, {
    ...(CALLERS[caller] as { userId?: string; groups?: string[] }), body, query,
    ...(pathParameters && { path: { videoId: row?.videoId ?? MISSING } }), ...(headers && { headers: { 'If-Match': ifMatch } }),
  }));
  return { status: statusCode, body: text === '' ? undefined : JSON.parse(text) };
}

beforeEach(async () => {
  captureLog();
  await fill();
  requests.length = 0;
});

const callers = Object.keys(CALLERS) as CallerName[];
const ofVideos = (Object.entries(ACCESS) as [OperationId, Access][]).filter((entry): entry is [OperationId, Extract<Access, { allowed: unknown }>] => 'allowed' in entry[1]);

test('every route has an entry, and every route with a video id is in the table', () => {
  expect(Object.keys(ACCESS).sort()).toEqual(Object.keys(ROUTES).sort());
  const withVideo = (Object.keys(ROUTES) as OperationId[]).filter((id) => 'pathParameters' in ROUTES[id]);
  expect(ofVideos.map(([id]) => id).sort()).toEqual(withVideo.sort());
});

test('routes without sign-in belong to functions that cannot read the table', () => {
  const open = (Object.keys(ROUTES) as OperationId[]).filter((id) => ROUTES[id].access === 'open');
  expect(open.sort()).toEqual((Object.keys(ACCESS) as OperationId[]).filter((id) => ACCESS[id].to === 'everyone').sort());
  for (const id of open) expect(ENVIRONMENTS[ROUTES[id].handler as HandlerName]).not.toContain('TABLE_NAME');
});

describe.each(ofVideos)('%s', (operationId, access) => {
  test.each(callers)('by %s: the status is as in the table, and a refused request changes nothing', async (caller) => {
    const before = await content();
    isChanged = true;
    const missing = await send(operationId, caller, { body: access.body });
    expect(missing.status).toBe(expected(access, caller, undefined));
    const wrong: object[] = [];
    const allowed: Case[] = [];
    for (const video of CASES) {
      const status = expected(access, caller, video);
      if (status < 400) {
        allowed.push(video);
        continue;
      }
      const answer = await send(operationId, caller, { row: video.row, body: access.body });
      if (answer.status !== status) wrong.push({ video: video.name, status: answer.status, expected: status });
      // The response does not reveal that the video exists.
      if (status === 404) expect(answer).toEqual(missing);
      if (status !== 409) expect(JSON.stringify(answer.body)).not.toMatch(/sea|secret|ann/i);
    }
    expect(wrong).toEqual([]);
    expect(await content()).toEqual(before);
    // For the caller's own complete upload, the handler can look for the object in S3 before it refuses the request.
    expect(requests.filter((name) => name !== 'findObject')).toEqual([]);

    for (const video of allowed) {
      const { status } = await send(operationId, caller, { row: video.row, body: access.body });
      if (status !== expected(access, caller, video)) wrong.push({ video: video.name, status, expected: expected(access, caller, video) });
    }
    expect(wrong).toEqual([]);
    const changes = ['editVideo', 'retryVideo', 'abortUpload'].includes(operationId) && allowed.length > 0;
    isChanged = (await content()).join() !== before.join();
    expect(isChanged).toBe(changes);
  });
});

describe('listVideos', () => {
  const idsOf = (wanted: (video: Case) => boolean) => CASES.filter(wanted).map(({ row }) => row.videoId);
  const PUBLIC = [...idsOf(({ row, isPublic }) => isPublic && row.visibility === 'signed-in'), idOf(500)];
  const OF_ANN = idsOf(({ row }) => row.status !== 'deleting');
  const OF_BOB = [idOf(500)];
  const READY = idsOf(({ row }) => row.status === 'ready');

  const isViewer = (caller: CallerName) => VIEWERS.includes(caller) || caller === 'an admin';
  const own = (caller: CallerName) => ({ [OWNER]: OF_ANN, [OTHER]: OF_BOB } as Record<string, string[]>)[(CALLERS[caller] as { userId?: string }).userId ?? ''] ?? [];
  const others = (list: string[]) => (caller: CallerName) => (caller === 'an admin' || OWNERS.includes(caller) ? list : 403);
  const QUERIES: readonly [string, Record<string, string>, (caller: CallerName) => string[] | number][] = [
    ['no filter', {}, (caller) => (isViewer(caller) ? PUBLIC : 403)],
    ['status', { status: 'ready' }, (caller) => (isViewer(caller) ? PUBLIC : 403)],
    ['tag', { tag: 'SEA' }, (caller) => (isViewer(caller) ? PUBLIC : 403)],
    ['owner=me', { owner: 'me' }, own],
    ['owner=me and tag', { owner: 'me', tag: 'sea' }, own],
    ['owner=me and titlePrefix', { owner: 'me', titlePrefix: 'sea' }, own],
    ['owner', { owner: OWNER }, others(OF_ANN)],
    ['owner and status', { owner: OWNER, status: 'ready' }, others(READY)],
    ['owner and tag', { owner: OWNER, tag: 'sea' }, others(OF_ANN)],
    ['owner and titlePrefix', { owner: OWNER, titlePrefix: 'sea' }, others(OF_ANN)],
  ];

  test.each(QUERIES)('with %s: each caller gets exactly the videos of the table', async (_, query, wanted) => {
    const before = await content();
    isChanged = true;
    for (const caller of callers) {
      const { status, body } = await send('listVideos', caller, { query: { limit: '100', ...query } });
      const result = wanted(caller);
      const found = body.items?.map(({ videoId }: { videoId: string }) => videoId).sort() ?? status;
      expect([caller, found]).toEqual([caller, caller === NOT_SIGNED_IN ? 401 : Array.isArray(result) ? [...result].sort() : result]);
    }
    expect(await content()).toEqual(before);
    isChanged = false;
  });
});

test.each(callers)('planUpload by %s: only uploaders and admins create a video', async (caller) => {
  const before = await content();
  isChanged = true;
  const { status } = await send('planUpload', caller, { body: { fileName: 'a.mp4', contentType: 'video/mp4', size: 5 } });
  const canUpload = caller === 'an admin' || ('groups' in CALLERS[caller] && (CALLERS[caller].groups as readonly string[]).includes('makers'));
  expect(status).toBe(canUpload ? 201 : caller === NOT_SIGNED_IN ? 401 : 403);
  const after = await content();
  if (!canUpload) expect([after, requests]).toEqual([before, []]);
  else expect(after.length).toBeGreaterThan(before.length);
});
