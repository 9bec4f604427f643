import { createServer, type AddressInfo } from 'net';

/**
 * The wanted ports, with a free one for each 0, all different. They must be known before the template is resolved, and so
 * before anything listens on them.
 */
export async function freePorts(wanted: number[]): Promise<number[]> {
  const servers = wanted.map(() => createServer());
  try {
    await Promise.all(servers.map((server, index) => new Promise<void>((resolve, reject) => {
      server.once('error', ({ message }) => reject(new Error(`port ${wanted[index]} can't be used (${message}): name another one with --port, 0 for any free one`)));
      server.listen(wanted[index], '127.0.0.1', resolve);
    })));
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
