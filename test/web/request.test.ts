import { createContext } from 'vm';
import { load } from './page-modules';

/** Sends a request whose response is `answer`. Returns the result, or the error. */
async function ask(answer: () => Promise<unknown>): Promise<any> {
  const { request } = await load('service/request.js', createContext({ fetch: answer }));
  return request('GET', '/streams').catch((error: Error) => error);
}

const response = (status: number, body: string) => async () => new Response(body, { status });
const lost = { code: 'no_connection', status: undefined, message: 'The service can\'t be reached. Please check your connection.' };

describe('a request of the page', () => {
  test('returns the body of the response', async () => {
    expect(await ask(response(200, '{"items":[]}'))).toEqual({ items: [] });
  });

  test('returns the ETag of the response, and sends an ETag in If-Match', async () => {
    const sent: unknown[] = [];
    const fetch = async (_: string, { headers }: RequestInit) => {
      sent.push(headers);
      return new Response('{"videoId":"v"}', { headers: { etag: '"v.2"' } });
    };
    const { request } = await load('service/request.js', createContext({ fetch }));
    expect(await request('PATCH', '/streams/v', { etag: '"v.1"', token: 't' })).toEqual({ videoId: 'v', etag: '"v.2"' });
    expect(sent).toEqual([{ 'authorization': 'Bearer t', 'if-match': '"v.1"' }]);
  });

  test('names the invalid fields, and shows times of the service in the words of the user', async () => {
    const errors = [{ pointer: '/title', detail: 'is blank' }];
    expect(await ask(response(400, JSON.stringify({ code: 'invalid_request', detail: 'is blank', errors })))).toMatchObject({ code: 'invalid_request', errors });
    const limit = await ask(response(429, '{"code":"limit_reached","detail":"you can retry the video at 2026-12-02T00:00:00.000Z"}'));
    expect(limit.message).toMatch(/^A limit is reached: you can retry the video at [^TZ]*2026[^TZ]*\.$/);
  });

  test('reports a lost connection before and during the response', async () => {
    expect(await ask(async () => { throw new TypeError('Failed to fetch'); })).toMatchObject(lost);
    const cut = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) });
    expect(await ask(async () => new Response(cut, { status: 200 }))).toMatchObject(lost);
  });

  test('reports the HTML of a proxy as an unexpected response, and not as a lost connection', async () => {
    expect(await ask(response(502, '<h1>Bad gateway</h1>'))).toMatchObject({ status: 502, code: undefined, message: expect.stringContaining('unexpected response (502)') });
  });

  test('has words for a throttle', async () => {
    expect(await ask(response(429, '{"code":"throttled","detail":"Rate exceeded"}'))).toMatchObject({
      status: 429, code: 'throttled', message: 'The service receives too many requests. Please try again in a moment.',
    });
  });

  test('names the allowed types of files, as the service reports them', async () => {
    const detail = 'the content type audio/mpeg is not allowed; allowed types: video/*';
    expect(await ask(response(415, JSON.stringify({ code: 'type_not_allowed', detail })))).toMatchObject({ message: `Files of this kind can't be uploaded here: ${detail}. Please choose another file.` });
    expect(await ask(response(415, '{"code":"type_not_allowed"}'))).toMatchObject({ message: 'Files of this kind can\'t be uploaded here. Please choose another file.' });
  });

  test('names a limit without the route of the API that lists the uploads', async () => {
    const detail = 'you have 10 open uploads, which is the limit. Complete or abort an upload. GET /streams?owner=me&status=waiting lists your open uploads';
    expect(await ask(response(429, JSON.stringify({ code: 'limit_reached', detail })))).toMatchObject({
      message: 'A limit is reached: you have 10 open uploads, which is the limit. Complete or abort an upload.',
    });
    expect(await ask(response(429, '{"code":"limit_reached"}'))).toMatchObject({ message: 'A limit is reached: please try again later.' });
  });

  test('throws an AbortError as it is, because the caller has ended the request', async () => {
    expect(await ask(async () => { throw new DOMException('over', 'AbortError'); })).toMatchObject({ name: 'AbortError' });
  });
});
