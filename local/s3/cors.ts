import type { IncomingMessage, ServerResponse } from 'http';
import { AwsError, type LocalStack } from '../types';

interface Rule { AllowedOrigins: string[]; AllowedMethods: string[]; AllowedHeaders?: string[]; ExposedHeaders?: string[]; MaxAge?: number }

const like = (pattern: string, value: string) =>
  new RegExp(`^${pattern.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i').test(value);

/** The buckets' CorsConfiguration: answers preflights and marks actual answers. */
export function createCors(stack: LocalStack) {
  function ruleFor({ url = '/', headers: { origin } }: IncomingMessage, method = '', headers: string[] = []): Rule | undefined {
    const bucket = decodeURIComponent(url.split(/[/?]/)[1]);
    const rules: Rule[] = stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)?.properties.CorsConfiguration?.CorsRules ?? [];
    return rules.find((rule) => origin && rule.AllowedOrigins.some((allowed) => like(allowed, origin)) && rule.AllowedMethods.includes(method)
      && headers.every((header) => rule.AllowedHeaders?.some((allowed) => like(allowed, header))));
  }
  function allow(rule: Rule, request: IncomingMessage, response: ServerResponse): void {
    const anyone = rule.AllowedOrigins.includes('*');
    response.setHeader('Access-Control-Allow-Origin', anyone ? '*' : request.headers.origin!);
    if (!anyone) response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Methods', rule.AllowedMethods.join(', '));
    if (rule.ExposedHeaders?.length) response.setHeader('Access-Control-Expose-Headers', rule.ExposedHeaders.join(', '));
    if (rule.MaxAge !== undefined) response.setHeader('Access-Control-Max-Age', rule.MaxAge);
    response.setHeader('Vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
  }
  return {
    /** Adds the headers to an actual answer, an error too: without them a page cannot read why. */
    mark(request: IncomingMessage, response: ServerResponse): void {
      const rule = ruleFor(request, request.method);
      if (rule) allow(rule, request, response);
    },
    /** Answers a preflight or throws S3's refusal. */
    preflight(request: IncomingMessage, response: ServerResponse): void {
      const { origin, 'access-control-request-method': method, 'access-control-request-headers': asked = '' } = request.headers;
      if (!origin) throw new AwsError('BadRequest', 'Insufficient information. Origin request header needed.');
      const headers = asked.split(',').map((name) => name.trim().toLowerCase()).filter(Boolean);
      const rule = ruleFor(request, method, headers);
      if (!rule) throw new AwsError('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', 403);
      allow(rule, request, response);
      if (headers.length) response.setHeader('Access-Control-Allow-Headers', headers.join(', '));
      response.writeHead(200, { 'content-length': 0 }).end();
    },
  };
}
