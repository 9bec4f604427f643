import { Fn, Lazy, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { allowedHeaders, EXPOSED_HEADERS } from '../contract/cors';
import { RESPONSE_HEADERS } from '../contract/response-headers';
import type { Route } from '../contract/routes';
import { acknowledge } from '../synth/acknowledge';

const OPEN_BY_DESIGN = 'a browser sends preflight requests without a token';

/** Chromium caches a preflight response for at most 7200 seconds. */
const MAX_AGE = '7200';

/** In an API Gateway mapping expression, a constant is in single quotes, and quotes in the value need no escaping. */
export const constant = (value: string): string => `'${value}'`;

/**
 * A gateway response can contain neither a condition nor a list of origins. If `origins` has several origins, the headers therefore allow every origin
 * (docs/decisions/018-cors.md).
 */
export function gatewayCorsHeaders(origins: readonly string[]): Record<string, string> {
  const isOne = !Token.isUnresolved(origins) && origins.length === 1;
  return {
    'access-control-allow-origin': isOne ? constant(origins[0]) : 'method.request.header.origin',
    'access-control-expose-headers': constant(EXPOSED_HEADERS.join(', ')),
    'vary': constant('Origin'),
  };
}

/** `routesOfPath` is called at the end of synth, because routes can be added to the path later. */
export function addPreflight(resource: apigateway.IResource, origins: readonly string[], routesOfPath: () => readonly Route[]): void {
  const lazy = (produce: (routes: readonly Route[]) => string) => constant(Lazy.string({ produce: () => produce(routesOfPath()) }));
  const headers = {
    ...Object.fromEntries(Object.entries(RESPONSE_HEADERS).map(([name, value]) => [name, constant(value)])),
    'access-control-allow-methods': lazy((routes) => routes.map(({ method }) => method).sort().join(', ')),
    'access-control-allow-headers': lazy((routes) => allowedHeaders(routes).join(', ')),
    'access-control-max-age': constant(MAX_AGE),
    'vary': constant('Origin'),
  };
  const named = Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, value]);
  const method = resource.addMethod('OPTIONS', new apigateway.MockIntegration({
    requestTemplates: { 'application/json': '{"statusCode": 204}' },
    passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
    integrationResponses: [{
      statusCode: '204', responseParameters: Object.fromEntries(named), responseTemplates: { 'application/json': allowListedOrigin(origins) },
    }],
  }), {
    authorizationType: apigateway.AuthorizationType.NONE,
    methodResponses: [{
      statusCode: '204',
      responseParameters: { ...Object.fromEntries(named.map(([name]) => [name, true])), 'method.response.header.access-control-allow-origin': true },
    }],
  });
  acknowledge(method, { 'AwsSolutions-APIG4': OPEN_BY_DESIGN, 'AwsSolutions-COG4': OPEN_BY_DESIGN });
}

/** `$input.params` is case-sensitive. HTTP/2 clients send `origin` and HTTP/1.1 clients send `Origin`, so the template reads both names. */
function allowListedOrigin(origins: readonly string[]): string {
  return [
    `#set($allowed = ["${Fn.join('", "', [...origins])}"])`,
    '#set($origin = $input.params("origin"))',
    '#if($origin == "")#set($origin = $input.params("Origin"))#end',
    '#if($allowed.contains($origin))#set($context.responseOverride.header.access-control-allow-origin = $origin)#end',
  ].join('\n');
}
