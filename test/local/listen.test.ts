import { createServer as createHttpServer } from 'http';
import { createServer, type AddressInfo } from 'net';
import { freePorts, listen } from '../../local/listen';

describe('ports', () => {
  const listening = async (port: number) => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, end: () => new Promise((resolve) => server.close(resolve)) };
  };

  it('are the wanted ones and free ones, all different, and nothing holds them', async () => {
    const [wanted] = await freePorts([0]);
    const ports = await freePorts([wanted, 0, 0]);
    expect(ports[0]).toBe(wanted);
    expect(new Set(ports).size).toBe(3);
    for (const port of ports) await (await listening(port)).end();
  });

  it('are no ephemeral ones, which an outgoing connection may take before the stack listens', async () => {
    for (const port of await freePorts(new Array<number>(50).fill(0))) expect(port).toBeLessThan(32_768);
  });

  it('say which one is taken', async () => {
    const { port, end } = await listening(0);
    await expect(freePorts([port, 0])).rejects.toThrow(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    await end();
  });
});

test('a server announces no time after which it ends an idle connection', async () => {
  const { port, stop } = await listen(createHttpServer((_, response) => void response.end()), 0);
  const { headers } = await fetch(`http://127.0.0.1:${port}`);
  await stop();
  expect([headers.get('connection'), headers.get('keep-alive')]).toEqual(['keep-alive', null]);
});
