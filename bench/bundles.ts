import { execFileSync } from 'child_process';
import { readdirSync, statSync } from 'fs';
import * as path from 'path';
import { authorizerRows } from './authorizer';

/**
 * What each handler's cold start carries: bytes of its bundle, and the time to load it in a fresh process, as a ratio
 * to loading an empty module in the same run (machines differ, ratios less so).
 */
const assets = path.join(__dirname, '..', 'assets');
const RUNS = 7;

/** The authorizer stands before every first request of a token; the others have no aim yet. */
const AIMS_MS: Record<string, number> = { 'auth/authorize-token': 15 };

/** Milliseconds that `require` takes in a fresh process: the median of several. */
function loadTime(file: string): number {
  // A handler that misses its environment throws at its first own line, when everything it imports has loaded.
  const script = 'const t = process.hrtime.bigint(); try { require(process.argv[1]); } catch {} process.stdout.write(String(Number(process.hrtime.bigint() - t) / 1e6)); process.exit()';
  const times = Array.from({ length: RUNS }, () => Number(execFileSync(process.execPath, ['-e', script, file], { encoding: 'utf8' })));
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)];
}

const empty = loadTime(path.join(__dirname, '..', 'jest.config.json'));
const rows = readdirSync(assets, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('index.js')).sort()
  .map((file) => {
    const full = path.join(assets, file);
    return { handler: path.dirname(file), kB: Math.round(statSync(full).size / 1000), loadMs: Number(loadTime(full).toFixed(1)) };
  });
console.table(Object.fromEntries(rows.map(({ handler, kB, loadMs }) => [
  handler, { kB, 'load ms': loadMs, 'aim ms': AIMS_MS[handler] ?? '', 'times an empty module': Math.round(loadMs / empty) },
])));

void authorizerRows(assets).then((warm) => console.table(warm));
