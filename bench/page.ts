import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { gzipSync } from 'zlib';
import { startStack } from '../local/stack';
import { launchBrowser, Tab } from '../test/journey/tab';

const ROUNDS = 5;
/** The limit of the first load in bytes, with gzip -9 and without the player. */
const MAX_BYTES = 100_000;
/** A network with the delay and the rate of a phone with 4G. */
const NETWORK = { offline: false, latency: 60, downloadThroughput: 9_000_000 / 8, uploadThroughput: 1_500_000 / 8 };

interface Load { readonly requests: number; readonly bytes: number; readonly firstPaint: number; readonly usable: number; readonly interaction: number }

/** Loads the example page in Chromium with an empty cache. The local stack does not compress, so the bytes are compressed here. */
async function load(tab: Tab, network?: typeof NETWORK): Promise<Load> {
  const { page } = tab;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  if (network) await session.send('Network.emulateNetworkConditions', network);
  const bodies: Promise<number>[] = [];
  page.on('response', (response) => {
    const isFile = /\.(js|css)$|\/$/.test(new URL(response.url()).pathname) && !response.url().includes('/api/');
    if (isFile) bodies.push(response.body().then((body) => gzipSync(body, { level: 9 }).length, () => 0));
  });
  const begin = Date.now();
  await page.reload({ waitUntil: 'commit' });
  await page.getByText('Nothing yet: upload your first video.').waitFor();
  const usable = Date.now() - begin;
  const bytes = await Promise.all(bodies);
  const firstPaint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  // The time from the choice of a file until the page shows it.
  const interaction = await page.evaluate(async () => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['a video'], 'clip.mp4', { type: 'video/mp4' }));
    const start = performance.now();
    document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    while (!document.querySelector('#chosen li')) await new Promise(requestAnimationFrame);
    return performance.now() - start;
  });
  await session.detach();
  return { requests: bytes.length, bytes: bytes.reduce((sum, each) => sum + each, 0), firstPaint, usable, interaction };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

export async function pageRows(): Promise<{ rows: object[]; isWithinBound: boolean }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-page-'));
  const browser = await launchBrowser();
  try {
    await using stack = await startStack({ app: path.join(__dirname, '..', 'examples/typescript/full/app.ts'), port: 0, data: path.join(folder, 'data'), log: () => undefined });
    const rows = [];
    for (const [network, conditions] of [['none', undefined], ['60 ms, 9 Mbit/s', NETWORK]] as const) {
      const loads: Load[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const context = await browser.newContext();
        const tab = await Tab.open(context, stack.facts);
        await tab.signIn();
        loads.push(await load(tab, conditions));
        await context.close();
      }
      const of = (name: keyof Load) => Math.round(median(loads.map((each) => each[name])));
      rows.push({
        'network': network, 'files': of('requests'), 'bytes (gzip -9)': of('bytes'), 'bound': MAX_BYTES,
        'first contentful paint (ms)': of('firstPaint'), 'lists visible (ms)': of('usable'), 'chosen file visible (ms)': of('interaction'),
      });
    }
    return { rows, isWithinBound: rows.every((row) => row['bytes (gzip -9)'] < MAX_BYTES && row['bytes (gzip -9)'] > 10_000) };
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
