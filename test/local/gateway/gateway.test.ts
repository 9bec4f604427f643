import type { IncomingMessage } from 'http';
import type { JWK, JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { createGateway } from '../../../local/gateway/gateway';
import type { Functions, InvokeResult, Resource } from '../../../local/types';
import { fakeStack, resource } from '../edge/fakes';

const issuer = 'http://127.0.0.1:4000/eu-west-1_Pool12345';
const poolArn = 'arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Pool12345';
const handlerArn = 'arn:aws:lambda:eu-west-1:111122223333:function:Handler';
const uri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${handlerArn}/invocations`;

let signingKey: CryptoKey;
let publicJwk: JWK;
beforeAll(async () => {
  const { exportJWK, generateKeyPair } = await import('jose');
  const pair = await generateKeyPair('RS256');
  signingKey = pair.privateKey;
  publicJwk = { ...await exportJWK(pair.publicKey), kid: 'k1', alg: 'RS256' };
});

const idClaims = { 'iss': issuer, 'aud': 'client1', 'sub': 's-1', 'token_use': 'id', 'cognito:groups': ['admins', 'uploaders'], 'email_verified': true };
async function tokenOf(claims: JWTPayload = {}, expires: string | number = '5m', key: CryptoKey = signingKey): Promise<string> {
  const { SignJWT } = await import('jose');
  return new SignJWT({ ...idClaims, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).setIssuedAt().setExpirationTime(expires).sign(key);
}

function method(id: string, resourceId: string, httpMethod: string, properties: object = {}): Resource {
  return resource('AWS::ApiGateway::Method', id, {
    HttpMethod: httpMethod, ResourceId: resourceId, RestApiId: 'api1', AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: uri }, ...properties,
  });
}
const path = (id: string, parent: string, part: string) => resource('AWS::ApiGateway::Resource', id, { ParentId: parent, PathPart: part, RestApiId: 'api1' });
const schema = { type: 'object', properties: { title: { type: 'string', maxLength: 5 } }, required: ['title'], additionalProperties: false };
const signedIn = { AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: 'auth1' };

const base = [
  resource('AWS::ApiGateway::RestApi', 'Api', {}, { physicalId: 'api1', attributes: { RootResourceId: 'root' } }),
  resource('AWS::ApiGateway::Stage', 'Stage', { StageName: 'api', RestApiId: 'api1' }),
  resource('AWS::ApiGateway::Authorizer', 'auth1', {
    Type: 'COGNITO_USER_POOLS', IdentitySource: 'method.request.header.Authorization', ProviderARNs: [poolArn], IdentityValidationExpression: 'client1|client2',
  }),
  resource('AWS::ApiGateway::Model', 'TitleModel', { Schema: schema, ContentType: 'application/json' }),
  resource('AWS::ApiGateway::RequestValidator', 'Validator', { ValidateRequestBody: true }),
  resource('AWS::ApiGateway::GatewayResponse', 'NotFound', {
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '404',
    ResponseParameters: { 'gatewayresponse.header.cache-control': "'no-store'", 'gatewayresponse.header.content-type': "'application/problem+json'" },
    ResponseTemplates: { 'application/json': '{"title":"Not found"}' },
  }),
  resource('AWS::ApiGateway::GatewayResponse', 'BadBody', {
    ResponseType: 'BAD_REQUEST_BODY', StatusCode: '422', ResponseTemplates: { 'application/json': '{"title":$context.error.messageString}' },
  }),
  resource('AWS::ApiGateway::GatewayResponse', 'Broken', {
    ResponseType: 'DEFAULT_5XX', ResponseTemplates: { 'application/json': '{"oops":$context.error.messageString}' },
  }),
  path('login', 'root', 'login'), path('streams', 'root', 'streams'), path('stream', 'streams', '{videoId}'), path('playback', 'stream', 'playback'),
  path('files', 'root', 'files.json'), path('newest', 'streams', 'newest'),
  method('Login', 'login', 'GET'),
  method('List', 'streams', 'GET', signedIn),
  method('Update', 'stream', 'PATCH', { RequestValidatorId: 'Validator', RequestModels: { $default: 'TitleModel' } }),
  method('One', 'stream', 'GET'), method('Newest', 'newest', 'GET'), method('Play', 'playback', 'POST', signedIn), method('Files', 'files', 'GET'),
];

function api(answer: InvokeResult | Promise<InvokeResult> = { payload: { statusCode: 200, body: 'ok' } }, resources = base) {
  const calls: { arn: string; event: any; caller: any }[] = [];
  const functions: Functions = {
    invoke: async (arn, event, caller) => {
      calls.push({ arn, event, caller });
      return answer;
    },
  };
  const gateway = createGateway({ stack: fakeStack(resources), functions, keysOf: () => ({ issuer, keys: { keys: [publicJwk] } }) });
  const call = async (verb: string, target: string, headers: Record<string, string> = {}, body = '') => {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const raw = {
      method: verb, socket: { remoteAddress: '127.0.0.1' }, rawHeaders: Object.entries(headers).flat(),
      headers: Object.fromEntries(lower), headersDistinct: Object.fromEntries(lower.map(([name, value]) => [name, [value]])),
    } as unknown as IncomingMessage;
    const { status, headers: sent, body: text } = await gateway({ raw, host: 'api1.execute-api.eu-west-1.amazonaws.com', path: target, body: Buffer.from(body) });
    return { status, headers: sent, text: text ?? '' };
  };
  return { call, calls };
}

describe('routes', () => {
  test('a path leads to the most specific resource, its parameters decoded', async () => {
    const { call, calls } = api();
    await call('GET', '/api/streams/newest');
    await call('GET', '/api/streams/a%20b%2Fc');
    await call('GET', '/api/files.json');
    expect(calls.map(({ event }) => [event.resource, event.pathParameters])).toEqual([
      ['/streams/newest', null], ['/streams/{videoId}', { videoId: 'a b/c' }], ['/files.json', null],
    ]);
  });

  test.each([['GET', '/api/nothing'], ['POST', '/api/login'], ['GET', '/other/login'], ['GET', '/api'], ['GET', '/api/filesxjson'], ['GET', '/api/streams/'], ['PATCH', '/api/streams/newest']])(
    '%s %s is no route, answered by the template\'s gateway response', async (verb, target) => {
      const { call, calls } = api();
      const answer = await call(verb, target);
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
      expect(JSON.parse(answer.text)).toEqual({ title: 'Not found' });
      expect(calls).toEqual([]);
    });

  test('what it does not know stops it, by name', () => {
    const start = (more: Resource) => () => api(undefined, [...base, more]);
    const odd = (more: object) => start(method('Odd', 'files', 'PUT', more));
    expect(odd({ Integration: { Type: 'MOCK' } })).toThrow('Odd: this machine does not know Type "MOCK"');
    expect(odd({ Integration: { Type: 'AWS_PROXY', ContentHandling: 'CONVERT_TO_TEXT' } })).toThrow('ContentHandling');
    expect(odd({ AuthorizationType: 'AWS_IAM' })).toThrow('AWS_IAM');
    expect(odd({ AuthorizationScopes: ['vod/play'] })).toThrow('AuthorizationScopes');
    expect(odd({ HttpMethod: 'ANY' })).toThrow('ANY');
    expect(odd({ RequestParameters: { 'method.request.querystring.owner': true } })).toThrow('RequestParameters');
    expect(odd({ RequestModels: { 'application/json': 'TitleModel' } })).toThrow('application/json');
    expect(start(resource('AWS::ApiGateway::RestApi', 'Binary', { BinaryMediaTypes: ['*/*'] }))).toThrow('BinaryMediaTypes');
    expect(start(resource('AWS::ApiGateway::Stage', 'Odd', { StageName: 'x', Variables: {} }))).toThrow('Variables');
    expect(start(resource('AWS::ApiGateway::RequestValidator', 'Odd', { ValidateRequestParameters: true }))).toThrow('ValidateRequestParameters');
    const greedy = [...base, path('rest', 'files', '{proxy+}'), method('Rest', 'rest', 'GET')];
    expect(() => api(undefined, greedy)).toThrow('{proxy+}');
    const response = (more: object) => start(resource('AWS::ApiGateway::GatewayResponse', 'Odd', { ResponseType: 'UNAUTHORIZED', ResponseTemplates: { 'application/json': '{}' }, ...more }));
    expect(response({})).not.toThrow();
    expect(response({ ResponseTemplates: { 'application/json': '$context.identity.sourceIp' } })).toThrow('$context.identity.sourceIp');
    expect(response({ ResponseTemplates: { 'text/html': '' } })).toThrow('text/html');
    expect(response({ ResponseParameters: { 'gatewayresponse.header.x': 'method.request.header.origin' } })).toThrow('method.request.header.origin');
  });
});

test('the handler gets the event of a Lambda proxy', async () => {
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

describe('the Cognito authorizer', () => {
  const list = '/api/streams';

  test.each(['', 'Bearer '])('hands the claims on as strings, with %p before the token', async (prefix) => {
    const { call, calls } = api();
    expect((await call('GET', list, { authorization: prefix + await tokenOf() })).status).toBe(200);
    const { claims } = calls[0].event.requestContext.authorizer;
    expect(claims).toMatchObject({ 'sub': 's-1', 'cognito:groups': 'admins,uploaders', 'email_verified': 'true', 'token_use': 'id' });
    expect(claims.exp).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/);
  });

  test('refuses everything else', async () => {
    const { generateKeyPair, UnsecuredJWT } = await import('jose');
    const { privateKey } = await generateKeyPair('RS256');
    const { call, calls } = api();
    const refused: Record<string, string | undefined> = {
      'no token': undefined,
      'no JWT': 'abc',
      'another key': await tokenOf({}, '5m', privateKey),
      'no signature': new UnsecuredJWT({ ...idClaims, exp: 9e9 }).encode(),
      'another issuer': await tokenOf({ iss: 'http://127.0.0.1:4000/eu-west-1_Other' }),
      'another client': await tokenOf({ aud: 'client3' }),
      'a client with a longer name': await tokenOf({ aud: 'client11' }),
      'an access token': await tokenOf({ aud: undefined, token_use: 'access', client_id: 'client1' }),
      'an access token with an audience': await tokenOf({ token_use: 'access' }),
      'an expired token': await tokenOf({}, Math.floor(Date.now() / 1000) - 60),
    };
    const answers = await Promise.all(Object.entries(refused).map(async ([name, token]) => {
      const { status, text } = await call('GET', list, token === undefined ? {} : { Authorization: token });
      return [name, status, JSON.parse(text).message];
    }));
    expect(answers).toEqual(Object.keys(refused).map((name) => [name, 401, name.includes('expired') ? 'The incoming token has expired' : 'Unauthorized']));
    expect(calls).toEqual([]);
  });
});

describe('validation', () => {
  test.each(['', '{', '{}', '{"title":"too long"}', '{"title":"x","more":1}', '[]'])('of the body refuses %p by the model', async (body) => {
    const { call, calls } = api();
    const answer = await call('PATCH', '/api/streams/v1', { 'content-type': 'text/plain' }, body);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([422, { title: 'Invalid request body' }]);
    expect(calls).toEqual([]);
  });
});

describe('the handler\'s answer', () => {
  test('passes with its headers, the reserved ones renamed', async () => {
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

  test('an error of the function is a 502, a late one a 504', async () => {
    const log = jest.spyOn(console, 'error').mockImplementation();
    expect((await api({ error: { errorType: 'TypeError', errorMessage: 'x' } }).call('GET', '/api/login')).status).toBe(502);
    log.mockRestore();
    const slow = base.map((each) => each.logicalId !== 'Login' ? each
      : { ...each, properties: { ...each.properties, Integration: { ...each.properties.Integration, TimeoutInMillis: 50 } } });
    const answer = await api(new Promise(() => undefined), slow).call('GET', '/api/login');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([504, { oops: 'Endpoint request timed out' }]);
  });
});

test('a body has 10 MB at most', async () => {
  const { call, calls } = api();
  expect((await call('PATCH', '/api/streams/x', {}, 'x'.repeat(10 * 1024 * 1024 + 1))).status).toBe(413);
  expect(calls).toEqual([]);
});
