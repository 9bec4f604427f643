import type { IncomingMessage, ServerResponse } from 'http';
import { AwsError, type LocalStack } from '../types';

interface Rule { AllowedOrigins: string[]; AllowedMethods: string[]; AllowedHeaders?: string[]; ExposedHeaders?: string[]; MaxAge?: number }

const like = (pattern: string, value: string) =>
  new RegExp(`^${pattern.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i').test(value);

/** The buckets' CorsConfiguration: answers preflights and marks actual answers. */
export function createCors(stack: LocalStack) {
  /** Sets the headers of the first rule that allows the request; false when none does. */
  function allow({ url = '/', headers: { origin } }: IncomingMessage, response: ServerResponse, method = '', headers: string[] = []): boolean {
    const bucket = decodeURIComponent(url.split(/[/?]/)[1]);
    const rules: Rule[] = stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)?.properties.CorsConfiguration?.CorsRules ?? [];
    const rule = rules.find((each) => origin && each.AllowedOrigins.some((allowed) => like(allowed, origin)) && each.AllowedMethods.includes(method)
      && headers.every((header) => each.AllowedHeaders?.some((allowed) => like(allowed, header))));
    if (!rule) return false;
    const anyone = rule.AllowedOrigins.includes('*');
    response.setHeader('Access-Control-Allow-Origin', anyone ? '*' : origin!);
    if (!anyone) response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Methods', rule.AllowedMethods.join(', '));
    if (rule.ExposedHeaders?.length) response.setHeader('Access-Control-Expose-Headers', rule.ExposedHeaders.join(', '));
    if (rule.MaxAge !== undefined) response.setHeader('Access-Control-Max-Age', rule.MaxAge);
    response.setHeader('Vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
    return true;
  }
  return {
    /** Adds the headers to an actual answer, an error too: without them a page cannot read why. */
    mark: (request: IncomingMessage, response: ServerResponse) => allow(request, response, request.method),
    /** Answers a preflight or throws S3's refusal. */
    preflight(request: IncomingMessage, response: ServerResponse): void {
      const { origin, 'access-control-request-method': method, 'access-control-request-headers': asked = '' } = request.headers;
      if (!origin) throw new AwsError('BadRequest', 'Insufficient information. Origin request header needed.');
      const headers = asked.split(',').map((name) => name.trim().toLowerCase()).filter(Boolean);
      if (!allow(request, response, method, headers)) throw new AwsError('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', 403);
      if (headers.length) response.setHeader('Access-Control-Allow-Headers', headers.join(', '));
      response.writeHead(200, { 'content-length': 0 }).end();
    },
  };
}
