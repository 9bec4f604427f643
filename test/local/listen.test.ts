import { createServer as createHttpServer } from 'http';
import { createServer, type AddressInfo } from 'net';
import { freePorts, listen } from '../../local/listen';

describe('ports', () => {
  const listening = async (port: number) => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, end: () => new Promise((resolve) => server.close(resolve)) };
  };

  it('are the wanted ports and free ports, all different, and nothing listens on them', async () => {
    const [wanted] = await freePorts([0]);
    const ports = await freePorts([wanted, 0, 0]);
    expect(ports[0]).toBe(wanted);
    expect(new Set(ports).size).toBe(3);
    for (const port of ports) await (await listening(port)).end();
  });

  it('are not ephemeral, because an outgoing connection could use an ephemeral port before the stack listens', async () => {
    for (const port of await freePorts(new Array<number>(50).fill(0))) expect(port).toBeLessThan(32_768);
  });

  it('name a port that is in use', async () => {
    const { port, end } = await listening(0);
    await expect(freePorts([port, 0])).rejects.toThrow(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    await end();
  });
});

test('a server sends no keep-alive timeout', async () => {
  const { port, stop } = await listen(createHttpServer((_, response) => void response.end()), 0);
  const { headers } = await fetch(`http://127.0.0.1:${port}`);
  await stop();
  expect([headers.get('connection'), headers.get('keep-alive')]).toEqual(['keep-alive', null]);
});
