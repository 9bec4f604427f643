import * as path from 'path';
import { authorizerRows } from './authorizer';
import { bundleRows } from './bundles';

/** Every figure that we claim, measured on this machine. */
async function main(): Promise<void> {
  const assets = path.join(__dirname, '..', 'assets');
  console.table(bundleRows(assets));
  console.table(await authorizerRows(assets));
}

void main();
