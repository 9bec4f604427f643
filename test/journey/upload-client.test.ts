import { PATIENCE_MS, stopAll } from './stack';
import { ClientProcess } from './upload-client/client-process';
import { survive } from './upload-client/survival';

/** `SIZE=300000000 OFFLINE=60` is the complete test. */
const SIZE = Number(process.env.SIZE ?? 160_000_001);
const OFFLINE_SECONDS = Number(process.env.OFFLINE ?? 3);

jest.setTimeout(2 * PATIENCE_MS + OFFLINE_SECONDS * 1000);
afterAll(async () => {
  ClientProcess.running.forEach((client) => client.kill());
  await stopAll();
});

const faults = `${OFFLINE_SECONDS} seconds without a network, a pause, expired tokens, and kill -9 of the client and of the stack`;

test(`an upload of ${SIZE} bytes from Node survives ${faults}`, async () => {
  const steps: string[] = [];
  const options = { size: SIZE, offlineSeconds: OFFLINE_SECONDS, say: (text: string) => steps.push(text) };
  const { source, stored, refusals, end, phases, partCount, videos } = await survive(options)
    .catch((error: Error) => { throw new Error(`${error.message}\n${steps.join('\n')}`); });
  expect(stored).toBe(source);
  expect(end.video).toBeDefined();
  // The first client ended when it started part `partCount * 0.6`. At that time, S3 had stored all parts up to this part, except at most the last four. The
  // second client sends the missing parts and all later parts.
  expect(end.sent.length).toBeLessThanOrEqual(partCount - (Math.ceil(partCount * 0.6) - 4));
  expect(new Set(end.sent).size).toBe(end.sent.length);
  expect(phases).toEqual(expect.arrayContaining(['waiting', 'paused', 'checking', 'completing', 'done']));
  expect(refusals.map(({ error, sent }) => [error?.code, sent])).toEqual([['other_file', []], ['other_file', []]]);
  const file = { fileName: 'film.mp4', size: SIZE };
  expect(refusals.map(({ error }) => [error?.expected, error?.actual])).toEqual([
    [expect.objectContaining(file), { fileName: 'other.mp4', size: SIZE }], [expect.objectContaining(file), file],
  ]);
  expect([end.removals, videos]).toEqual([0, 1]);
  expect(end.renewals).toBeGreaterThan(0);
});
