import { randomUUID } from 'crypto';
import { createServer, type IncomingMessage } from 'http';
import { buffer } from 'stream/consumers';
import { readDistribution, type Behavior } from './distribution';
import { runFunction } from './functions';
import { createObjects, xmlError, type Answer } from './objects';
import { checkCookies } from './signed';
import { bodyLimit, type Gateway } from '../gateway/gateway';
import { listen } from '../listen';
import type { Store } from '../s3/store';
import type { Access, LocalStack, Part } from '../types';

/** The managed policy SecurityHeadersPolicy: an origin may say otherwise, except to sniff types. */
const securityHeaders = {
  'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'strict-origin-when-cross-origin', 'strict-transport-security': 'max-age=31536000',
  'x-xss-protection': '1; mode=block',
};

const plain = (status: number, text: string): Answer => ({
  status, headers: { 'content-type': 'text/html' }, body: `<!DOCTYPE html><title>ERROR: The request could not be satisfied</title><h1>${status} ERROR</h1><p>${text}</p>`,
});

/** Serves the template's distribution on localhost. */
export async function startEdge({ stack, access, store, gateway, port }:
{ stack: LocalStack; access: Access; store: Pick<Store, 'get'>; gateway: Gateway; port: number }): Promise<Part> {
  const { arn, behaviors, rootObject } = readDistribution(stack);
  const fetchObject = createObjects({ access, store, sourceArn: arn, account: stack.account });

  async function fromOrigin({ bucket, domain, cached }: Behavior, { pathname, search }: URL, request: IncomingMessage): Promise<Answer> {
    const { method = '', rawHeaders, headers, headersDistinct, socket } = request;
    const path = pathname === '/' ? `/${rootObject}` : pathname;
    if (bucket !== undefined) return fetchObject(bucket, path, cached, headers);
    // Names go on in the viewer's own case: a handler must not rest on one.
    const sent = new Map(rawHeaders.filter((_, index) => index % 2 === 0).map((name) => [name.toLowerCase(), name]));
    const named = Object.entries({ ...headersDistinct, host: [domain] }).map(([name, values]) => [sent.get(name) ?? name, values!]);
    // A body that says it is too large is refused by its size alone.
    const body = Number(headers['content-length'] ?? 0) > bodyLimit ? Buffer.alloc(bodyLimit + 1) : await buffer(request);
    return gateway.handle({ method, path: `${path}${search}`, headers: Object.fromEntries(named), body, ip: socket.remoteAddress! });
  }

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const { method = '', url: target = '', headers: { host = '', cookie = '' } } = request;
    if (!target.startsWith('/') || ![`localhost:${port}`, `127.0.0.1:${port}`].includes(host)) {
      return plain(403, 'The request was not for an address of this distribution.');
    }
    // Dot segments go before behaviour and signature are looked at: neither may see another path than the origin.
    const url = new URL(`http://${host}${target}`);
    // A broken escape would fail each part behind in its own way.
    if (/%(?![0-9a-f]{2})/i.test(url.pathname)) return plain(400, 'Bad request.');
    const behavior = behaviors.find(({ matches }) => matches(url.pathname))!;
    if (!behavior.methods.includes(method)) return plain(403, 'This distribution is not configured to allow the HTTP request method that was used.');
    // Of two cookies with one name the first has the closer path, and is the one that `get` finds.
    const cookies = new URLSearchParams(cookie.replace(/;\s*/g, '&'));
    const refusal = behavior.publicKeys && checkCookies(`http://${host}${url.pathname}${url.search}`, cookies, behavior.publicKeys);
    if (!refusal && behavior.viewerRequest) return runFunction(behavior.viewerRequest, method, url.pathname);
    const answer = refusal ? xmlError(403, ...refusal) : await fromOrigin(behavior, url, request);
    return behavior.securityHeaders ? { ...answer, headers: { ...securityHeaders, ...answer.headers, 'x-content-type-options': 'nosniff' } } : answer;
  }

  // The limit is API Gateway's; CloudFront's own is twice as large.
  return listen(createServer({ maxHeaderSize: 10_240 }, (request, response) => {
    const send = ({ status, headers, body }: Answer) => response.writeHead(status, {
      'x-cache': `${status >= 400 ? 'Error' : 'Miss'} from cloudfront`, ...body !== undefined && { 'content-length': Buffer.byteLength(body) },
      ...headers, 'via': '1.1 localhost (CloudFront)', 'x-amz-cf-id': randomUUID(),
    }).end(body);
    answerTo(request).then(send).catch((error: Error) => {
      console.error(`edge: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
      send(plain(503, 'The CloudFront function or the origin behind it failed.'));
    });
  }), port);
}
