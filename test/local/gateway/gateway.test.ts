import { setTimeout } from 'timers/promises';
import { setFlagsFromString } from 'v8';
import { runInNewContext } from 'vm';
import { api, base, handlerArn, method, path } from './fixture';
import type { Resource } from '../../../local/template/resources';
import { resource } from '../edge/fakes';

describe('routes', () => {
  test('routes a path to the most specific resource, with decoded parameters', async () => {
    const { call, calls } = api();
    await call('GET', '/api/streams/newest');
    await call('GET', '/api/streams/a%20b%2Fc');
    await call('GET', '/api/files.json');
    expect(calls.map(({ event }) => [event.resource, event.pathParameters])).toEqual([
      ['/streams/newest', null], ['/streams/{videoId}', { videoId: 'a b/c' }], ['/files.json', null],
    ]);
  });

  test.each([['GET', '/api/nothing'], ['POST', '/api/login'], ['GET', '/other/login'], ['GET', '/api'], ['GET', '/api/filesxjson'], ['GET', '/api/streams/'], ['PATCH', '/api/streams/newest']])(
    '%s %s matches no route and gets the template\'s gateway response', async (verb, target) => {
      const { call, calls } = api();
      const answer = await call(verb, target);
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
      expect(JSON.parse(answer.text)).toEqual({ title: 'Not found' });
      expect(calls).toEqual([]);
    });

  test('rejects unsupported settings by name', () => {
    const start = (more: Resource) => () => api(undefined, [...base, more]);
    const odd = (more: object) => start(method('Odd', 'files', 'PUT', more));
    expect(odd({ Integration: { Type: 'HTTP_PROXY' } })).toThrow('Odd: the local stack does not support Type "HTTP_PROXY"');
    expect(odd({ Integration: { Type: 'AWS_PROXY', ContentHandling: 'CONVERT_TO_TEXT' } })).toThrow('ContentHandling');
    expect(odd({ AuthorizationType: 'AWS_IAM' })).toThrow('AWS_IAM');
    expect(odd({ AuthorizationScopes: ['vod/play'] })).toThrow('AuthorizationScopes');
    expect(odd({ HttpMethod: 'ANY' })).toThrow('ANY');
    expect(odd({ RequestParameters: { 'method.request.querystring.owner': true } })).toThrow('RequestParameters');
    expect(odd({ RequestModels: { $default: 'TitleModel' } })).toThrow('RequestModels');
    expect(start(resource('AWS::ApiGateway::RestApi', 'Binary', { BinaryMediaTypes: ['*/*'] }))).toThrow('BinaryMediaTypes');
    expect(start(resource('AWS::ApiGateway::Stage', 'Odd', { StageName: 'x', Variables: {} }))).toThrow('Variables');
    const greedy = [...base, path('rest', 'files', '{proxy+}'), method('Rest', 'rest', 'GET')];
    expect(() => api(undefined, greedy)).toThrow('{proxy+}');
    const response = (more: object) => start(resource('AWS::ApiGateway::GatewayResponse', 'Odd', { ResponseType: 'UNAUTHORIZED', ResponseTemplates: { 'application/json': '{}' }, ...more }));
    expect(response({})).not.toThrow();
    expect(response({ ResponseTemplates: { 'application/json': '$context.identity.sourceIp' } })).toThrow('$context.identity.sourceIp');
    expect(response({ ResponseTemplates: { 'text/html': '' } })).toThrow('text/html');
    expect(response({ ResponseParameters: { 'gatewayresponse.header.x': 'method.request.querystring.a' } })).toThrow('method.request.querystring.a');
  });
});

test('a gateway response supports a constant that contains quotes', async () => {
  const policy = 'default-src \'none\'; sandbox';
  const own = resource('AWS::ApiGateway::GatewayResponse', 'Own', {
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN', ResponseTemplates: { 'application/json': '{}' }, ResponseParameters: { 'gatewayresponse.header.content-security-policy': `'${policy}'` },
  });
  const answer = await api(undefined, [...base.filter(({ logicalId }) => logicalId !== 'NotFound'), own]).call('GET', '/api/nothing');
  expect([answer.status, answer.headers['content-security-policy']]).toEqual([403, policy]);
});

test('a gateway response copies a request header, and omits a missing header', async () => {
  const own = resource('AWS::ApiGateway::GatewayResponse', 'Own', {
    ResponseType: 'DEFAULT_4XX', ResponseTemplates: { 'application/json': '{}' }, ResponseParameters: { 'gatewayresponse.header.x-from': 'method.request.header.origin' },
  });
  const { call } = api(undefined, [...base.filter(({ logicalId }) => logicalId !== 'NotFound'), own]);
  expect((await call('GET', '/api/nothing', { Origin: 'https://a.example' })).headers['x-from']).toBe('https://a.example');
  expect((await call('GET', '/api/nothing')).headers).not.toHaveProperty('x-from');
});

test('the handler gets the event of a Lambda proxy integration', async () => {
  const { call, calls } = api();
  await call('PATCH', '/api/streams/v1?b=2&a=1&b=3', { 'content-type': 'application/json', 'User-Agent': 'test/1' }, '{"title":"x"}');
  expect(calls).toEqual([{
    arn: handlerArn,
    caller: {
      kind: 'service', id: 'apigateway.amazonaws.com',
      context: { 'aws:SourceArn': 'arn:aws:execute-api:eu-west-1:111122223333:api1/api/PATCH/streams/{videoId}' },
    },
    event: {
      resource: '/streams/{videoId}', path: '/streams/v1', httpMethod: 'PATCH',
      headers: expect.objectContaining({ 'content-type': 'application/json', 'User-Agent': 'test/1', 'X-Forwarded-Proto': 'https' }),
      multiValueHeaders: expect.objectContaining({ 'content-type': ['application/json'] }),
      queryStringParameters: { a: '1', b: '3' }, multiValueQueryStringParameters: { a: ['1'], b: ['2', '3'] },
      pathParameters: { videoId: 'v1' }, stageVariables: null, body: '{"title":"x"}', isBase64Encoded: false,
      requestContext: expect.objectContaining({
        accountId: '111122223333', apiId: 'api1', stage: 'api', path: '/api/streams/v1', resourcePath: '/streams/{videoId}', httpMethod: 'PATCH', protocol: 'HTTP/1.1',
        domainName: 'api1.execute-api.eu-west-1.amazonaws.com', requestTimeEpoch: expect.any(Number),
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        identity: expect.objectContaining({ sourceIp: '127.0.0.1', userAgent: 'test/1', caller: null }),
      }),
    },
  }]);
  await call('GET', '/api/login');
  const absent = { queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, body: null };
  expect(calls[1].event).toMatchObject({ ...absent, isBase64Encoded: false });
  expect(calls[1].event.requestContext).not.toHaveProperty('authorizer');
});

describe('the handler\'s answer', () => {
  test('passes headers on, and renames the reserved ones', async () => {
    const payload = {
      statusCode: 201, body: '{}', headers: { 'Content-Type': 'text/x', 'WWW-Authenticate': 'Basic', 'X-Number': 5 }, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
    };
    const answer = await api({ payload }).call('GET', '/api/login');
    expect(answer).toMatchObject({ status: 201, text: '{}', headers: { 'content-type': 'text/x', 'x-number': '5', 'set-cookie': ['a=1', 'b=2'], 'x-amzn-remapped-www-authenticate': 'Basic' } });
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  test.each([[undefined], ['text'], [{}], [{ statusCode: '200' }], [{ statusCode: 200, body: {} }], [{ statusCode: 200, headers: { a: ['b'] } }],
    [{ statusCode: 200, cookies: [] }], [{ statusCode: 200, multiValueHeaders: { a: 'b' } }], [{ statusCode: 200, isBase64Encoded: true }]])('%p is malformed: 502', async (payload) => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    const answer = await api({ payload }).call('GET', '/api/login?code=secret');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([502, { oops: 'Internal server error' }]);
    expect(log.mock.calls.flat().join()).not.toContain('secret');
    log.mockRestore();
  });

  test('returns 502 for an error of the function, and 504 after the timeout', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    expect((await api({ error: { errorType: 'TypeError', errorMessage: 'x' } }).call('GET', '/api/login')).status).toBe(502);
    log.mockRestore();
    const slow = base.map((each) => each.logicalId !== 'Login' ? each
      : { ...each, properties: { ...each.properties, Integration: { ...each.properties.Integration, TimeoutInMillis: 50 } } });
    const answer = await api(new Promise(() => undefined), slow).call('GET', '/api/login');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([504, { oops: 'Endpoint request timed out' }]);
  });
});

test('returns 413 for an event that is too large for Lambda', async () => {
  const { call } = api({ error: { errorType: 'RequestEntityTooLargeException', errorMessage: 'x' } });
  expect((await call('PATCH', '/api/streams/x', {}, '{"title":"x"}')).status).toBe(413);
});

describe('throttles', () => {
  const setting = (ResourcePath: string, HttpMethod: string, rate?: number, burst?: number, more: object = {}) =>
    ({ ResourcePath, HttpMethod, ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst, DataTraceEnabled: false, ...more });
  const withSettings = (...MethodSettings: object[]) => base.map((each) => each.logicalId === 'Stage' ? { ...each, properties: { ...each.properties, MethodSettings } } : each);
  const statuses = async (call: ReturnType<typeof api>['call'], target: string, times: number, verb = 'GET') => {
    const found: number[] = [];
    for (let time = 0; time < times; time++) found.push((await call(verb, target)).status);
    return found;
  };
  const clock = (now: number) => jest.useFakeTimers({ now, doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'] });
  beforeEach(() => clock(1_000_000));
  afterEach(() => jest.useRealTimers());

  test('each method has a separate token bucket, from its setting or the stage\'s, which refills', async () => {
    const { call, calls } = api(undefined, withSettings(setting('/*', '*', 1, 3), setting('/~1login', 'GET', 2, 2), setting('/~1streams~1{videoId}', 'GET', 1, 1)));
    expect(await statuses(call, '/api/login', 3)).toEqual([200, 200, 429]);
    expect(await statuses(call, '/api/files.json', 4)).toEqual([200, 200, 200, 429]);
    expect(await statuses(call, '/api/streams/a', 1)).toEqual([200]);
    expect(await statuses(call, '/api/streams/b', 1)).toEqual([429]);
    clock(1_001_000);
    expect(await statuses(call, '/api/login', 3)).toEqual([200, 200, 429]);
    expect(await statuses(call, '/api/files.json', 2)).toEqual([200, 429]);
    expect(calls).toHaveLength(2 + 3 + 1 + 2 + 1);
  });

  test('rejects by name an unsupported setting and the setting of an unknown method', () => {
    expect(() => api(undefined, withSettings(setting('/*', '*', 1, 1, { CachingEnabled: true })))).toThrow('CachingEnabled');
    expect(() => api(undefined, withSettings(setting('/*', '*', 1, 1, { DataTraceEnabled: true })))).toThrow('DataTraceEnabled');
    for (const [name, verb] of [['/~1login', 'POST'], ['/~1none', 'GET'], ['/login', 'GET'], ['/~1streams/{videoId}', 'GET'], ['/~1login', '*']]) {
      expect(() => api(undefined, withSettings(setting(name, verb, 1, 1)))).toThrow(`MethodSettings: the API has no method ${verb} ${name}`);
    }
  });
});

test('rejects a body of more than 10 MiB', async () => {
  const { call, calls } = api();
  expect((await call('PATCH', '/api/streams/x', {}, 'x'.repeat(10 * 1024 * 1024 + 1))).status).toBe(413);
  expect(calls).toEqual([]);
});

test('a response is not kept in memory until the integration\'s timeout', async () => {
  setFlagsFromString('--expose-gc');
  let answered: WeakRef<object> | undefined;
  const { call } = api(() => {
    const payload = { statusCode: 200, body: 'ok' };
    answered = new WeakRef(payload);
    return { payload };
  });
  expect(await call('GET', '/api/streams/1')).toMatchObject({ status: 200 });
  await setTimeout(10);
  (runInNewContext('gc') as () => void)();
  expect(answered!.deref()).toBeUndefined();
});
