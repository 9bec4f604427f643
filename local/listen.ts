import { createServer, type Server } from 'http';
import type { AddressInfo } from 'net';
import type { Part } from './types';

/** Listens on 127.0.0.1 and nowhere else. Stopping it ends the connections that are left. */
export async function listen(server: Server, port: number): Promise<Part & { readonly port: number }> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** The wanted ports, with a free one for each 0, all different. The template is resolved with them before anything listens there. */
export async function freePorts(wanted: number[]): Promise<number[]> {
  const held = await Promise.all(wanted.map((port) => listen(createServer().unref(), port)));
  await Promise.all(held.map(({ stop }) => stop()));
  return held.map(({ port }) => port);
}
