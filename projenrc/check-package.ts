import { existsSync } from 'fs';
import * as path from 'path';
import { ENVIRONMENTS } from '../src/contract/environment';

/** npm packs what is there and says nothing of what is missing. Runs before each `npm pack` and `npm publish`. */
const root = path.join(__dirname, '..');
const required = ['.jsii', 'lib/index.js', 'lib/index.d.ts', ...Object.keys(ENVIRONMENTS).map((handler) => `assets/${handler}/index.js`)];
const missing = required.filter((file) => !existsSync(path.join(root, file)));
if (missing.length > 0) {
  console.error(`The package would be incomplete: ${missing.join(', ')} missing. Run "npm run build" first.`);
  process.exitCode = 1;
}
