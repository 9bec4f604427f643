import { readFileSync } from 'fs';
import { isBuiltin } from 'module';
import * as path from 'path';
import { ENVIRONMENTS } from '../src/contract/environment';

/** What is asked for credentials when the environment has none, and what SigV4a needs. */
const NOT_BUNDLED = /^@(aws-sdk\/(credential-provider-|token-providers|nested-clients|signature-v4-crt)|smithy\/credential-provider-imds)/;

test.each(Object.keys(ENVIRONMENTS))('the bundle of %s has all but what can\'t run in Lambda', (handler) => {
  const code = readFileSync(path.join(__dirname, '../assets', handler, 'index.js'), 'utf8');
  const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
  expect(required.filter((name) => !isBuiltin(name) && !NOT_BUNDLED.test(name))).toEqual([]);
  // Each would load a part of Node that takes longer than the rest of the SDK.
  expect(code).not.toMatch(/\bimport\(/);
});
