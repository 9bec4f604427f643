import { Validator } from '@cfworker/json-schema';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { editVideos } from '../../src/catalog/edit-videos.runtime';
import { etagOf } from '../../src/catalog/etag.runtime';
import { readVideos } from '../../src/catalog/read-videos.runtime';
import { ENVIRONMENTS, HandlerName } from '../../src/contract/environment';
import { openApiDocument } from '../../src/contract/openapi';
import { PROBLEMS } from '../../src/contract/problems';
import { OperationId, Route, ROUTES } from '../../src/contract/routes';
import { startPlayback } from '../../src/delivery/start-playback.runtime';
import { serveRoutes } from '../../src/runtime/http';
import { VideoRepository, videoRepository } from '../../src/runtime/rows/video-repository';
import { retryVideos } from '../../src/transcode/retry-videos.runtime';
import { continueUpload } from '../../src/upload/continue-upload.runtime';
import type { MultipartUploads } from '../../src/upload/multipart-uploads.runtime';
import { planUpload } from '../../src/upload/plan-upload.runtime';
import { SignInService } from '../auth/sign-in/sign-in-service';
import { apiEvent } from '../runtime/api-event';
import { CatalogTable, catalogTable, idOf } from '../runtime/rows/catalog-table';

const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`;
const LONG = 'x'.repeat(400 * 1024);

const NAMES = [
  ...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'then', 'toJSON', '', ' ', '#', '/', '~1', '%', '%zz', 'a.b', '0', '-1', '\u0000', 'a\nb', '\u001b[31m', '\ud800',
  '\udc00\ud800', '\ufffd', '\uffff', '\u200b', '\u202e', '🎬', 'x'.repeat(65), `${'x'.repeat(199)}🎬🎬`, LONG,
];
const VALUES = [
  ...NAMES.map((name) => JSON.stringify(name)), 'null', 'true', '0', '-0', '-1', '1.5', '1e400', '-1e400', '1e300', '5e-324', '9007199254740993', '9'.repeat(1000), '[]', '[null]', '[[]]', '{}',
  '{"__proto__":null}', '{"constructor":{"prototype":{}}}', '["a","a"]', deep(20, '[', ']'), deep(20, '{"a":', '}'), deep(10_000, '[', ']'), deep(10_000, '{"a":', '}'),
  `[${deep(10_000, '[', ']')},${deep(10_000, '[', ']')}]`, JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n)), '"\\uD83C"', '"\\u0000"', '"\\ud83c\\ud83c"',
];
const BODIES: (string | Buffer)[] = [
  ...VALUES, '', ' ', '{', '}', '{"a":1,}', '{\'a\':1}', 'NaN', 'undefined', '\ufeff{}', '{}{}', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '//', '{"a":"\u0000"}', '{"a":"\ufffd"}',
  deep(200_000, '[', ']'), deep(200_000, '[', ''), ' '.repeat(6 * 1024 * 1024), `{"a":"${LONG}"}`,
  Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xc0, 0xaf]), Buffer.from('\ufeff{}'), Buffer.from('{}', 'utf16le'), Buffer.from([0]),
];
const UNLIMITED = { openUploads: 1e9, videos: 1e9, storedBytes: 1e12, uploadsPerDay: 1e9 };
const CRC32 = 'yZRlqg==';
const FITTING: Partial<Record<OperationId, Record<string, unknown>>> = {
  planUpload: { fileName: 'a.mp4', contentType: 'video/mp4', size: 5 },
  editVideo: { title: 'a' },
  signParts: { parts: [{ partNumber: 1, checksum: CRC32 }] },
};

/** Returns a fake S3 with an upload that has two stored parts. After an abort, the next `listParts` finds no upload, and later calls find the parts again. */
function fakeUploads(): MultipartUploads {
  let isAborted = false;
  const parts = [600, 400].map((size, index) => ({ partNumber: index + 1, size, etag: '"e"', checksum: CRC32, storedAt: new Date(0) }));
  return {
    start: async () => 'upload-1',
    async listParts() {
      const page = isAborted ? undefined : { parts };
      isAborted = false;
      return page;
    },
    complete: async () => 'checksum_mismatch',
    abort: async () => { isAborted = true; },
    findObject: async () => undefined,
    deleteObject: async () => undefined,
  };
}

type Handler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

describe('hostile input', () => {
  let table: CatalogTable;
  let signIn: SignInService;
  let videos: VideoRepository;
  let handlers: Record<(typeof ROUTES)[OperationId]['handler'], Handler>;
  beforeAll(async () => {
    table = await catalogTable();
    signIn = new SignInService();
    videos = videoRepository(table.tableName, { client: table.client });
    const common = { videos, roles: {}, posterUrls: async () => (key: string) => `https://videos.example.com/${key}` };
    let made = 100;
    await table.put({ videoId: idOf(1), owner: 'ann', status: 'ready', media: { hls: 'v/hls' } });
    await table.put({ videoId: idOf(3), owner: 'ann', status: 'errored', error: { code: 'corrupt', message: 'no video' } });
    await table.put({ videoId: idOf(2), owner: 'ann', multipart: { id: 'upload-1', partSize: 600 } });
    const upload = {
      ...common,
      signUrl: async () => ({ url: 'https://sources.example.com/', headers: {}, expiresAt: '2026-11-29T00:00:00.000Z' }),
      uploads: fakeUploads(),
      // Every abort succeeds, as if the video had the status `waiting`.
      videos: { ...videos, abortUpload: async () => 'changed' as const },
      newId: async () => idOf(made++),
      settings: { maxSize: 1000, multipartThreshold: 500, contentTypes: ['video/*'], expirySeconds: 60, incompleteExpirySeconds: 3600, defaultVisibility: 'signed-in' as const, quotas: UNLIMITED },
      clock: () => new Date(),
      bucket: 'sources',
    };
    handlers = {
      'auth/sign-in': signIn.handler as Handler,
      'api/describe-api': serveRoutes('api/describe-api', { describeApi: async () => ({ body: {} }) }),
      'catalog/read-videos': serveRoutes('catalog/read-videos', readVideos(common)),
      'catalog/edit-videos': serveRoutes('catalog/edit-videos', editVideos(common)),
      'delivery/start-playback': serveRoutes('delivery/start-playback', startPlayback({ ...common, serviceUrl: 'https://videos.example.com', signCookies: async () => ({ 'CloudFront-Key-Pair-Id': 'K', 'CloudFront-Signature': 's' }), sessionSeconds: 60, now: () => new Date() })),
      'transcode/retry-videos': serveRoutes('transcode/retry-videos', retryVideos({ ...common, requestJob: async () => undefined, uploadsPerDay: 1e9, clock: () => new Date() })),
      'upload/manage-uploads': serveRoutes('upload/manage-uploads', { ...planUpload(upload), ...continueUpload(upload) }),
    };
  });
  afterAll(async () => {
    signIn.end();
    await table.close();
  });

  const documented = openApiDocument('1', Object.keys(ENVIRONMENTS) as HandlerName[]) as { paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>> };

  async function send(operationId: OperationId, given: Partial<APIGatewayProxyEvent>): Promise<{ status: number; body: any }> {
    const { handler } = ROUTES[operationId];
    const { method, path, pathParameters, response }: Route = ROUTES[operationId];
    const videoId = idOf(path.startsWith('/upload') ? 2 : operationId === 'retryVideo' ? 3 : 1);
    const headers: Record<string, string> | undefined = operationId === 'editVideo' ? { 'if-match': etagOf((await videos.find(videoId))!) } : undefined;
    const event = { ...apiEvent(method, path, { userId: 'ann', path: pathParameters && { videoId }, headers }), ...given };
    const { statusCode: status, headers: answered, body } = await handlers[handler](event);
    const parsed = body === '' ? undefined : JSON.parse(body);
    const what = `${operationId} ${JSON.stringify(given).slice(0, 300)} -> ${status} ${body.slice(0, 300)} ${signIn.logged.slice(-1).join('').slice(0, 300)}`;
    if (status >= 500) throw new Error(what);
    if (status >= 400) {
      if (answered?.['content-type'] !== 'application/problem+json' || !Object.hasOwn(PROBLEMS, parsed.code)) throw new Error(`unknown problem: ${what}`);
      if (PROBLEMS[parsed.code as keyof typeof PROBLEMS].status !== status || parsed.status !== status) throw new Error(`another status: ${what}`);
      if (!documented.paths[path][method.toLowerCase()].responses[status]?.description.split(', ').includes(parsed.code)) throw new Error(`not documented: ${what}`);
      if (body.length > 10_000) throw new Error(`quotes too much: ${what}`);
      // Many JSON parsers reject an escaped half of a surrogate pair.
      if (/\\ud[89a-f]/i.test(body)) throw new Error(`quotes half a surrogate pair: ${what}`);
    }
    if (status < 300 && response && !new Validator(response as object, '4').validate(parsed).valid) throw new Error(`not its schema: ${what}`);
    return { status, body: parsed };
  }

  const withBody = (body: string | Buffer): Partial<APIGatewayProxyEvent> => (
    typeof body === 'string' ? { body } : { body: body.toString('base64'), isBase64Encoded: true }
  );
  const routes = Object.entries(ROUTES) as [OperationId, Route][];

  describe.each(routes)('of %s', (operationId, route) => {
    test('in the body is rejected with a code, or accepted', async () => {
      for (const body of BODIES) {
        const { status } = await send(operationId, withBody(body));
        if (!route.body && body.length > 0) expect([body.slice(0, 50), status]).toEqual([body.slice(0, 50), 400]);
        if (typeof body === 'string') await send(operationId, withBody(Buffer.from(body)));
      }
    });

    test('in a field is rejected with a code, or accepted', async () => {
      const fitting = FITTING[operationId] ?? {};
      for (const [field, schema] of Object.entries(route.body?.properties ?? {})) {
        for (const value of VALUES) {
          const others = Object.entries({ ...fitting, [field]: undefined }).filter(([, other]) => other !== undefined).map(([name, other]) => `,${JSON.stringify(name)}:${JSON.stringify(other)}`);
          await send(operationId, { body: `{"${field}":${value}${others.join('')}}` });
          if (schema.type === 'array') await send(operationId, { body: `{"${field}":[${value}]${others.join('')}}` });
        }
        for (const name of schema.type === 'object' ? NAMES : []) {
          await send(operationId, { body: JSON.stringify(fitting).replace(/}$/, `,"${field}":{${JSON.stringify(name)}:"x"}}`) });
        }
      }
    });

    test('as the name of a field is rejected', async () => {
      for (const name of route.body ? NAMES : []) {
        const { status } = await send(operationId, { body: JSON.stringify(FITTING[operationId] ?? {}).replace(/}$/, `${FITTING[operationId] ? ',' : ''}${JSON.stringify(name)}:"x"}`) });
        expect([name.slice(0, 50), status]).toEqual([name.slice(0, 50), name === LONG ? 413 : 400]);
      }
    });

    test('as the name of a parameter is rejected', async () => {
      for (const name of NAMES) {
        const { status } = await send(operationId, { multiValueQueryStringParameters: Object.fromEntries([[name, ['x']]]) });
        expect([name.slice(0, 50), status]).toEqual([name.slice(0, 50), 400]);
      }
    });

    test('as the value of a parameter is rejected with a code, or accepted', async () => {
      for (const name of Object.keys(route.query ?? {})) {
        for (const value of [...NAMES, '1e400', '-0', '9007199254740993', '0x10', '١', '٣٠', '1\n', 'me\u0000']) await send(operationId, { multiValueQueryStringParameters: { [name]: [value] } });
        for (const values of [[], ['me', 'me'], null]) expect((await send(operationId, { multiValueQueryStringParameters: { [name]: values } as any })).status).toBe(400);
      }
    });

    test('in the path causes a 404', async () => {
      for (const name of Object.keys(route.pathParameters ?? {})) {
        for (const value of [...NAMES, `${idOf(1)}\n`, idOf(1).toUpperCase(), `${idOf(1)}\u0000`]) {
          expect([value, (await send(operationId, { pathParameters: { [name]: value } })).status]).toEqual([value, 404]);
        }
        for (const pathParameters of [null, {}, JSON.parse('{"__proto__":"x"}')]) expect((await send(operationId, { pathParameters })).status).toBe(404);
      }
    });

    test('in a header never causes a 5xx', async () => {
      for (const value of NAMES) {
        for (const name of ['cookie', 'origin', 'content-type', 'sec-fetch-site', 'if-match', 'authorization', value]) {
          const headers = Object.fromEntries([[name, name === 'cookie' ? `${value}=${value}; __proto__=1; __Secure-vod-refresh=%` : value]]);
          await send(operationId, { headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([key, each]) => [key, [each]])) });
        }
      }
    });
  });

  const file = '"fileName":"a.mp4","contentType":"video/mp4","size":5';
  test.each<[string, string, number, string, (string | undefined)?]>([
    ['metadata named __proto__', `{${file},"metadata":{"__proto__":"x"}}`, 400, 'invalid_request', '/metadata/__proto__'],
    ['metadata named constructor', `{${file},"metadata":{"constructor":"x"}}`, 400, 'invalid_request', '/metadata/constructor'],
    ['metadata named toString', `{${file},"metadata":{"toString":"x"}}`, 400, 'invalid_request', '/metadata/toString'],
    ['metadata with a name of 65 characters', `{${file},"metadata":{"${'x'.repeat(65)}":"x"}}`, 400, 'invalid_request', `/metadata/${'x'.repeat(65)}`],
    ['metadata with a name of 400 KB', `{${file},"metadata":{"${LONG}":"x"}}`, 413, 'too_large'],
    ['metadata with an invisible name', `{${file},"metadata":{"\\u200b":"x"}}`, 400, 'invalid_request', '/metadata'],
    ['half of a surrogate pair in a name', `{${file},"metadata":{"\\ud800":"x"}}`, 400, 'invalid_request', '/metadata'],
    ['half of a surrogate pair in a value', `{${file},"metadata":{"a":"\\ud800"}}`, 400, 'invalid_request', '/metadata/a'],
    ['NUL in a title', `{${file},"title":"a\\u0000"}`, 400, 'invalid_request', '/title'],
    ['a line break in a title', `{${file},"title":"a\\nb"}`, 400, 'invalid_request', '/title'],
    ['an escape sequence in a description', `{${file},"description":"\\u001b[31m"}`, 400, 'invalid_request', '/description'],
    ['a blank title', `{${file},"title":" \\u00a0\\u3000"}`, 400, 'invalid_request', '/title'],
    ['an invisible title', `{${file},"title":"\\u200b\\u3164\\u2800\\u00ad"}`, 400, 'invalid_request', '/title'],
    ['a title of invisible tag characters', `{${file},"title":"\\udb40\\udc41"}`, 400, 'invalid_request', '/title'],
    ['an invisible tag', `{${file},"tags":["a","\\u2060"]}`, 400, 'invalid_request', '/tags'],
    ['a blank file name', '{"fileName":"\\u200b","contentType":"video/mp4","size":5}', 400, 'invalid_request', '/fileName'],
    ['a repeated field', `{${file},"title":"a","title":"b"}`, 400, 'invalid_request', '/title'],
    ['a repeated field with an escaped name', `{${file},"title":"a","t\\u0069tle":"b"}`, 400, 'invalid_request', '/title'],
    ['a size that is not a finite number', '{"fileName":"a.mp4","contentType":"video/mp4","size":1e400}', 400, 'invalid_request', '/size'],
    ['a size beyond 2^53', '{"fileName":"a.mp4","contentType":"video/mp4","size":9007199254740993}', 413, 'too_large', '/size'],
    ['a size of -0', '{"fileName":"a.mp4","contentType":"video/mp4","size":-0}', 400, 'invalid_request', '/size'],
    ['a deep field', `{${file},"metadata":{"a":${deep(10_000, '[', ']')}}}`, 400, 'invalid_request'],
    ['two deep tags to compare', `{${file},"tags":[${deep(10_000, '[', ']')},${deep(10_000, '[', ']')}]}`, 400, 'invalid_request'],
    ['20,000 tags to compare', `{${file},"tags":${JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n))}}`, 400, 'invalid_request'],
    ['text that is not JSON', `{${file}`, 400, 'malformed_json'],
    ['a byte order mark', `\ufeff{${file}}`, 400, 'malformed_json'],
    ['U+FFFD, with which API Gateway replaces invalid UTF-8', `{${file},"title":"\ufffd"}`, 400, 'malformed_json'],
    ['a huge body', ' '.repeat(200 * 1024), 413, 'too_large'],
  ])('%s is rejected, with and without Base64', async (...[, body, status, code, pointer]) => {
    for (const event of [withBody(body), withBody(Buffer.from(body))]) {
      const answer = await send('planUpload', event);
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
      if (pointer) expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
    }
  });

  test('bytes that are not UTF-8 are rejected as malformed JSON', async () => {
    const body = Buffer.concat([Buffer.from(`{${file},"title":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(await send('planUpload', withBody(body))).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
  });

  test('unusual but valid text is returned unchanged', async () => {
    const given = {
      title: 'Ünïcode 🎬 \u05d0\u200f', description: 'two\nlines\tand a tab', tags: ['🏝️', 'a/b~c'],
      metadata: { 'then': '1', 'toJSON': '2', 'ключ': '3', 'a b': '', '#/~%': '\r\n', 'hasOwn': '5', '__proto': '6' },
    };
    const { status, body } = await send('planUpload', { body: JSON.stringify({ ...JSON.parse(`{${file}}`), ...given }) });
    expect({ status, video: body.video }).toMatchObject({ status: 201, video: given });
    expect((await send('getVideo', { pathParameters: { videoId: body.video.videoId } })).body).toMatchObject(given);
  });
});
