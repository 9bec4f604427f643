import { readFileSync } from 'fs';
import * as path from 'path';
import { bundledPackages } from './handlers';
import { licenseProblems } from './license-rules';

/** Fails if the license of a bundled, published or installed package is not allowed. */
async function main(): Promise<void> {
  const lock = JSON.parse(readFileSync(path.join(__dirname, '..', 'package-lock.json'), 'utf8'));
  const bundled = (await bundledPackages()).map(({ name }) => name);
  const problems = licenseProblems(lock, bundled);
  console.log(`Checked the licenses of ${Object.keys(lock.packages).length - 1} installed packages. Handlers contain code of ${bundled.length} packages.`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

void main();
