import type { IncomingMessage, ServerResponse } from 'http';
import { AwsError, type LocalStack } from '../types';

interface Rule { AllowedOrigins: string[]; AllowedMethods: string[]; AllowedHeaders?: string[]; ExposedHeaders?: string[]; MaxAge?: number }

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const like = (pattern: string, value: string) => new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 'i').test(value);
const list = (header: string | string[] | undefined) => `${header ?? ''}`.split(',').map((item) => item.trim().toLowerCase()).filter(Boolean);

/** The buckets' CorsConfiguration: answers preflights and marks actual answers. */
export function createCors(stack: LocalStack) {
  const rulesOf = (url = '/'): Rule[] | undefined => {
    const bucket = decodeURIComponent(new URL(url, 'http://s3').pathname.split('/')[1]);
    return stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)?.properties.CorsConfiguration?.CorsRules;
  };
  const matching = (rules: Rule[] | undefined, origin: string | undefined, method: string | undefined, headers: string[]) => rules?.find((rule) =>
    origin && rule.AllowedOrigins.some((allowed) => like(allowed, origin)) && rule.AllowedMethods.includes(method ?? '')
      && headers.every((header) => rule.AllowedHeaders?.some((allowed) => like(allowed, header))));

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
      const rule = matching(rulesOf(request.url), request.headers.origin, request.method, []);
      if (rule) allow(rule, request, response);
    },
    /** Answers a preflight or throws S3's refusal. */
    preflight(request: IncomingMessage, response: ServerResponse): void {
      const { origin, 'access-control-request-method': method, 'access-control-request-headers': headers } = request.headers;
      if (!origin) throw new AwsError('BadRequest', 'Insufficient information. Origin request header needed.');
      const rules = rulesOf(request.url);
      const rule = matching(rules, origin, method, list(headers));
      if (!rule) {
        throw new AwsError('AccessForbidden', rules ? 'CORSResponse: This CORS request is not allowed.' : 'CORSResponse: CORS is not enabled for this bucket.', 403);
      }
      allow(rule, request, response);
      if (headers) response.setHeader('Access-Control-Allow-Headers', list(headers).join(', '));
      response.writeHead(200, { 'content-length': 0 }).end();
    },
  };
}
