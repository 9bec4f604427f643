import { Fn, Lazy, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { allowedHeaders, EXPOSED_HEADERS } from '../contract/cors';
import { RESPONSE_HEADERS } from '../contract/response-headers';
import type { Route } from '../contract/routes';
import { acknowledge } from '../synth/acknowledge';

const OPEN_BY_DESIGN = 'a browser sends preflight requests without a token';

/** Seconds that a browser keeps a preflight's answer: the most that Chromium does (Firefox: a day). */
const MAX_AGE = '7200';

/** A mapping expression of API Gateway: a constant in single quotes, which leaves quotes within it as they are. */
export const constant = (value: string): string => `'${value}'`;

/**
 * CORS headers of API Gateway's own answers. These know neither conditions nor more than one constant, so with several origins they allow whoever asks
 * (docs/decisions/018-cors.md): the bodies are constants, and the same to everyone.
 */
export function gatewayCorsHeaders(origins: readonly string[]): Record<string, string> {
  const isOne = !Token.isUnresolved(origins) && origins.length === 1;
  return {
    'access-control-allow-origin': isOne ? constant(origins[0]) : 'method.request.header.origin',
    'access-control-expose-headers': constant(EXPOSED_HEADERS.join(', ')),
    'vary': constant('Origin'),
  };
}

/**
 * Answers the preflight requests of a path: by API Gateway itself, without a function.
 *
 * @param routesOfPath asked late, since areas may add methods to the path after this
 */
export function addPreflight(resource: apigateway.IResource, origins: readonly string[], routesOfPath: () => readonly Route[]): void {
  const late = (produce: (routes: readonly Route[]) => string) => constant(Lazy.string({ produce: () => produce(routesOfPath()) }));
  const headers = {
    ...Object.fromEntries(Object.entries(RESPONSE_HEADERS).map(([name, value]) => [name, constant(value)])),
    'access-control-allow-methods': late((routes) => routes.map(({ method }) => method).sort().join(', ')),
    'access-control-allow-headers': late((routes) => allowedHeaders(routes).join(', ')),
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

/** Velocity: repeats the request's origin if the list has it. Names of headers are case-sensitive here, and HTTP/1.1 clients write `Origin`. */
function allowListedOrigin(origins: readonly string[]): string {
  return [
    `#set($allowed = ["${Fn.join('", "', [...origins])}"])`,
    '#set($origin = $input.params("origin"))',
    '#if($origin == "")#set($origin = $input.params("Origin"))#end',
    '#if($allowed.contains($origin))#set($context.responseOverride.header.access-control-allow-origin = $origin)#end',
  ].join('\n');
}
