import { randomUUID } from 'crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'http';
import { isDeepStrictEqual } from 'util';
import { createContext, runInContext } from 'vm';
import { createCache } from './cache';
import { cloudFrontError } from './cloudfront-error';
import { askApp } from './custom-origin';
import { readDistribution } from './distribution';
import { checkSignature } from './signed';
import type { Access } from '../access/access';
import { bodyLimit, type Gateway } from '../gateway/gateway';
import type { ApiAnswer } from '../gateway/responses';
import { listen } from '../listen';
import { onlyKnown } from '../lookup';
import { hostOf } from '../template/addresses';
import { isDecodable, logLine } from '../text';
import { AwsError, type AwsRequest, type AwsService, type LocalStack, type Part, type Principal } from '../types';
import { ignoreUsage, type ObserveUsage } from '../usage';

/** CloudFront's managed SecurityHeadersPolicy. An origin can override these headers. */
const securityHeaders = new Map(Object.entries({
  'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'strict-origin-when-cross-origin', 'strict-transport-security': 'max-age=31536000',
  'x-xss-protection': '1; mode=block', 'x-content-type-options': 'nosniff',
}));

/** CloudFront's limits in bytes: the length of a URL, and the total length of request line and headers (CloudFront Developer Guide, "Quotas"). */
const LONGEST_URL = 8192;
const LONGEST_HEAD = 20_480;
/**
 * Ends endless loops. CloudFront limits the CPU time of a function, but this timeout limits the elapsed time. The timeout is long, because a busy machine can
 * delay a function for a second.
 */
const FUNCTION_TIMEOUT_MS = 3000;
/** API Gateway's maximum total size of headers, in bytes (API Gateway Developer Guide, "Quotas"). */
const MOST_API_HEADERS = 10_240;

const tooManyHeaders = (): ApiAnswer => cloudFrontError(431, 'Request header or cookie too large.');
const headerBytes = ({ rawHeaders }: IncomingMessage): number => rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);

/** The values are not decoded. If a cookie name occurs twice, the first value wins, because browsers send the cookie with the more specific path first. */
const cookiesIn = (header: string): Map<string, string> =>
  new Map(header.split(';').reverse().map((pair) => [pair.split('=', 1)[0].trim(), pair.slice(pair.indexOf('=') + 1).trim()]));

/** Reads the body. If the body exceeds the API's limit, returns a buffer that also exceeds the limit, so that the API rejects the request. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return Buffer.alloc(bodyLimit + 1);
  const chunks: Buffer[] = [];
  let size = 0;
  // Keeps the socket open for the error response.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bodyLimit) break;
  }
  return Buffer.concat(chunks);
}

export async function startEdge({ stack, access, s3, gateway, observe = ignoreUsage, port }:
{ stack: LocalStack; access: Access; s3: AwsService; gateway: Gateway; observe?: ObserveUsage; port: number }): Promise<Part> {
  const { arn, domainNames: [ownName, ...aliases], behaviors, rootObject, errorTtl } = readDistribution(stack);
  const nameOf = new Map<string, string>([
    [`localhost:${port}`, ownName], [`127.0.0.1:${port}`, ownName], ...aliases.map((name): [string, string] => [hostOf(name, port), name]),
  ]);
  const fromCache = createCache();
  const principal: Principal = { kind: 'service', id: 'cloudfront.amazonaws.com', context: { 'aws:SourceArn': arn } };

  /** Reads an object with the permissions of CloudFront's service principal, as origin access control does. */
  async function fromBucket(path: string, raw: IncomingMessage, response: ServerResponse): Promise<void> {
    // The local S3 supports neither `if-none-match` nor `if-range`. For a request with `if-range`, the whole object is a valid response.
    const names = raw.headers['if-range'] ? [] : ['range', 'if-match', 'if-unmodified-since'];
    const headers = Object.fromEntries(names.flatMap((name) => raw.headers[name] ? [[name, String(raw.headers[name])]] : []));
    const asked: AwsRequest = { method: raw.method!, path, query: new URLSearchParams(), headers, raw, principal };
    await access.require(principal, s3.needs(asked));
    await s3.handle(asked, response);
  }

  /** Returns undefined if the cache, S3 or an app has already written the response. */
  async function answerTo(request: IncomingMessage, response: ServerResponse): Promise<ApiAnswer | void> {
    const { method = '', url: target = '', headers: { host = '', cookie = '' } } = request;
    const name = nameOf.get(host);
    if (!target.startsWith('/') || !name) {
      return cloudFrontError(403, 'The request was not for a domain name of this distribution.');
    }
    if (`http://${host}${target}`.length > LONGEST_URL) return cloudFrontError(414, 'The request is too long.');
    if (method === 'GET' && (Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'])) {
      return cloudFrontError(403, 'Bad request. A GET request has no body.');
    }
    // `new URL` resolves dot segments. The resolved path selects the behavior, is checked against the signature, and is sent to the origin.
    const { pathname, search } = new URL(`http://${host}${target}`);
    // An undecodable path is rejected here, because each origin type would return a different error.
    if (!isDecodable(pathname)) return cloudFrontError(400, 'Bad request.');
    const { methods, publicKeys, viewerRequest, managedHeaders, cached, forwards, bucket, app, domain } = behaviors.find(({ matches }) => matches(pathname))!;
    if (!bucket && !app && headerBytes(request) > MOST_API_HEADERS) return tooManyHeaders();
    if (!methods.includes(method)) return cloudFrontError(403, 'This distribution is not configured to allow the HTTP request method that was used.');
    if (managedHeaders) response.setHeaders(securityHeaders);
    if (publicKeys) checkSignature(`http://${host}${pathname}${search}`, cookiesIn(cookie), publicKeys);
    const asked = { method, uri: pathname, headers: { host: { value: name } } };
    const { answer, uri = pathname } = viewerRequest ? await runFunction(viewerRequest, asked, search) : {};
    if (answer) return answer;
    const path = uri === '/' ? `/${rootObject}` : uri;
    if (fromCache(path, request, response, { cached, errorTtl })) return;
    if (bucket) return fromBucket(`/${bucket}${path}`, request, response);
    // `URL.search` would contain additional escapes.
    if (app) return askApp(request, response, { app, domain, forwards, path, search: /\?[^#]*/.exec(target)?.[0] ?? '' });
    return gateway({ raw: request, host: domain, path: `${path}${search}`, body: await bodyOf(request) });
  }

  const server = createServer({ maxHeaderSize: LONGEST_HEAD }, (request, response) => {
    observe({ kind: 'request', service: 'cloudfront', operation: request.method!, path: request.url!.split('?')[0] });
    response.setHeaders(new Map(Object.entries({ 'x-cache': 'Miss from cloudfront', 'via': '1.1 localhost (CloudFront)', 'x-amz-cf-id': randomUUID() })));
    void answerTo(request, response).catch((error: Error) => {
      if (response.headersSent || !response.socket || response.socket.destroyed) return void response.destroy();
      if (error instanceof AwsError) return s3.fail(error, response);
      logLine(`edge: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
      return cloudFrontError(503, 'The CloudFront function or the origin failed.');
    }).then((answer) => answer && write(response, answer));
  });
  // For a malformed request, sends an HTML page, as CloudFront and API Gateway do.
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const { status, headers, body } = code === 'HPE_HEADER_OVERFLOW' ? tooManyHeaders() : cloudFrontError(400, 'Bad request.');
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${headers['content-type']}\r\nconnection: close\r\n\r\n${body}`);
  });
  return listen(server, port);
}

/** Writes a 502 if the response is not valid HTTP, for example because a header contains a line break. */
function write(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  try {
    response.writeHead(status, headers).end(body);
  } catch (error) {
    logLine(`edge: malformed response from the origin: ${(error as Error).message}`);
    write(response, cloudFrontError(502, 'The origin sent an invalid HTTP response.'));
  }
}

interface ViewerRequest { readonly method: string; readonly uri: string; readonly headers: { readonly host: { readonly value: string } } }

/**
 * Runs a CloudFront Function in a VM context without Node's APIs. Rejects if the function fails, or if it changes a part of the request other than the path.
 * Also rejects if the function reads an event property other than method, path, query and host.
 *
 * @returns the function's response, or the path of the request that the function returns. A changed path does not select another behavior
 */
async function runFunction(code: string, request: ViewerRequest, search: string): Promise<{ answer?: ApiAnswer; uri?: string }> {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  const query = search ? JSON.stringify(search.slice(1)) : 'undefined';
  const result = JSON.parse(await runInContext(`${code}
;Promise.resolve(handler({ version: '1.0', request: { ...${JSON.stringify(request)}, rawQueryString: () => ${query} } })).then((result) => JSON.stringify(result))`, context, { timeout: FUNCTION_TIMEOUT_MS }));
  if (typeof result?.uri === 'string' && result.uri.startsWith('/') && isDeepStrictEqual({ ...result, uri: request.uri }, request)) return { uri: result.uri };
  onlyKnown('CloudFront Function', result, 'statusCode statusDescription headers body');
  const headers = Object.entries<{ value: string }>(result.headers ?? {}).map(([name, { value }]) => [name, value]);
  return { answer: { status: result.statusCode, headers: { ...Object.fromEntries(headers), 'x-cache': 'FunctionGeneratedResponse from cloudfront' }, body: result.body } };
}
