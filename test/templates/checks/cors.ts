import type { IncomingMessage } from 'http';
import { pathOf, routesIn } from './api';
import { Check, differences, exactly } from './check';
import { handlersOf, storesOf } from './handlers';
import { createMock } from '../../../local/gateway/mock';
import type { Route } from '../../../src/contract/routes';
import { CloudFormationTemplate, ours } from '../../toolkit/template';

/** Returns whether pages of other origins can call a route. The sign-in routes accept only calls from pages of the service's own origin. */
const isOpenToPages = ({ access, handler }: Route): boolean => access === 'signed-in' || handler === 'api/describe-api';

function originsIn(template: CloudFormationTemplate): string[] {
  const written = handlersOf(template).map(({ environment }) => environment.APP_ORIGINS).find((value) => value !== undefined);
  return written === undefined ? [] : JSON.parse(written);
}

const constant = (value: string): string => `'${value}'`;
const COMMON = { 'cache-control': constant('no-store'), 'content-security-policy': constant('default-src \'none\'; sandbox'), 'vary': constant('Origin') };
const EXPOSED = constant('etag, www-authenticate, x-amzn-requestid');

const handlersHaveTheList: Check = (template) => {
  const origins = originsIn(template);
  const wanted = new Set(routesIn(template).filter(([, route]) => isOpenToPages(route)).map(([, { handler }]) => handler));
  return handlersOf(template).flatMap(({ id, name, environment }) => {
    const expected = origins.length > 0 && wanted.has(name) ? JSON.stringify(origins) : undefined;
    return environment.APP_ORIGINS === expected ? [] : [`${id}: APP_ORIGINS is ${environment.APP_ORIGINS}, expected ${expected}`];
  });
};

const oneListForAll: Check = (template) => {
  const origins = originsIn(template);
  const rules = storesOf(template, 'sources').flatMap(({ properties }) => properties.CorsConfiguration?.CorsRules ?? []);
  const returning = handlersOf(template).filter(({ name }) => name === 'auth/sign-in');
  return [
    ...rules.flatMap(({ AllowedOrigins }, index) => exactly(`CORS rule ${index} of the sources`, AllowedOrigins.slice(1), origins)),
    ...returning.flatMap(({ id, environment }) => exactly(`${id} RETURN_ORIGINS`, JSON.parse(environment.RETURN_ORIGINS), origins)),
  ];
};

const pathsRespondToPreflights: Check = (template) => {
  const origins = originsIn(template);
  const routes = origins.length > 0 ? routesIn(template).map(([, route]) => route).filter(isOpenToPages) : [];
  const preflights = ours(template, 'AWS::ApiGateway::Method').filter(({ properties }) => properties.HttpMethod === 'OPTIONS');
  const paths = preflights.map(({ properties }) => pathOf(template, properties.ResourceId));
  return [
    ...exactly('preflights', paths, routes.map(({ path }) => path)),
    ...preflights.flatMap(({ id, properties }, index) => {
      const ofPath = routes.filter(({ path }) => path === paths[index]);
      const read = ofPath.flatMap(({ body, headers = {} }) => [...body ? ['content-type'] : [], ...Object.keys(headers)]);
      const headers: Record<string, string> = {
        ...COMMON,
        'access-control-allow-methods': constant(ofPath.map(({ method }) => method).sort().join(', ')),
        'access-control-allow-headers': constant([...new Set(['authorization', ...read])].sort().join(', ')),
        'access-control-max-age': constant('7200'),
      };
      const ofResponse = (values: object): object => Object.fromEntries(Object.entries(values).map(([name, value]) => [`method.response.header.${name}`, value]));
      const declared = Object.fromEntries([...Object.keys(headers), 'access-control-allow-origin'].map((name) => [name, true]));
      return [
        ...differences(id, properties, {
          'AuthorizationType': 'NONE',
          'AuthorizerId': undefined,
          'RestApiId': { Ref: ours(template, 'AWS::ApiGateway::RestApi')[0]?.id },
          'Integration.Type': 'MOCK',
          'Integration.IntegrationResponses.0.ResponseParameters': ofResponse(headers),
          'MethodResponses': [{ StatusCode: '204', ResponseParameters: ofResponse(declared) }],
        }),
        ...[...origins, 'https://evil.example', `${origins[0]}.evil.example`, 'null', ''].flatMap((origin) => {
          const allowed = allowedBy(id, properties, origin);
          return allowed === (origins.includes(origin) ? origin : undefined) ? [] : [`${id}: a page of "${origin}" receives ${allowed}`];
        }),
      ];
    }),
  ];
};

function allowedBy(logicalId: string, properties: Record<string, any>, origin: string): unknown {
  try {
    const raw = { headers: {}, rawHeaders: ['Origin', origin] } as unknown as IncomingMessage;
    const answer = createMock({ logicalId, properties })({ raw, host: '', path: '', body: Buffer.of() }, new URLSearchParams(), '');
    return answer.status === 204 ? answer.headers['access-control-allow-origin'] : answer.status;
  } catch (error) {
    return String(error);
  }
}

/** A gateway response can contain only a constant origin or the origin of the request. */
const gatewayResponsesAreReadable: Check = (template) => {
  const origins = originsIn(template);
  const allowed = origins.length === 1 ? constant(origins[0]) : 'method.request.header.origin';
  const expected = origins.length === 0 ? [] : [`access-control-allow-origin=${allowed}`, `access-control-expose-headers=${EXPOSED}`, `vary=${constant('Origin')}`];
  return ours(template, 'AWS::ApiGateway::GatewayResponse').flatMap(({ id, properties }) => exactly(id, Object.entries(properties.ResponseParameters ?? {})
    .map(([name, value]) => `${name.replace('gatewayresponse.header.', '')}=${value}`).filter((each) => /^(access-control-|vary)/.test(each)), expected));
};

export const CORS: Record<string, Check> = {
  'handlers of guarded routes have the list': handlersHaveTheList,
  'API, uploads and sign-in have one list': oneListForAll,
  'paths respond to preflight requests': pathsRespondToPreflights,
  'gateway responses are readable': gatewayResponsesAreReadable,
};
