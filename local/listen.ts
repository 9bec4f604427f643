import { randomInt } from 'crypto';
import { createServer, type Server } from 'http';
import type { AddressInfo } from 'net';
import { readJson, writeJson } from './services/json';
import type { Part } from './types';

/** `stop` closes all connections. */
export async function listen(server: Server, port: number): Promise<Part & { readonly port: number }> {
  // Idle connections are never closed. After a stall, such as an fsync on a busy disk, Node runs timers before it reads sockets. A keep-alive timeout would
  // then close a connection that has an unread request.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** Free ports are chosen below the ephemeral ports of Linux and macOS, because outgoing connections use ephemeral ports. */
const FIRST_FREE = 20_000;
const END_OF_FREE = 32_000;
const TRIES = 20;

/** Replaces each requested port 0 by a free port. The ports must be known before a server listens, because URLs in the template contain them. */
export async function freePorts(wanted: number[]): Promise<number[]> {
  const held = await Promise.all(wanted.map((port) => port === 0 ? listenAnywhere() : listen(createServer().unref(), port)));
  await Promise.all(held.map(({ stop }) => stop()));
  return held.map(({ port }) => port);
}

/**
 * Returns the ports of the last run that `file` contains, if all of them are free and differ from `used`. Otherwise returns `spare`. An open page of the web
 * app can reach only the ports that its Content-Security-Policy contained when the page was loaded.
 */
export async function portsOfLastRun(file: string, spare: number[], used: number): Promise<number[]> {
  const last: number[] = readJson(file) ?? spare;
  const ports = last.includes(used) || last.length !== spare.length ? spare : await freePorts(last).catch(() => spare);
  writeJson(file, ports);
  return ports;
}

async function listenAnywhere(triesLeft = TRIES): Promise<Part & { readonly port: number }> {
  try {
    return await listen(createServer().unref(), randomInt(FIRST_FREE, END_OF_FREE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || triesLeft === 0) throw error;
    return listenAnywhere(triesLeft - 1);
  }
}
