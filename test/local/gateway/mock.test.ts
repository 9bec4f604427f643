import { api, base, method } from './fixture';

const names = ['access-control-allow-methods', 'content-security-policy'];
const template = [
  '#set($allowed = ["https://a.example", "https://b.example"])',
  '#set($origin = $input.params("origin"))',
  '#if($origin == "")#set($origin = $input.params("Origin"))#end',
  '#if($allowed.contains($origin))#set($context.responseOverride.header.access-control-allow-origin = $origin)#end',
].join('\n');
const response = {
  StatusCode: '204', ResponseTemplates: { 'application/json': template },
  ResponseParameters: { 'method.response.header.access-control-allow-methods': '\'GET\'', 'method.response.header.content-security-policy': '\'default-src \'none\'\'' },
};
const integration = { Type: 'MOCK', PassthroughBehavior: 'NEVER', RequestTemplates: { 'application/json': '{"statusCode": 204}' }, IntegrationResponses: [response] };
const declared = { StatusCode: '204', ResponseParameters: Object.fromEntries(names.map((name) => [`method.response.header.${name}`, true])) };
const mocked = (more: object = {}, methodResponses: object[] = [declared]) =>
  api(undefined, [...base, method('Preflight', 'files', 'OPTIONS', { Integration: { ...integration, ...more }, MethodResponses: methodResponses })]);

test('a mock returns its status, its constants, and the values that its template sets', async () => {
  const { call, calls } = mocked();
  const answer = await call('OPTIONS', '/api/files.json', { origin: 'https://b.example' });
  expect(answer).toMatchObject({
    status: 204, text: '',
    headers: { 'access-control-allow-methods': 'GET', 'content-security-policy': 'default-src \'none\'', 'access-control-allow-origin': 'https://b.example' },
  });
  expect(calls).toEqual([]);
});

test.each([
  ['the name of a header in the case that HTTP/1.1 clients use', { Origin: 'https://a.example' }, 'https://a.example'],
  ['a header in a case that the template does not name', { ORIGIN: 'https://a.example' }, undefined],
  ['a value that is not on the list', { origin: 'https://a.example.evil' }, undefined],
  ['no header', {}, undefined],
])('%s', async (_, headers, allowed) => {
  expect((await mocked().call('OPTIONS', '/api/files.json', headers)).headers['access-control-allow-origin']).toBe(allowed);
});

test('a query parameter takes precedence over a header of the same name', async () => {
  const answer = await mocked().call('OPTIONS', '/api/files.json?origin=https://a.example', { origin: 'https://b.example' });
  expect(answer.headers['access-control-allow-origin']).toBe('https://a.example');
});

test('returns 415 for a body whose type has no request template', async () => {
  expect((await mocked().call('OPTIONS', '/api/files.json', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await mocked().call('OPTIONS', '/api/files.json', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(204);
});

test.each([
  ['without PassthroughBehavior', { PassthroughBehavior: undefined }, 'PassthroughBehavior'],
  ['with another one', { PassthroughBehavior: 'WHEN_NO_MATCH' }, 'WHEN_NO_MATCH'],
  ['of another content type', { RequestTemplates: { 'text/plain': '{"statusCode": 204}' } }, 'text/plain'],
  ['whose request is a template', { RequestTemplates: { 'application/json': '{"statusCode": $code}' } }, '$code'],
  ['whose request has no response', { RequestTemplates: { 'application/json': '{"statusCode": 200}' } }, '"statusCode": 200'],
  ['with several responses', { IntegrationResponses: [response, response] }, 'exactly one integration response'],
  ['with a pattern', { IntegrationResponses: [{ ...response, SelectionPattern: '2..' }] }, 'SelectionPattern'],
  ['with a header of the integration', { IntegrationResponses: [{ ...response, ResponseParameters: { 'method.response.header.content-security-policy': 'integration.response.header.x' } }] }, 'integration.response.header.x'],
  ['with a header that is not declared', { IntegrationResponses: [{ ...response, ResponseParameters: { 'method.response.header.x': '\'1\'' } }] }, 'expected the header method.response.header.x in ResponseParameters of MethodResponses'],
  ['with a loop', { IntegrationResponses: [{ ...response, ResponseTemplates: { 'application/json': '#foreach($each in $allowed)$each#end' } }] }, '#foreach'],
  ['with a pattern in its condition', { IntegrationResponses: [{ ...response, ResponseTemplates: { 'application/json': '#if($origin.matches("a"))#set($b = $origin)#end' } }] }, '.matches'],
  ['with text', { IntegrationResponses: [{ ...response, ResponseTemplates: { 'application/json': '{"ok":true}' } }] }, '{"ok":true}'],
  ['with credentials', { Credentials: 'arn:aws:iam::111122223333:role/x' }, 'Credentials'],
])('rejects a mock %s by name', (_, more, name) => expect(() => mocked(more)).toThrow(name));

test('rejects a mock without a method response by name', () => expect(() => mocked({}, [])).toThrow('Preflight: the local stack requires exactly one integration response and exactly one method response'));
