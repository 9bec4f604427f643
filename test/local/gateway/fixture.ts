import type { IncomingMessage } from 'http';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { createGateway } from '../../../local/gateway/gateway';
import type { Resource } from '../../../local/template/resources';
import type { Functions, InvokeResult, Principal } from '../../../local/types';
import { fakeStack, resource } from '../edge/fakes';

export const issuer = 'http://127.0.0.1:4000/eu-west-1_Pool12345';
export const poolArn = 'arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Pool12345';
export const handlerArn = 'arn:aws:lambda:eu-west-1:111122223333:function:Handler';
export const uriOf = (functionArn: string) => `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

export function method(id: string, resourceId: string, httpMethod: string, properties: object = {}): Resource {
  return resource('AWS::ApiGateway::Method', id, {
    HttpMethod: httpMethod, ResourceId: resourceId, RestApiId: 'api1', AuthorizationType: 'NONE',
    Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: uriOf(handlerArn) }, ...properties,
  });
}
export const path = (id: string, parent: string, part: string) => resource('AWS::ApiGateway::Resource', id, { ParentId: parent, PathPart: part, RestApiId: 'api1' });
const signedIn = { AuthorizationType: 'COGNITO_USER_POOLS', AuthorizerId: 'auth1' };

export const base = [
  resource('AWS::ApiGateway::RestApi', 'Api', {}, { physicalId: 'api1', attributes: { RootResourceId: 'root' } }),
  resource('AWS::ApiGateway::Stage', 'Stage', { StageName: 'api', RestApiId: 'api1' }),
  resource('AWS::ApiGateway::Authorizer', 'auth1', {
    Type: 'COGNITO_USER_POOLS', IdentitySource: 'method.request.header.Authorization', ProviderARNs: [poolArn], IdentityValidationExpression: 'client1|client2',
  }),
  resource('AWS::ApiGateway::GatewayResponse', 'NotFound', {
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: '404',
    ResponseParameters: { 'gatewayresponse.header.cache-control': "'no-store'", 'gatewayresponse.header.content-type': "'application/problem+json'" },
    ResponseTemplates: { 'application/json': '{"title":"Not found"}' },
  }),
  resource('AWS::ApiGateway::GatewayResponse', 'Broken', {
    ResponseType: 'DEFAULT_5XX', ResponseTemplates: { 'application/json': '{"oops":$context.error.messageString}' },
  }),
  path('login', 'root', 'login'), path('streams', 'root', 'streams'), path('stream', 'streams', '{videoId}'), path('playback', 'stream', 'playback'),
  path('files', 'root', 'files.json'), path('newest', 'streams', 'newest'),
  method('Login', 'login', 'GET'),
  method('List', 'streams', 'GET', signedIn),
  method('Update', 'stream', 'PATCH'),
  method('One', 'stream', 'GET'), method('Newest', 'newest', 'GET'), method('Play', 'playback', 'POST', signedIn), method('Files', 'files', 'GET'),
];

type Answer = InvokeResult | Promise<InvokeResult>;
type Answers = Answer | ((arn: string, event: any, caller?: Principal) => Answer);

export function api(answer: Answers = { payload: { statusCode: 200, body: 'ok' } }, resources = base, keys: JWK[] = []) {
  const calls: { arn: string; event: any; caller: any }[] = [];
  const functions: Functions = {
    async invoke(arn, event, caller) {
      calls.push({ arn, event, caller });
      return typeof answer === 'function' ? answer(arn, event, caller) : answer;
    },
  };
  const gateway = createGateway({ stack: fakeStack(resources), functions, keysOf: () => ({ issuer, keys: { keys } }) });
  const call = async (verb: string, target: string, headers: Record<string, string> = {}, body = '') => {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    const raw = {
      method: verb, socket: { remoteAddress: '127.0.0.1' }, rawHeaders: Object.entries(headers).flat(),
      headers: Object.fromEntries(lower), headersDistinct: Object.fromEntries(lower.map(([name, value]) => [name, [value]])),
    } as unknown as IncomingMessage;
    const { status, headers: sent, body: text } = await gateway({ raw, host: 'api1.execute-api.eu-west-1.amazonaws.com', path: target, body: Buffer.from(body) });
    return { status, headers: sent, text: text ?? '' };
  };
  return { gateway, call, calls };
}

