import type { IncomingMessage, ServerResponse } from 'http';
import type { LocalStack } from '../types';

interface Rule { AllowedOrigins: string[]; AllowedMethods: string[]; AllowedHeaders?: string[]; ExposedHeaders?: string[]; MaxAge?: number }

const like = (pattern: string, value: string) =>
  new RegExp(`^${pattern.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i').test(value);

/** Adds the CORS headers that the bucket's CorsConfiguration defines, for requests and preflights. Returns false if no rule allows the request. */
export const createCors = (stack: LocalStack) => ({ url = '/', method: own = '', headers }: IncomingMessage, response: ServerResponse): boolean => {
  const { origin = '', 'access-control-request-method': asked = '', 'access-control-request-headers': names = '' } = headers;
  const [, bucket] = url.split(/[/?]/); // bucket names need no decoding
  const rules: Rule[] = stack.ofType('AWS::S3::Bucket').find(({ physicalId }) => physicalId === bucket)?.properties.CorsConfiguration?.CorsRules ?? [];
  const wanted = names.split(',').map((name) => name.trim().toLowerCase()).filter(Boolean);
  const rule = rules.find(({ AllowedOrigins, AllowedMethods, AllowedHeaders = [] }) => origin && AllowedOrigins.some((allowed) => like(allowed, origin))
    && AllowedMethods.includes(own === 'OPTIONS' ? asked : own) && wanted.every((name) => AllowedHeaders.some((allowed) => like(allowed, name))));
  if (!rule) return false;
  const anyone = rule.AllowedOrigins.includes('*');
  response.setHeader('Access-Control-Allow-Origin', anyone ? '*' : origin);
  if (!anyone) response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Allow-Methods', rule.AllowedMethods.join(', '));
  if (wanted.length) response.setHeader('Access-Control-Allow-Headers', wanted.join(', '));
  if (rule.ExposedHeaders?.length) response.setHeader('Access-Control-Expose-Headers', rule.ExposedHeaders.join(', '));
  if (rule.MaxAge !== undefined) response.setHeader('Access-Control-Max-Age', rule.MaxAge);
  response.setHeader('Vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method');
  return true;
};
