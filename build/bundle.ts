import { readdirSync, rmSync } from 'fs';
import * as path from 'path';
import { build } from 'esbuild';

/** `src/auth/sign-in/sign-in.lambda.ts` becomes `assets/auth/sign-in/index.js`, with all it needs in it: an area's folders don't count. */
const root = path.join(__dirname, '..');
rmSync(path.join(root, 'assets'), { recursive: true, force: true });
const entries = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.lambda.ts')).map((file) => `src/${file.split(path.sep).join('/')}`).sort();

/**
 * What the SDK asks for credentials when the environment has none: profiles, single sign-on, instance metadata. A Lambda function's environment has them.
 * These are imported when they are used, so a function works without them.
 */
const NEVER_IN_LAMBDA = ['ini', 'process', 'sso', 'login', 'web-identity'].map((source) => `@aws-sdk/credential-provider-${source}`)
  .concat('@aws-sdk/token-providers', '@aws-sdk/nested-clients', '@smithy/credential-provider-imds');

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
  external: NEVER_IN_LAMBDA,
  // An `import()` makes Node load what takes longer than all the rest of the SDK; `require` does not.
  supported: { 'dynamic-import': false },
});
