import { execFileSync } from 'child_process';
import { readdirSync, statSync } from 'fs';
import * as path from 'path';

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

/**
 * What each handler's cold start carries: bytes of its bundle, and the time to load it in a fresh process, as a ratio
 * to loading an empty module in the same run (machines differ, ratios less so).
 */
export function bundleRows(assets: string): Record<string, object> {
  const empty = loadTime(path.join(__dirname, '..', 'jest.config.json'));
  const files = readdirSync(assets, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('index.js')).sort();
  return Object.fromEntries(files.map((file) => {
    const [handler, full] = [path.dirname(file), path.join(assets, file)];
    const ms = loadTime(full);
    return [handler, {
      'kB': Math.round(statSync(full).size / 1000), 'load ms': Number(ms.toFixed(1)), 'aim ms': AIMS_MS[handler] ?? '', 'times an empty module': Math.round(ms / empty),
    }];
  }));
}
