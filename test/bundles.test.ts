import { readFileSync } from 'fs';
import { isBuiltin } from 'module';
import * as path from 'path';
import { ENVIRONMENTS } from '../src/contract/environment';

/** Modules that the SDK loads only when a client needs them: credential providers for use outside Lambda, event streams, and native code for SigV4a. */
const NOT_BUNDLED = /^@(aws-sdk\/(credential-provider-|signature-v4-crt)|smithy\/(credential-provider-imds|core\/event-streams))/;

test.each(Object.keys(ENVIRONMENTS))('the bundle of %s contains all modules except those that cannot run in Lambda', (handler) => {
  const code = readFileSync(path.join(__dirname, '../assets', handler, 'index.js'), 'utf8');
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
  expect(required.filter((name) => !isBuiltin(name) && !NOT_BUNDLED.test(name))).toEqual([]);
  // A dynamic `import()` makes a cold start slower: the part of Node that it needs takes longer to load than the rest of the SDK.
  expect(code).not.toMatch(/\bimport\(/);
});
