import { once } from 'events';
import { createServer } from 'http';
import { connect, type AddressInfo } from 'net';
import { text } from 'stream/consumers';
import { api, base, handlerArn, method, uriOf } from './fixture';
import { TemplateAccess } from '../../../local/access/access';
import type { Resource } from '../../../local/template/resources';
import type { InvokeResult, Principal } from '../../../local/types';
import { fakeStack, resource } from '../edge/fakes';

const authorizerArn = 'arn:aws:lambda:eu-west-1:111122223333:function:Authorizer';
const apiArn = 'arn:aws:execute-api:eu-west-1:111122223333:api1';
const custom = { AuthorizationType: 'CUSTOM', AuthorizerId: 'auth2' };
const list = '/api/streams';

const statement = (Effect: string, ...Resource: string[]) => ({ Action: 'execute-api:Invoke', Effect, Resource });
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allowed = { principalId: 'u-1', policyDocument: policy(statement('Allow', `${apiArn}/api/*/*`)) };

type Answer = InvokeResult | Promise<InvokeResult>;

function guarded(properties: object = {}, answer: Answer | ((event: any, caller: Principal) => Answer) = { payload: allowed }, more: Resource[] = []) {
  const authorizer = resource('AWS::ApiGateway::Authorizer', 'auth2', {
    Type: 'TOKEN', Name: 'tokens', RestApiId: 'api1', IdentitySource: 'method.request.header.Authorization', AuthorizerUri: uriOf(authorizerArn), ...properties,
  });
  const resources = [...base.filter(({ logicalId }) => !['List', 'Play'].includes(logicalId)), authorizer, ...more,
    method('List', 'streams', 'GET', custom), method('Play', 'playback', 'POST', custom)];
  const { calls, ...others } = api((arn, event, caller) => {
    if (arn === handlerArn) return { payload: { statusCode: 200, body: 'ok' } };
    return typeof answer === 'function' ? answer(event, caller!) : answer;
  }, resources);
  const of = (functionArn: string) => calls.filter(({ arn }) => arn === functionArn);
  return { ...others, calls, of, asked: () => of(authorizerArn).length };
}

let log: jest.SpyInstance;
beforeEach(() => { log = jest.spyOn(console, 'error').mockImplementation(); });
afterEach(() => jest.restoreAllMocks());

describe('the event of the function', () => {
  test('TOKEN: the event contains the token and the method; API Gateway invokes the function', async () => {
    const { call, of } = guarded();
    await call('POST', '/api/streams/a%20b/playback?x=1', { authorization: 'Bearer abc' });
    expect(of(authorizerArn)).toEqual([{
      arn: authorizerArn,
      event: { type: 'TOKEN', methodArn: `${apiArn}/api/POST/streams/a%20b/playback`, authorizationToken: 'Bearer abc' },
      caller: { kind: 'service', id: 'apigateway.amazonaws.com', context: { 'aws:SourceArn': `${apiArn}/authorizers/auth2` } },
    }]);
  });

  test('REQUEST: the event contains the handler\'s event without the body', async () => {
    const { call, of } = guarded({ Type: 'REQUEST' });
    await call('POST', '/api/streams/v1/playback?a=1&a=2', { 'Authorization': 'abc', 'User-Agent': 'test/1' }, '{"secret":1}');
    await call('GET', list, { authorization: 'def' });
    const [{ event, caller }, { event: plain }] = of(authorizerArn);
    expect(caller.context).toEqual({ 'aws:SourceArn': `${apiArn}/authorizers/auth2` });
    expect(event).toEqual({
      type: 'REQUEST', methodArn: `${apiArn}/api/POST/streams/v1/playback`,
      resource: '/streams/{videoId}/playback', path: '/streams/v1/playback', httpMethod: 'POST',
      headers: expect.objectContaining({ 'Authorization': 'abc', 'User-Agent': 'test/1' }), multiValueHeaders: expect.objectContaining({ Authorization: ['abc'] }),
      queryStringParameters: { a: '2' }, multiValueQueryStringParameters: { a: ['1', '2'] }, pathParameters: { videoId: 'v1' }, stageVariables: {},
      requestContext: expect.objectContaining({ apiId: 'api1', stage: 'api', httpMethod: 'POST', resourcePath: '/streams/{videoId}/playback' }),
    });
    expect(event.requestContext).not.toHaveProperty('authorizer');
    expect(plain).toMatchObject({ queryStringParameters: {}, multiValueQueryStringParameters: {}, pathParameters: {} });
  });
});

describe('without a call', () => {
  test.each<[string, object, Record<string, string>, string?]>([
    ['no token', {}, {}],
    ['an empty token', {}, { authorization: '' }],
    ['the token elsewhere', { IdentitySource: 'method.request.header.X-Token' }, { authorization: 'abc' }],
    ['a token of another form', { IdentityValidationExpression: 'Bearer [a-z]+' }, { authorization: 'Bearer abc1' }],
    ['one of two sources missing', { Type: 'REQUEST', IdentitySource: 'method.request.header.Authorization, method.request.querystring.key' }, { authorization: 'abc' }],
    ['an empty source', { Type: 'REQUEST', IdentitySource: 'method.request.querystring.key' }, {}, `${list}?key=`],
    ['no such context', { Type: 'REQUEST', IdentitySource: 'context.identity.caller' }, {}],
    ['no token, and no cache', { Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 }, {}],
  ])('%s is a 401', async (_, properties, headers, target = list) => {
    const { call, calls } = guarded(properties);
    const answer = await call('GET', target, headers);
    expect([answer.status, JSON.parse(answer.text), calls]).toEqual([401, { message: 'Unauthorized' }, []]);
  });

  test('invokes the function if all identity sources have a value', async () => {
    const IdentitySource = 'method.request.header.X-Key,method.request.querystring.key,context.identity.sourceIp,context.httpMethod';
    expect((await guarded({ Type: 'REQUEST', IdentitySource }).call('GET', `${list}?key=1`, { 'x-key': '2' })).status).toBe(200);
    expect((await guarded({ IdentityValidationExpression: 'Bearer [a-z]+' }).call('GET', list, { authorization: 'Bearer abc' })).status).toBe(200);
    const open = { Type: 'REQUEST', IdentitySource: undefined, AuthorizerResultTtlInSeconds: 0 };
    expect((await guarded(open).call('GET', list)).status).toBe(200);
  });

  test('uses the first of two equal headers, and passes both on', async () => {
    const { gateway, of } = guarded();
    const server = createServer((raw, response) => {
      void gateway({ raw, host: 'api.test', path: raw.url!, body: Buffer.alloc(0) }).then(({ status, body }) => response.writeHead(status).end(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`GET ${list} HTTP/1.1\r\nHost: x\r\nAuthorization: one\r\nauthorization: two\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200/);
    server.close();
    expect(of(authorizerArn)[0].event.authorizationToken).toBe('one');
    const { multiValueHeaders } = of(handlerArn)[0].event;
    expect(Object.entries(multiValueHeaders).filter(([name]) => /^authorization$/i.test(name)).map(([, values]) => values)).toEqual([['one', 'two']]);
  });
});

test('the handler gets the principal, and the context as strings', async () => {
  const { call, of } = guarded({}, { payload: { ...allowed, context: { groups: '["a"]', age: 3, member: true, principalId: 'forged' } } });
  await call('GET', list, { authorization: 'abc' });
  expect(of(handlerArn)[0].event.requestContext.authorizer).toEqual({
    principalId: 'u-1', integrationLatency: expect.any(Number), groups: '["a"]', age: '3', member: 'true',
  });
});

describe('the policy', () => {
  const explicit = 'User is not authorized to access this resource with an explicit deny';
  const implicit = 'User is not authorized to access this resource';
  test.each<[string | undefined, object[]]>([
    [undefined, [statement('Allow', '*')]],
    [undefined, [statement('Allow', 'arn:aws:execute-api:*')]],
    [undefined, [statement('Allow', `${apiArn}/api/POST/nothing`, `${apiArn}/api/G?T/str*s`)]],
    [undefined, [{ Action: ['execute-api:ManageConnections', 'EXECUTE-API:*'], Effect: 'Allow', Resource: `${apiArn}/*`, Sid: 'All' }]],
    [undefined, [statement('Deny', `${apiArn}/api/POST/*`), statement('Allow', `${apiArn}/api/GET/streams`)]],
    [explicit, [statement('Allow', `${apiArn}/*`), statement('Deny', `${apiArn}/api/GET/*`)]],
    [explicit, [statement('Deny', '*')]],
    [implicit, [statement('Allow', `${apiArn}/api/POST/*`)]],
    [implicit, [statement('Allow', `${apiArn}/api/GET/stream`)]],
    [implicit, [statement('Allow', `${apiArn}/api/GET/streams/`)]],
    [implicit, [statement('Allow', `${apiArn}/api/GET/stream?s`)]],
    [implicit, [statement('Allow', `${apiArn}/api/GET/s.reams`, `${apiArn}/api/GET/(streams)`, `${apiArn}/api/get/streams`)]],
    [implicit, [statement('Allow', 'arn:aws:execute-api:eu-west-1:111122223333:api2/*')]],
    [implicit, [{ ...statement('Allow', '*'), Action: 'execute-api:InvalidateCache' }]],
  ])('says %p to GET /streams', async (message, statements) => {
    const { call, of } = guarded({}, { payload: { principalId: 'u-1', policyDocument: policy(...statements) } });
    const answer = await call('GET', list, { authorization: 'abc' });
    expect([answer.status, answer.text]).toEqual(message ? [403, JSON.stringify({ message })] : [200, 'ok']);
    expect(of(handlerArn)).toHaveLength(message ? 0 : 1);
  });
});

describe('an invalid response', () => {
  const rule = statement('Allow', '*');
  const config = [500, 'AuthorizerConfigurationException', { oops: null }];
  test.each<[string, unknown]>([
    ['nothing', undefined], ['text', 'Unauthorized'], ['no principal', { policyDocument: policy(rule) }], ['a number as principal', { ...allowed, principalId: 1 }],
    ['no policy', { principalId: 'u-1' }], ['a policy as text', { ...allowed, policyDocument: JSON.stringify(policy(rule)) }],
    ['no version', { ...allowed, policyDocument: { Statement: [rule] } }], ['no list', { ...allowed, policyDocument: { Version: '2012-10-17', Statement: rule } }],
    ['no statement', { ...allowed, policyDocument: policy() }], ['another effect', { ...allowed, policyDocument: policy({ ...rule, Effect: 'allow' }) }],
    ['no action', { ...allowed, policyDocument: policy({ Effect: 'Allow', Resource: '*' }) }], ['no resource', { ...allowed, policyDocument: policy({ ...rule, Resource: [] }) }],
    ['a condition', { ...allowed, policyDocument: policy({ ...rule, Condition: {} }) }], ['a list in the context', { ...allowed, context: { groups: ['a'] } }],
    ['an object in the context', { ...allowed, context: { a: {} } }], ['null in the context', { ...allowed, context: { a: null } }], ['more', { ...allowed, isAuthorized: true }],
  ])('%s is an AUTHORIZER_CONFIGURATION_ERROR', async (_, payload) => {
    const { call, of } = guarded({}, { payload });
    const { status, headers, text: body } = await call('GET', list, { authorization: 'abc' });
    expect([status, headers['x-amzn-errortype'], JSON.parse(body)]).toEqual(config);
    expect(of(handlerArn)).toEqual([]);
    expect(log).toHaveBeenCalledWith('api: auth2: malformed response from the authorizer');
  });

  test.each([['auth2', 200], ['auth9', 500]])('the template must permit the call: permission of %s returns %d', async (id, expected) => {
    const permission = resource('AWS::Lambda::Permission', 'Permission', {
      Action: 'lambda:InvokeFunction', FunctionName: authorizerArn, Principal: 'apigateway.amazonaws.com', SourceArn: `${apiArn}/authorizers/${id}`,
    });
    const access = new TemplateAccess(fakeStack([permission]), () => undefined);
    const { call } = guarded({}, async (_, caller) => {
      await access.require(caller, [{ action: 'lambda:InvokeFunction', resource: authorizerArn }]);
      return { payload: allowed };
    });
    const { status, headers, text: body } = await call('GET', list, { authorization: 'abc' });
    expect(status).toBe(expected);
    if (expected === 200) return;
    expect([status, headers['x-amzn-errortype'], JSON.parse(body)]).toEqual(config);
    expect(access.refusals).toEqual([{ principal: 'apigateway.amazonaws.com', action: 'lambda:InvokeFunction', resource: authorizerArn }]);
  });

  test.each([
    [401, 'UnauthorizedException', 'Error', 'Unauthorized'],
    [500, 'AuthorizerFailureException', 'Error', 'unauthorized'],
    [500, 'AuthorizerFailureException', 'Error', 'Unauthorized: secret'],
    [500, 'AuthorizerFailureException', 'Unauthorized', 'x'],
    [500, 'AuthorizerFailureException', 'Sandbox.Timedout', 'Task timed out after 3.00 seconds'],
  ])('an error is %d %s: %s %s', async (expected, type, errorType, errorMessage) => {
    const { call, of } = guarded({}, { error: { errorType, errorMessage } });
    const { status, headers } = await call('GET', list, { authorization: 'abc' });
    expect([status, headers['x-amzn-errortype'], of(handlerArn)]).toEqual([expected, type, []]);
    expect(log.mock.calls.flat().join()).not.toContain('secret');
  });
});

test('the template\'s gateway responses apply, by type', async () => {
  const response = (ResponseType: string, StatusCode: string) => resource('AWS::ApiGateway::GatewayResponse', ResponseType, {
    ResponseType, StatusCode, ResponseTemplates: { 'application/json': `{"code":"${ResponseType}"}` },
  });
  const own = ['ACCESS_DENIED', 'UNAUTHORIZED', 'AUTHORIZER_FAILURE', 'AUTHORIZER_CONFIGURATION_ERROR'].map((type, index) => response(type, String(450 + index)));
  const error = (errorMessage: string) => ({ error: { errorType: 'Error', errorMessage } });
  const answers: InvokeResult[] = [{ payload: { ...allowed, policyDocument: policy(statement('Deny', '*')) } }, error('Unauthorized'), error('x'), { payload: {} }];
  const statuses = (more: typeof own) => Promise.all(answers.map(async (answer) => {
    const { status, text: body } = await guarded({}, answer, more).call('GET', list, { authorization: 'abc' });
    return [status, JSON.parse(body).code];
  }));
  expect(await statuses(own)).toEqual([[450, 'ACCESS_DENIED'], [451, 'UNAUTHORIZED'], [452, 'AUTHORIZER_FAILURE'], [453, 'AUTHORIZER_CONFIGURATION_ERROR']]);
  const refused = [403, 'DEFAULT_4XX'];
  expect(await statuses([response('DEFAULT_4XX', '403')])).toEqual([refused, refused, [500, undefined], [500, undefined]]);
});

describe('the cache', () => {
  const play = '/api/streams/v1/playback';

  test('caches a response for its time-to-live, 300 s by default', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    for (const [lifetime, AuthorizerResultTtlInSeconds] of [[300, undefined], [20, 20]]) {
      clock.mockReturnValue(1_000_000);
      const { call, asked, of } = guarded(
        { AuthorizerResultTtlInSeconds }, ({ authorizationToken: principalId }) => ({ payload: { ...allowed, principalId } }));
      await call('GET', list, { authorization: 'a' });
      clock.mockReturnValue(1_000_000 + lifetime! * 1000 - 1);
      await call('GET', list, { authorization: 'b' });
      await call('GET', list, { authorization: 'a' });
      expect(asked()).toBe(2);
      clock.mockReturnValue(1_000_000 + lifetime! * 1000);
      await call('GET', list, { authorization: 'a' });
      await call('GET', list, { authorization: 'b' });
      expect(asked()).toBe(3);
      expect(of(handlerArn).map(({ event }) => event.requestContext.authorizer.principalId)).toEqual(['a', 'b', 'a', 'a', 'b']);
    }
  });

  test('is disabled at 0, even if the clock is set back', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(0).mockReturnValueOnce(1000).mockReturnValueOnce(1000).mockReturnValueOnce(1000);
    const { call, asked } = guarded({ AuthorizerResultTtlInSeconds: 0 });
    for (let i = 0; i < 2; i++) await call('GET', list, { authorization: 'a' });
    expect(asked()).toBe(2);
  });

  test('caches the policy for all methods', async () => {
    const { call, asked } = guarded({}, ({ methodArn }) => ({ payload: { principalId: 'u-1', policyDocument: policy(statement('Allow', methodArn)) } }));
    const statuses = [];
    for (const [verb, target] of [['POST', play], ['GET', list], ['POST', play]]) statuses.push((await call(verb, target, { authorization: 'a' })).status);
    expect([statuses, asked()]).toEqual([[200, 403, 200], 1]);
  });

  test('distinguishes all identity sources', async () => {
    const IdentitySource = 'method.request.querystring.a,method.request.querystring.b';
    const { call, asked } = guarded({ Type: 'REQUEST', IdentitySource });
    for (const query of ['a=1&b=2', 'a=1&b=2&c=3', 'a=2&b=1', 'a=1,2&b=2', 'a=1&b=2,2']) await call('GET', `${list}?${query}`);
    expect(asked()).toBe(4);
  });

  test('keeps no failure', async () => {
    const answers: InvokeResult[] = [
      { error: { errorType: 'Error', errorMessage: 'Unauthorized' } }, { error: { errorType: 'Error', errorMessage: 'x' } }, { payload: {} }, { payload: allowed },
    ];
    const { call } = guarded({}, () => answers.shift()!);
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await call('GET', list, { authorization: 'a' })).status);
    expect(statuses).toEqual([401, 500, 500, 200, 200]);
  });
});

test('rejects unsupported settings by name', () => {
  const start = (properties: object) => () => guarded(properties);
  expect(start({ AuthorizerCredentials: 'arn:aws:iam::111122223333:role/x' })).toThrow('auth2: the local stack does not support AuthorizerCredentials');
  expect(start({ ProviderARNs: ['arn'] })).toThrow('ProviderARNs');
  expect(start({ Type: 'REQUEST', IdentityValidationExpression: '.*' })).toThrow('IdentityValidationExpression');
  expect(start({ Type: 'REQUEST', IdentitySource: 'stageVariables.x' })).toThrow('auth2: the local stack does not support IdentitySource stageVariables.x');
  expect(start({ IdentitySource: 'context.path' })).toThrow('context.path');
  expect(start({ IdentitySource: 'method.request.header.A,method.request.header.B' })).toThrow('requires exactly one IdentitySource');
  expect(start({ Type: 'REQUEST', IdentitySource: undefined })).toThrow('auth2: IdentitySource is missing, so all callers would share one cached response');
  expect(() => guarded({}, undefined, [method('Odd', 'files', 'PUT', { ...custom, AuthorizationType: 'COGNITO_USER_POOLS' })])).toThrow('Odd: AuthorizationType COGNITO_USER_POOLS can\'t use an authorizer');
});
