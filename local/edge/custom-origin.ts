import { request as send, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'http';
import { pipeline } from 'stream';
import { cloudFrontError } from './cloudfront-error';
import type { ApiAnswer } from '../gateway/responses';
import { onlyKnown } from '../lookup';
import { logLine } from '../text';

export interface App {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** `viewer`: whether CloudFront forwards query, cookies and headers. `host`: whether CloudFront forwards the `Host` header. */
export interface Forwards { readonly viewer: boolean; readonly host: boolean }

/** Headers that CloudFront removes or replaces in requests to an origin (CloudFront Developer Guide, "HTTP request headers and CloudFront behavior"). */
const NOT_FORWARDED = /^(?:connection|expect|host|keep-alive|proxy-.*|te|trailer|upgrade|x-amz-cf-id|x-edge-.*|x-forwarded-proto|x-real-ip)$/;
/** CloudFront always forwards the body and the headers that describe it. */
const OF_THE_BODY = /^(?:content-length|content-type|transfer-encoding)$/;
/** Headers that CloudFront removes or replaces in responses (CloudFront Developer Guide, "HTTP response headers that CloudFront removes or replaces"). */
const NOT_RETURNED = /^(?:connection|keep-alive|proxy-.*|trailer|transfer-encoding|upgrade|via|x-amz-cf-id|x-cache)$/;

export function appOf(what: string, { DomainName: domain, CustomOriginConfig: config = {}, OriginPath: path = '', OriginCustomHeaders: headers = [] }: Record<string, any>): App | undefined {
  if (!/(?:^|\.)localhost$/.test(domain)) return undefined;
  // The local stack has no TLS, so it rejects `https-only`.
  onlyKnown(what, config, 'HTTPPort HTTPSPort OriginSSLProtocols OriginReadTimeout OriginKeepaliveTimeout', { OriginProtocolPolicy: ['http-only', 'match-viewer'] });
  return {
    port: config.HTTPPort ?? 80,
    path,
    headers: Object.fromEntries(headers.map(({ HeaderName, HeaderValue }: Record<string, string>) => [HeaderName.toLowerCase(), HeaderValue])),
    timeoutMs: (config.OriginReadTimeout ?? 30) * 1000,
  };
}

/** Resolves with an error page if the app does not respond. */
export function askApp(request: IncomingMessage, response: ServerResponse, { app, domain, forwards, path, search }:
{ app: App; domain: string; forwards: Forwards; path: string; search: string }): Promise<ApiAnswer | void> {
  return new Promise((resolve) => {
    const asked = send({
      host: '127.0.0.1', port: app.port, method: request.method, path: `${app.path}${path}${forwards.viewer ? search : ''}`, agent: false,
      headers: { ...requestHeaders(request, response, forwards.viewer), ...app.headers, host: forwards.host ? request.headers.host : domain },
    }, (answer) => {
      response.writeHead(answer.statusCode!, responseHeaders(answer.headers, forwards.viewer));
      pipeline(answer, response, () => resolve());
    });
    let status = 502;
    asked.setTimeout(app.timeoutMs, () => {
      status = 504;
      asked.destroy(new Error('the origin did not respond within its read timeout'));
    });
    asked.once('error', ({ message }) => {
      // An error page is not possible after the response has started or the viewer has disconnected.
      if (response.headersSent || response.destroyed) return resolve();
      logLine(`edge: ${request.method} ${path}: ${domain}: ${message}`);
      resolve(cloudFrontError(status, 'The origin did not respond.'));
    });
    response.once('close', () => asked.destroy());
    request.pipe(asked);
  });
}

function requestHeaders({ headers, socket }: IncomingMessage, response: ServerResponse, viewer: boolean): OutgoingHttpHeaders {
  const forwarded = Object.entries(headers).filter(([name]) => OF_THE_BODY.test(name) || (viewer && !NOT_FORWARDED.test(name)));
  const before = (name: string): string => headers[name] ? `${headers[name]}, ` : '';
  return {
    ...viewer ? {} : { 'user-agent': 'Amazon CloudFront' },
    ...Object.fromEntries(forwarded),
    'via': `${before('via')}1.1 localhost (CloudFront)`,
    'x-amz-cf-id': String(response.getHeader('x-amz-cf-id')),
    'x-forwarded-for': `${before('x-forwarded-for')}${socket.remoteAddress}`,
  };
}

/** If cookies are not forwarded, CloudFront also removes Set-Cookie from the response. */
function responseHeaders(headers: IncomingHttpHeaders, cookies: boolean): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_RETURNED.test(name) && (cookies || name !== 'set-cookie')));
}
