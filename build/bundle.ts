import { readdirSync, rmSync } from 'fs';
import * as path from 'path';
import { build } from 'esbuild';

/** `src/auth/sign-in/sign-in.lambda.ts` becomes `assets/auth/sign-in/index.js`, with all it needs in it: an area's folders don't count. */
const root = path.join(__dirname, '..');
rmSync(path.join(root, 'assets'), { recursive: true, force: true });
const entries = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.lambda.ts')).map((file) => `src/${file.split(path.sep).join('/')}`).sort();

void build({
  absWorkingDir: root,
  entryPoints: entries.map((entry) => ({ in: entry, out: `${entry.split('/')[1]}/${path.basename(entry, '.lambda.ts')}/index` })),
  outdir: 'assets',
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The SDK's ES modules shake better than what `require` would choose.
  mainFields: ['module', 'main'],
  legalComments: 'none',
});
