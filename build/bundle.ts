import { readdirSync, rmSync } from 'fs';
import * as path from 'path';
import { build } from 'esbuild';
import { LAMBDA_BUNDLE } from './bundle-options';

/**
 * Bundles every handler, for example `src/auth/sign-in/sign-in.lambda.ts` as `assets/auth/sign-in/index.js`. Subfolders of an area are not part of the output
 * path.
 */
const root = path.join(__dirname, '..');
rmSync(path.join(root, 'assets'), { recursive: true, force: true });
const entries = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.lambda.ts')).map((file) => `src/${file.split(path.sep).join('/')}`).sort();

void build({
  ...LAMBDA_BUNDLE,
  absWorkingDir: root,
  entryPoints: entries.map((entry) => ({ in: entry, out: `${entry.split('/')[1]}/${path.basename(entry, '.lambda.ts')}/index` })),
  outdir: 'assets',
});
