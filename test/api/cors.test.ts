import { CfnParameter, Fn } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { VodApi } from '../../src';
import type { HandlerName } from '../../src/contract/environment';
import { handlerFunction } from '../../src/synth/handler-function';
import { environmentOf } from '../toolkit/functions';
import { templateOf, testStack, vodIn } from '../toolkit/stacks';
import { ofType, only } from '../toolkit/template';

function apiTemplate(appOrigins?: string[], stack = testStack()) {
  const api = new VodApi(stack, 'Api', { appOrigins });
  api.authorizeWith({ authorizerId: 'authorizer1', authorizationType: apigateway.AuthorizationType.CUSTOM });
  const handlers: HandlerName[] = ['auth/sign-in', 'catalog/read-videos', 'upload/manage-uploads', 'delivery/start-playback'];
  for (const handler of handlers) {
    const fn = handlerFunction(stack, handler.replace('/', '-'), 'auth/fill-client-secret', { description: 'any', uses: [], environment: {} });
    api._serve({ handlers: { [handler]: fn }, deadLetterQueues: [] });
  }
  return templateOf(stack);
}

const preflights = (template: ReturnType<typeof apiTemplate>): Record<string, any> => Object.fromEntries(ofType(template, 'AWS::ApiGateway::Method')
  .filter(({ properties }) => properties.HttpMethod === 'OPTIONS')
  .map(({ properties }) => [template.Resources[properties.ResourceId.Ref].Properties!.PathPart, properties]));
const responses = (template: ReturnType<typeof apiTemplate>) => ofType(template, 'AWS::ApiGateway::GatewayResponse').map(({ properties }) => properties.ResponseParameters);
const header = (name: string) => `method.response.header.${name}`;

describe('with appOrigins', () => {
  const template = apiTemplate(['https://app.example.com', 'https://other.example.net']);
  const found = preflights(template);

  test('the paths of signed-in users and of the OpenAPI document answer preflight requests, but not the sign-in paths', () => {
    expect(Object.keys(found).sort()).toEqual(['complete', 'openapi.json', 'parts', 'playback', 'streams', 'upload', '{videoId}']);
  });

  test('a preflight request needs no token and no function', () => {
    for (const { AuthorizationType, AuthorizerId, Integration } of Object.values(found)) {
      expect([AuthorizationType, AuthorizerId, Integration.Type, Integration.Uri]).toEqual(['NONE', undefined, 'MOCK', undefined]);
    }
  });

  test('a preflight response allows the methods and headers of the routes on its path', () => {
    const allowed = (name: string) => Object.entries(found).map(([path, { Integration }]) => (
      [path, Integration.IntegrationResponses[0].ResponseParameters[header(`access-control-allow-${name}`)]]));
    expect(Object.fromEntries(allowed('methods'))).toEqual({
      'complete': '\'POST\'', 'openapi.json': '\'GET\'', 'parts': '\'POST\'',
      'playback': '\'POST\'', 'streams': '\'GET\'', 'upload': '\'POST\'', '{videoId}': '\'DELETE, GET\'',
    });
    expect(Object.fromEntries(allowed('headers'))).toEqual({
      'complete': '\'authorization, content-type\'',
      'openapi.json': '\'authorization\'',
      'parts': '\'authorization, content-type\'',
      'playback': '\'authorization\'',
      'streams': '\'authorization\'',
      'upload': '\'authorization, content-type\'',
      '{videoId}': '\'authorization\'',
    });
  });

  test('no response allows credentials or every origin', () => {
    const text = JSON.stringify(template);
    expect(text).not.toContain('allow-credentials');
    expect(JSON.stringify([found, responses(template)])).not.toContain('*');
  });

  test('only the handlers of these routes have APP_ORIGINS', () => {
    expect(environmentOf(template, 'api/describe-api').APP_ORIGINS).toBe('["https://app.example.com","https://other.example.net"]');
    const variables = ofType(template, 'AWS::Lambda::Function').map(({ id, properties }) => [id.replace(/Function[\dA-F]{8}$/, ''), properties.Environment?.Variables.APP_ORIGINS !== undefined]);
    expect(Object.fromEntries(variables)).toEqual({
      ApiDescribeApi: true, authsignin: false, catalogreadvideos: true, uploadmanageuploads: true, deliverystartplayback: true,
    });
  });

  test('another origin creates a new API deployment', () => {
    const deployment = (appOrigins?: string[]) => only(apiTemplate(appOrigins), 'AWS::ApiGateway::Deployment').id;
    const [none, one, other] = [undefined, ['https://app.example.com'], ['https://other.example.net']].map(deployment);
    expect(new Set([none, one, other]).size).toBe(3);
  });
});

test('gateway responses allow a single origin, and with several origins they allow the origin of the request', () => {
  const allowed = (appOrigins: string[]) => new Set(responses(apiTemplate(appOrigins)).map((each) => each['gatewayresponse.header.access-control-allow-origin']));
  expect(allowed(['https://app.example.com'])).toEqual(new Set(['\'https://app.example.com\'']));
  expect(allowed(['https://app.example.com', 'https://other.example.net'])).toEqual(new Set(['method.request.header.origin']));
});

test('joins a list that is known only at deploy time in CloudFormation', () => {
  const stack = testStack();
  const parameter = new CfnParameter(stack, 'Origins', { type: 'CommaDelimitedList' });
  const template = apiTemplate(parameter.valueAsList, stack);
  expect(preflights(template).streams.Integration.IntegrationResponses[0].ResponseTemplates['application/json'])
    .toEqual({ 'Fn::Join': ['', ['#set($allowed = ["', { 'Fn::Join': ['", "', { Ref: 'Origins' }] }, expect.stringMatching(/^"\]\)\n/)]] });
  expect(apiTemplate([Fn.ref('Origins')])).toBeDefined();
});

test.each([[undefined], [[]]])('without origins (%j) the API has no CORS settings', (appOrigins) => {
  const template = apiTemplate(appOrigins);
  expect(JSON.stringify(template)).not.toMatch(/OPTIONS|MOCK|access-control|vary|APP_ORIGINS/i);
});

test('ServerlessVod passes appOrigins to the API, the uploads and the sign-in', () => {
  const template = templateOf(vodIn(testStack(), { appOrigins: ['https://app.example.com'] }));
  expect(environmentOf(template, 'catalog/read-videos').APP_ORIGINS).toBe('["https://app.example.com"]');
  expect(environmentOf(template, 'auth/sign-in')).toMatchObject({ RETURN_ORIGINS: '["https://app.example.com"]' });
  expect(environmentOf(template, 'auth/sign-in')).not.toHaveProperty('APP_ORIGINS');
  const rules = ofType(template, 'AWS::S3::Bucket').flatMap(({ properties }) => properties.CorsConfiguration?.CorsRules ?? []);
  expect(rules.map(({ AllowedOrigins }) => AllowedOrigins[1])).toEqual(['https://app.example.com']);
});

test('reports the invalid origin', () => {
  expect(() => new VodApi(testStack(), 'Api', { appOrigins: ['https://app.example.com/'] }))
    .toThrow('Test/Api: appOrigins[0]: expected an origin such as "https://app.example.com" (scheme and host, no path, no trailing slash), got "https://app.example.com/"');
});
