import { createServer, IncomingMessage, ServerResponse } from 'http';
import { AddressInfo } from 'net';
import { failJson } from '../services/json';
import { Access, AwsError, DoorService, Part } from '../types';
import { readClaim, verify } from './signature';

/** What the door needs. */
export interface DoorOptions {
  /** @default - any free one */
  readonly port?: number;
  readonly access: Access;
  readonly services: DoorService[];
  /** Hears of faults of our own, never of refusals. @default console.error */
  readonly log?: (line: string) => void;
}

/** The one HTTP server for all AWS calls. */
export interface Door extends Part {
  readonly port: number;
  /** Adds a service that could not exist before the door had its port. */
  register(service: DoorService): void;
}

const BODY_LIMIT = 16 * 1024 * 1024;

/** Starts the door: it verifies who calls, asks the policies, and passes on to the service that the signature names. */
export async function startDoor({ port = 0, access, services, log = console.error }: DoorOptions): Promise<Door> {
  const byName = new Map(services.map((service) => [service.name, service]));

  async function answer(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    let service: DoorService | undefined;
    try {
      const at = raw.url!.indexOf('?');
      const headers = Object.fromEntries(Object.entries(raw.headers).map(([name, value]) => [name, String(value)]));
      const request = {
        method: raw.method!,
        path: at < 0 ? raw.url! : raw.url!.slice(0, at),
        query: new URLSearchParams(at < 0 ? '' : raw.url!.slice(at)),
        headers,
      };
      // A browser's preflight carries the query of the presigned address it asks for, and is signed by nobody all the same.
      const claim = raw.method === 'OPTIONS' ? undefined : readClaim(request);
      if (!claim) {
        if ([...byName.values()].some((each) => each.unsigned?.(raw, response))) return;
        throw new AwsError(headers['x-amz-target'] ? 'MissingAuthenticationTokenException' : 'AccessDenied', 'the request is not signed', 403);
      }
      service = byName.get(claim.service);
      if (!service) throw new AwsError('UnknownOperationException', `there is no service '${claim.service}' on this machine`, 404);
      const body = service.name === 's3' ? undefined : await readBody(raw);
      const principal = await verify(claim, { ...request, body }, access);
      const verified = { ...request, body, raw, principal };
      await access.require(principal, service.needs(verified));
      await service.handle(verified, response);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
      } else {
        const refusal = error instanceof AwsError ? error : new AwsError('InternalError', 'a fault of the local service', 500);
        const owner = service ?? (raw.headers['x-amz-target'] ? undefined : byName.get('s3'));
        if (owner) owner.fail(refusal, response, raw);
        else failJson(refusal, response);
      }
      if (!(error instanceof AwsError)) log(`door: ${raw.method} ${raw.url!.split('?')[0]}: ${(error as Error).stack}`);
    }
  }

  // A large upload may take its time, and the SDK's pooled connections outlive Node's five idle seconds.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000 }, (raw, response) => void answer(raw, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    register: (service) => void byName.set(service.name, service),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function readBody(raw: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Without destroying the stream: the refusal of a body too large goes out on its socket.
  for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new AwsError('RequestEntityTooLargeException', `the body is larger than ${BODY_LIMIT} bytes`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
