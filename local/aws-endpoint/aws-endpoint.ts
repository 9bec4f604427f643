import { createServer, type IncomingMessage, type ServerResponse } from 'http';
import { buffer } from 'stream/consumers';
import { readClaim, verify } from './signature';
import type { Access } from '../access/access';
import { listen } from '../listen';
import { failJson } from '../services/json';
import { firstLines, isDecodable, logLine } from '../text';
import { AwsError, type AwsService } from '../types';

export type AwsEndpoint = Awaited<ReturnType<typeof startAwsEndpoint>>;

const BODY_LIMIT = 16 * 1024 * 1024;
/** Node's error codes for a client that disconnected. */
const GONE = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

/**
 * Starts the HTTP server. For each request, the server verifies the signature, checks the caller's permissions, and calls the service that the signature names.
 * `log` receives unexpected errors, but no rejected requests.
 */
export async function startAwsEndpoint({ port = 0, access, log = logLine }: { port?: number; access: Access; log?: (line: string) => void }) {
  const services = new Map<string, AwsService>();

  async function answer(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, path, query] = /^([^?]*)(.*)$/s.exec(raw.url!)!;
    let service: AwsService | undefined;
    try {
      const headers = Object.fromEntries(Object.entries(raw.headers).map(([name, value]) => [name, String(value)]));
      const request = { method: raw.method!, path, query: new URLSearchParams(query), headers };
      // A preflight request to a presigned URL has the signature parameters in its query, but is not signed.
      const claim = raw.method === 'OPTIONS' ? undefined : readClaim(request);
      if (!claim) {
        if ([...services.values()].some((each) => each.unsigned?.(raw, response))) return;
        throw new AwsError('AccessDenied', 'the request is not signed', 403);
      }
      service = services.get(claim.service);
      if (!service) throw new AwsError('UnknownOperationException', `the local stack does not support the service '${claim.service}'`, 404);
      if (!isDecodable(path)) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
      const body = claim.streams ? undefined : await bodyOf(raw);
      const principal = await verify(claim, { ...request, body }, access);
      const verified = { ...request, body, raw, principal };
      await access.require(principal, service.needs(verified));
      await service.handle(verified, response);
    } catch (error) {
      // If the body was not read completely, the connection is closed. On an open connection, Node would read the rest of the body as the next request.
      if (raw.destroyed && !response.headersSent) response.setHeader('connection', 'close');
      const refusal = error instanceof AwsError ? error : new AwsError('InternalError', 'the local service failed unexpectedly', 500);
      const isGone = GONE.includes((error as NodeJS.ErrnoException).code ?? '');
      if (refusal !== error && !isGone) log(`AWS endpoint: ${raw.method} ${path}: ${firstLines(error as Error)}`);
      if (isGone || response.headersSent || !response.socket || response.socket.destroyed) response.destroy();
      else if (service) service.fail(refusal, response, raw);
      else failJson(refusal, response);
    }
  }

  // A request has no time limit, because a large upload can take long.
  const server = createServer({ requestTimeout: 0 }, (raw, response) => void answer(raw, response));
  return { ...await listen(server, port), register: (service: AwsService) => void services.set(service.name, service) };
}

async function bodyOf(raw: IncomingMessage): Promise<Buffer> {
  if (!raw.headers['transfer-encoding'] && Number(raw.headers['content-length'] ?? 0) <= BODY_LIMIT) return buffer(raw);
  throw new AwsError('RequestEntityTooLargeException', 'the body must have a content-length of at most 16 MiB', 413);
}
