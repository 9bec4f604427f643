import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import type { BuildOptions, Plugin } from 'esbuild';
import { REPLACED_FILES } from './left-out';

/** Options for a bundle that runs on any Node. The benchmark compares the load times of bundles with `NODE_BUNDLE` and with `LAMBDA_BUNDLE`. */
export const NODE_BUNDLE = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The SDK's ES modules allow more tree shaking than its CommonJS modules.
  mainFields: ['module', 'main'],
  legalComments: 'none',
} as const satisfies BuildOptions;

/** Excludes the SDK's event streams, which the SDK loads by `import()`. No handler calls an operation whose response is an event stream. */
const NO_EVENT_STREAMS: Plugin = {
  name: 'no-event-streams',
  setup(build) {
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path: module, kind }) => (kind === 'dynamic-import' ? { path: module, external: true } : undefined));
  },
};

/** Returns all capitalized words in the sources of the library. */
function sourceWords(): Set<string> {
  const sources = path.join(__dirname, '..', 'src');
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return new Set(files.flatMap((file) => readFileSync(path.join(sources, file), 'utf8').match(/\b[A-Z]\w+/g) ?? []));
}

/** Removes unused data from the SDK's clients. Without this plugin, esbuild would keep the data in each bundle. */
const SMALLER_CLIENTS: Plugin = {
  name: 'smaller-clients',
  setup(build) {
    const used = sourceWords();
    build.onLoad({ filter: /[\\/]client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, ({ path: file }) => {
      const code = readFileSync(file, 'utf8');
      const literals = new Map(Array.from(code.matchAll(/^const (_\w+) = (".*");$/gm), ([, name, literal]) => [name, literal]));
      const errors = readFileSync(path.join(path.dirname(file), '..', 'models', 'errors.js'), 'utf8');
      const retryable = new Set(Array.from(errors.matchAll(/^export class (\w+) [^}]*\$retryable = /gm), ([, name]) => name));
      return {
        contents: code
          // Replaces computed keys with literal keys, such as `[_hH]` with `"httpHeader"`. A computed key can run code, so esbuild would keep the schemas of
          // all operations of a client. In the S3 client, these schemas are 66 KB.
          .replace(/\[(_\w+)\]:/g, (key, name: string) => (literals.has(name) ? `${literals.get(name)}:` : key))
          // Keeps an error class only if the library names the error, or if the SDK retries the request after this error. For any other error, the SDK throws
          // the base class of the service, with the same name and message.
          .replace(/^n0_registry\.registerError\((\w+)\$, \1\);$/gm, (call, name: string) => (used.has(name) || retryable.has(name) ? call : '')),
      };
    });
    // A client needs no field of its package.json except the version.
    build.onLoad({ filter: /[\\/]client-[a-z0-9-]+[\\/]package\.json$/ }, ({ path: file }) => (
      { contents: JSON.stringify({ version: JSON.parse(readFileSync(file, 'utf8')).version }), loader: 'json' }));
  },
};

/** The path from which a bundle loads an SDK client that is in a separate file. The group in the pattern matches the name of the client. */
export const CLIENT_FILE = /^\.\/(client-[a-z0-9-]+)\.js$/;

/** Excludes from a bundle each SDK client that the handler loads by `import()`. The bundle loads the client from a separate file in its folder. */
const SEPARATE_CLIENTS: Plugin = {
  name: 'separate-clients',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path: client, kind }) => (kind === 'dynamic-import' ? { path: `${client.replace('@aws-sdk', '.')}.js`, external: true } : undefined));
  },
};

const EXPORTS = 'exports:';

/** Returns the entry point for a bundle of an SDK client. The bundle exports only the members of the client whose names are in `used`. */
export async function exportsOf(client: string, used: ReadonlySet<string>): Promise<string> {
  return `${EXPORTS}${client}:${Object.keys(await import(client)).filter((name) => used.has(name)).join(', ')}`;
}

const CLIENT_EXPORTS: Plugin = {
  name: 'client-exports',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${EXPORTS}`) }, ({ path: name }) => ({ path: name, namespace: EXPORTS }));
    build.onLoad({ filter: /./, namespace: EXPORTS }, ({ path: name }) => {
      const [, client, names] = name.split(':');
      return { contents: `export { ${names} } from '${client}';`, resolveDir: __dirname };
    });
  },
};

/**
 * Options for the bundle of a handler, without code that Lambda does not need.
 *
 * The bundle contains no `import()` of a bundled SDK module. With such an `import()`, esbuild would wrap shared modules in functions, and V8 would compile
 * these functions one by one. A client that a handler loads by `import()` is therefore in a separate file.
 */
export const LAMBDA_BUNDLE = {
  ...NODE_BUNDLE,
  // Built-in modules are loaded by `require`: `import()` would make Node load an additional module, which is larger than the SDK.
  supported: { 'dynamic-import': false },
  // The SDK refers to the global `ReadableStream`, and this reference would make Node load its code for web streams.
  define: { ReadableStream: 'undefined' },
  plugins: [NO_EVENT_STREAMS, SEPARATE_CLIENTS, REPLACED_FILES, SMALLER_CLIENTS, CLIENT_EXPORTS],
} as const satisfies BuildOptions;
