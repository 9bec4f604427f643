import { promises as fs } from 'fs';
import * as path from 'path';
import { run } from '../build/shell';

const root = path.join(__dirname, '..');

/**
 * The packages of the library, as the registries would serve them. `tarball` is the npm package. For each other language, the value is a folder with generated
 * code.
 */
export interface Artifacts {
  readonly version: string;
  readonly tarball: string;
  readonly python: string;
  readonly java: string;
  readonly go: string;
  readonly dotnet: string;
}

/**
 * Packs the last build for npm, and generates the packages of the other languages from that npm package. These packages can therefore contain only files of the
 * npm package. If `rename` is set, this word is renamed in all code of the package, and every consumer must then fail.
 */
export async function pack(folder: string, rename?: string): Promise<Artifacts> {
  await run(root, 'npm', ['pack', '--silent', '--pack-destination', folder]);
  const packed = path.join(folder, (await fs.readdir(folder)).find((name) => name.endsWith('.tgz'))!);
  await run(folder, 'tar', ['-xzf', packed]);
  const source = path.join(folder, 'package');

  // The package does not contain the library's build tools, so its npm scripts cannot run and are removed.
  const file = path.join(source, 'package.json');
  const manifest = JSON.parse(await fs.readFile(file, 'utf8'));
  await fs.writeFile(file, JSON.stringify({ ...manifest, scripts: {} }, null, 2));
  if (rename) await renameIn(source, rename);
  await fs.symlink(path.join(root, 'node_modules'), path.join(source, 'node_modules'));
  await run(source, 'npm', ['pack', '--silent', '--pack-destination', folder]);

  const dist = path.join(folder, 'dist');
  const targets = ['python', 'java', 'go', 'dotnet'];
  await run(source, path.join(root, 'node_modules/.bin/jsii-pacmak'), ['--targets', ...targets, '--code-only', '--no-npmignore', '--outdir', dist]);
  return {
    version: manifest.version, tarball: packed,
    python: path.join(dist, 'python'), java: path.join(dist, 'java'), go: path.join(dist, 'go', 'serverlessvod'), dotnet: path.join(dist, 'dotnet'),
  };
}

async function renameIn(folder: string, word: string): Promise<void> {
  for (const file of await fs.readdir(folder, { recursive: true })) {
    if (!/(?:^|\/)\.jsii$|^lib\/.*\.(?:js|d\.ts)$/.test(file)) continue;
    const text = await fs.readFile(path.join(folder, file), 'utf8');
    await fs.writeFile(path.join(folder, file), text.replace(new RegExp(`\\b${word}\\b`, 'g'), `${word}Renamed`));
  }
}
