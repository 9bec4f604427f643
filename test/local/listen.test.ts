import { createServer as createHttpServer } from 'http';
import { createServer, type AddressInfo } from 'net';
import { join } from 'path';
import { temporaryFolder } from './template/stacks';
import { freePorts, listen, portsOfLastRun } from '../../local/listen';
import { writeJson } from '../../local/services/json';

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

describe('ports of the last run', () => {
  let file: string;
  let last: number[];
  let spare: number[];
  beforeEach(async () => {
    file = join(temporaryFolder(), 'ports.json');
    [last, spare] = await freePorts([0, 0, 0, 0]).then(([a, b, c, d]) => [[a, b], [c, d]]);
  });

  it('are used again', async () => {
    expect(await portsOfLastRun(file, last, 1)).toEqual(last);
    expect(await portsOfLastRun(file, spare, 1)).toEqual(last);
  });

  it('are replaced if another process uses one of them, or if the user wants one of them for another server', async () => {
    const server = createServer();
    writeJson(file, last);
    await new Promise<void>((resolve) => server.listen(last[1], '127.0.0.1', resolve));
    expect(await portsOfLastRun(file, spare, 1)).toEqual(spare);
    server.close();
    expect(await portsOfLastRun(file, last, spare[0])).toEqual(last);
  });
});

test('a server sends no keep-alive timeout', async () => {
  const { port, stop } = await listen(createHttpServer((_, response) => void response.end()), 0);
  const { headers } = await fetch(`http://127.0.0.1:${port}`);
  await stop();
  expect([headers.get('connection'), headers.get('keep-alive')]).toEqual(['keep-alive', null]);
});
