import { randomUUID } from 'crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'http';
import { pipeline } from 'stream/promises';
import { readDistribution, wildcard, type Behavior } from './distribution';
import { queryOf, queryText, runFunction, valued, valuesOf, type EdgeRequest, type EdgeResponse } from './functions';
import { applyPolicy } from './headers';
import { createObjects, xmlError, type Answer, type ObjectStore } from './objects';
import { checkSignature, withoutSignature } from './signed';
import { bodyLimit, type Gateway } from '../gateway/gateway';
import type { Access, LocalStack, Part } from '../types';

/** What the viewer sent; header names are lower case. */
interface Viewer { method: string; path: string; query: string; headers: Record<string, string[]>; cookies: Record<string, string>; ip: string }

const loopback = ['127.0.0.1', '::1'];
const plain = (status: number, text: string): Answer => ({
  status, headers: { 'content-type': 'text/html' }, body: `<!DOCTYPE html><title>ERROR: The request could not be satisfied</title><h1>${status} ERROR</h1><p>${text}</p>`,
});

function cookiesOf(header: string): Record<string, string> {
  const pairs = header.split(/;\s*/).filter((pair) => pair.includes('='));
  // Of two cookies with one name the first has the closer path, so it goes in last.
  return Object.fromEntries(pairs.reverse().map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    // One byte too many is enough for the API to refuse it.
    if ((size += chunk.length) > bodyLimit) break;
  }
  return Buffer.concat(chunks);
}

/** Serves the template's distribution on localhost. */
export async function startEdge({ stack, access, store, gateway, port }:
{ stack: LocalStack; access: Access; store: ObjectStore; gateway: Gateway; port: number },
): Promise<Part & { readonly port: number; invalidate(paths: string[]): void }> {
  const distribution = readDistribution(stack);
  const objects = createObjects({ access, store, sourceArn: distribution.arn, account: stack.account });
  const behaviorOf = (path: string) => distribution.behaviors.find((each) => each.matches(path))!;
  const pemOf = (groups: string[]) => (id: string): string | undefined => groups.includes(id)
    ? stack.ofType('AWS::CloudFront::PublicKey').find((key) => key.physicalId === id)?.properties.PublicKeyConfig.EncodedKey : undefined;

  const event = (eventType: string, viewer: Viewer, response?: EdgeResponse) => ({
    version: '1.0',
    context: { distributionDomainName: distribution.domain, distributionId: distribution.id, eventType, requestId: randomUUID() },
    viewer: { ip: viewer.ip },
    request: {
      method: viewer.method, uri: viewer.path, querystring: queryOf(viewer.query),
      headers: Object.fromEntries(Object.entries(viewer.headers).filter(([name]) => name !== 'cookie').map(([name, values]) => [name, valued(values)])),
      cookies: Object.fromEntries(Object.entries(viewer.cookies).map(([name, value]) => [name, { value }])),
    },
    response,
  });

  /** The viewer's request after the function, or the function's own answer. */
  async function onRequest(behavior: Behavior, viewer: Viewer): Promise<Viewer | Answer> {
    const code = behavior.functions['viewer-request'];
    if (!code) return viewer;
    const result: EdgeRequest & EdgeResponse = await runFunction(code, event('viewer-request', viewer));
    if (result.statusCode) {
      const body = typeof result.body === 'object' ? Buffer.from(result.body.data, result.body.encoding === 'base64' ? 'base64' : 'utf8') : result.body;
      return { status: result.statusCode, headers: { ...headersOf(result), 'x-cache': 'FunctionGeneratedResponse from cloudfront' }, body };
    }
    const cookie = Object.entries(result.cookies ?? {}).flatMap(([name, entry]) => valuesOf(entry).map((value) => `${name}=${value}`)).join('; ');
    const headers = Object.entries(result.headers).map(([name, entry]) => [name, valuesOf(entry)]);
    return {
      ...viewer, path: result.uri, query: queryText(result.querystring), cookies: cookiesOf(cookie),
      headers: { ...Object.fromEntries(headers), ...cookie && { cookie: [cookie] } },
    };
  }

  function headersOf({ headers = {}, cookies = {} }: EdgeResponse): Answer['headers'] {
    const setCookie = Object.entries(cookies).map(([name, { value, attributes }]) => `${name}=${value}${attributes ? `; ${attributes}` : ''}`);
    const plainHeaders = Object.entries(headers).map(([name, entry]) => [name, valuesOf(entry).length > 1 ? valuesOf(entry) : entry.value]);
    return { ...Object.fromEntries(plainHeaders), ...setCookie.length && { 'set-cookie': setCookie } };
  }

  async function onResponse(behavior: Behavior, viewer: Viewer, answer: Answer): Promise<Answer> {
    const headers = behavior.responseHeaders ? applyPolicy(answer.headers, behavior.responseHeaders, viewer.headers.origin?.[0]) : answer.headers;
    const code = behavior.functions['viewer-response'];
    if (!code || answer.status >= 400) return { ...answer, headers };
    const { 'set-cookie': setCookie = [], ...others } = headers;
    const shown = Object.fromEntries(Object.entries(others).map(([name, value]) => [name.toLowerCase(), valued(value)]));
    const result: EdgeResponse = await runFunction(code, event('viewer-response', viewer, { statusCode: answer.status, headers: shown, cookies: {} }));
    const changed = headersOf(result);
    return { ...answer, status: result.statusCode, headers: { ...changed, 'set-cookie': [setCookie, changed['set-cookie'] ?? []].flat() } };
  }

  async function fromOrigin({ origin, cache }: Behavior, viewer: Viewer, request: IncomingMessage): Promise<Answer> {
    if (origin.kind === 'unreachable') return plain(502, `CloudFront wasn't able to connect to the origin ${origin.domain}.`);
    const { method, query, headers, cookies, ip } = viewer;
    const path = viewer.path === '/' ? `/${distribution.rootObject}` : viewer.path;
    const forwarded = withoutSignature(query);
    if (origin.kind === 'api') {
      // Names go on in the viewer's own case: a handler must not rest on one.
      const sent = new Map(request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => [name.toLowerCase(), name]));
      const named = Object.entries({ ...headers, host: [origin.domain] }).map(([name, values]) => [sent.get(name) ?? name, values] as const);
      const raw = `${origin.path}${path}${forwarded ? `?${forwarded}` : ''}`;
      return gateway.handle({ method, path: raw, headers: Object.fromEntries(named), body: await bodyOf(request), ip });
    }
    if (!['GET', 'HEAD'].includes(method)) return xmlError(403, 'AccessForbidden', 'The local CDN front reads buckets only.');
    const search = [...new URLSearchParams(forwarded)].filter(([name]) => cache.queries === true || cache.queries.includes(name));
    const crumbs = Object.entries(cookies).filter(([name]) => cache.cookies === true || cache.cookies.includes(name));
    const variant = JSON.stringify([search, crumbs, cache.headers.map((name) => headers[name.toLowerCase()])]);
    const single = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(', ')]));
    return objects.fetch(origin, cache, path, variant, single);
  }

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const host = request.headers.host ?? '';
    if (!request.url!.startsWith('/') || !['localhost', ...loopback, '[::1]'].some((name) => host === `${name}:${bound}`)) {
      return plain(403, 'The request was not for an address of this distribution.');
    }
    // Dot segments go before behaviour and signature are looked at: neither may see another path than the origin.
    const url = new URL(`http://${host}${request.url}`);
    // A broken escape would fail each part behind in its own way.
    if (/%(?![0-9a-f]{2})/i.test(url.pathname)) return plain(400, 'Bad request.');
    const ip = (request.socket.remoteAddress ?? '').replace(/^::(ffff:|1$)/, (_, mapped) => mapped === '1' ? loopback[0] : '');
    const headers = Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values!]));
    const viewer: Viewer = {
      method: request.method!, path: url.pathname, query: url.search.slice(1), headers, cookies: cookiesOf(request.headers.cookie ?? ''), ip,
    };
    const behavior = behaviorOf(viewer.path);
    if (!behavior.methods.includes(viewer.method)) return plain(403, 'This distribution is not configured to allow the HTTP request method that was used.');
    const refusal = behavior.keyGroups && checkSignature(`http://${host}${url.pathname}${url.search}`, viewer.cookies, ip, pemOf(behavior.keyGroups));
    if (refusal) return onResponse(behavior, viewer, await mended(xmlError(403, ...refusal), viewer, request));
    const changed = await onRequest(behavior, viewer);
    if ('status' in changed) return changed;
    return onResponse(behavior, changed, await mended(await fromOrigin(behavior, changed, request), viewer, request));
  }

  /** An error with the page that the distribution wants for it. */
  async function mended(answer: Answer, viewer: Viewer, request: IncomingMessage): Promise<Answer> {
    const custom = distribution.errors.find((each) => Number(each.ErrorCode) === answer.status);
    if (!custom?.ResponsePagePath) return answer;
    const page = await fromOrigin(behaviorOf(custom.ResponsePagePath), { ...viewer, method: 'GET', path: custom.ResponsePagePath, headers: {} }, request);
    return page.status === 200 ? { ...page, status: Number(custom.ResponseCode ?? answer.status) } : answer;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await answerTo(request).catch((error: Error) => {
      console.error(`edge: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
      return plain(503, 'The CloudFront function or the origin behind it failed.');
    });
    const length = Buffer.isBuffer(answer.body) || typeof answer.body === 'string' ? { 'content-length': String(Buffer.byteLength(answer.body)) } : {};
    const xCache = { 'x-cache': `${answer.status >= 400 ? 'Error' : 'Miss'} from cloudfront` };
    const unread = request.complete ? {} : { connection: 'close' };
    response.writeHead(answer.status, { ...xCache, ...length, ...answer.headers, ...unread, 'via': '1.1 localhost (CloudFront)', 'x-amz-cf-id': randomUUID() });
    const body = answer.body ?? '';
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      response.end(body);
    } else if (request.method === 'HEAD') {
      body.destroy();
      response.end();
    } else {
      await pipeline(body, response).catch(() => response.destroy());
    }
  }

  const servers = loopback.map(() => createServer((request, response) => void handle(request, response).catch((error: Error) => {
    console.error(`edge: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
    response.destroy();
  })));
  const listen = (index: number, at: number) => new Promise<void>((resolve, reject) => {
    servers[index].once('error', reject).listen(at, loopback[index], resolve);
  });
  await listen(0, port);
  const bound = (servers[0].address() as { port: number }).port;
  // `localhost` may mean ::1 first; a machine without IPv6 has none to listen on.
  await listen(1, bound).catch((error: NodeJS.ErrnoException) => {
    if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code!)) return;
    servers[0].close();
    throw error;
  });
  return {
    port: bound,
    invalidate: (paths) => objects.invalidate((path) => paths.some((pattern) => wildcard(pattern)(path))),
    async stop() {
      await Promise.all(servers.map((server) => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      })));
    },
  };
}
