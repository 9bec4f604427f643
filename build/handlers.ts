import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { build, Metafile } from 'esbuild';
import { CLIENT_FILE, exportsOf, LAMBDA_BUNDLE } from './bundle-options';
import { checkReplacements } from './left-out';

const root = path.join(__dirname, '..');

/**
 * Bundles every handler, for example `src/auth/sign-in/sign-in.lambda.ts` as `assets/auth/sign-in/index.js`. Subfolders of an area are not part of the output
 * path. An SDK client that a handler loads by `import()` is a separate file in the same folder, for example `assets/upload/manage-uploads/client-s3.js`. This
 * file exports only the names that the handler uses.
 *
 * Returns the outputs of esbuild, which list the files in each bundle. With `write: false`, writes no bundle.
 */
export async function bundleHandlers({ write }: { write: boolean }): Promise<Metafile['outputs']> {
  const entries = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lambda.ts')).map((file) => `src/${file.split(path.sep).join('/')}`).sort();
  const handlers = await bundle(entries.map((entry) => ({ in: entry, out: `${entry.split('/')[1]}/${path.basename(entry, '.lambda.ts')}/index` })), write);
  const loaded = Object.entries(handlers.outputs).flatMap(([file, { imports, inputs }]) => imports.flatMap((each) => {
    const [, client] = CLIENT_FILE.exec(each.path) ?? [];
    return client ? [{ client, folder: path.posix.relative('assets', path.posix.dirname(file)), sources: Object.keys(inputs) }] : [];
  }));
  const clientEntries = await Promise.all(loaded.map(async ({ client, folder, sources }) => (
    { in: await exportsOf(`@aws-sdk/${client}`, usedMembers(sources)), out: `${folder}/${client}` })));
  const clients = await bundle(clientEntries, write);
  checkReplacements(Object.keys({ ...handlers.inputs, ...clients.inputs }));
  return { ...handlers.outputs, ...clients.outputs };
}

/**
 * Returns the members of SDK clients that the files in src/ may use: all capitalized names after a dot, such as `HeadObjectCommand` in `s3.HeadObjectCommand`.
 * Ignores `files` outside src/.
 */
function usedMembers(files: string[]): Set<string> {
  const sources = files.filter((file) => file.startsWith('src/')).map((file) => readFileSync(path.join(root, file), 'utf8'));
  return new Set(sources.flatMap((source) => Array.from(source.matchAll(/\.([A-Z]\w+)/g), ([, name]) => name)));
}

async function bundle(entryPoints: { in: string; out: string }[], write: boolean): Promise<Metafile> {
  const { metafile } = await build({ ...LAMBDA_BUNDLE, absWorkingDir: root, entryPoints, outdir: 'assets', metafile: true, write });
  return metafile;
}

/** A package whose code is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly folder: string;
}

/** Returns the packages whose code is in the bundles of the handlers, sorted by name. Excludes packages whose code esbuild removes as unused. */
export async function bundledPackages(): Promise<BundledPackage[]> {
  const outputs = await bundleHandlers({ write: false });
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0));
  const folders = new Set(files.flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    return { name, version, license, folder: path.join(root, folder) };
  });
}
