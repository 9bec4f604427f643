import { readFileSync } from 'fs';
import { join } from 'path';
import { build, Plugin } from 'esbuild';

/** A bug: a file of `src` in which one text is replaced. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A seed for a rare bug. With this seed, a few histories are enough to find the bug. @default - the seed of the test */
  readonly seed?: number;
}

const ROOT = join(__dirname, '..', '..');

function plant({ name, file, from, to }: PlantedBug): Plugin {
  return {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path !== join(ROOT, 'src', file)) return undefined;
        const parts = readFileSync(path, 'utf8').split(from);
        if (parts.length !== 2) throw new Error(`planted bug "${name}": expected the text once in src/${file}, found it ${parts.length - 1} times. Change the text of the bug`);
        return { contents: parts.join(to), loader: 'ts' };
      });
    },
  };
}

/**
 * Loads modules of `src`, all with new state.
 *
 * @param files the paths of the modules in `src`
 * @param bug @default - no bug
 */
export async function loadSources<T>(files: readonly string[], bug?: PlantedBug): Promise<T> {
  const { outputFiles: [{ text }] } = await build({
    stdin: { contents: files.map((file) => `export * from './src/${file}';`).join('\n'), resolveDir: ROOT },
    bundle: true, write: false, platform: 'node', format: 'cjs', packages: 'external', supported: { 'dynamic-import': false }, plugins: bug && [plant(bug)],
  });
  const loaded = { exports: {} };
  new Function('module', 'require', text)(loaded, require);
  return loaded.exports as T;
}
