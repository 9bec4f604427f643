import { readFileSync } from 'fs';
import type { BuildOptions, Plugin } from 'esbuild';

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

/**
 * Modules that the SDK loads by `import()` and that no handler needs. Most of these modules are credential providers, which a Lambda function does not need,
 * because its environment contains its credentials. No handler uses event streams, which are a response format.
 */
const NEVER_IN_LAMBDA = [
  ...['ini', 'process', 'sso', 'login', 'web-identity', 'http'].map((source) => `@aws-sdk/credential-provider-${source}`),
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
];

/** Excludes modules in `NEVER_IN_LAMBDA` that are loaded by `import()`. A static import of such a module remains, for example in the S3 client. */
const LEFT_OUT: Plugin = {
  name: 'left-out',
  setup(build) {
    build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path, kind }) => (
      kind === 'dynamic-import' && NEVER_IN_LAMBDA.includes(path) ? { path, external: true } : undefined));
  },
};

/**
 * Replaces the SDK's reader of `~/.aws/config` and `~/.aws/credentials`. A Lambda function does not have these two files. Without this plugin, the SDK
 * would search for them at its first request.
 */
const NO_SHARED_CONFIG_FILES: Plugin = {
  name: 'no-shared-config-files',
  setup(build) {
    let isReplaced = false;
    build.onLoad({ filter: /[\\/]shared-ini-file-loader[\\/]loadSharedConfigFiles\.js$/ }, () => {
      isReplaced = true;
      return {
        contents: 'export const CONFIG_PREFIX_SEPARATOR = "."; export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
      };
    });
    build.onEnd(() => isReplaced ? undefined : { errors: [{ text: 'expected the SDK\'s loadSharedConfigFiles.js in a bundle, got none. If the SDK has renamed the file, change the filter in build/bundle-options.ts' }] });
  },
};

/** Removes unused data from the SDK's clients. Without this plugin, esbuild would keep the data in each bundle. */
const SMALLER_CLIENTS: Plugin = {
  name: 'smaller-clients',
  setup(build) {
    // Replaces computed keys with literal keys, such as `[_hH]` with `"httpHeader"`. A computed key can run code, so esbuild would keep the schemas of all
    // operations of a client. In the S3 client, these schemas are 66 KB.
    build.onLoad({ filter: /[\\/]client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      const literals = new Map(Array.from(code.matchAll(/^const (_\w+) = (".*");$/gm), ([, name, literal]) => [name, literal]));
      return { contents: code.replace(/\[(_\w+)\]:/g, (key, name: string) => (literals.has(name) ? `${literals.get(name)}:` : key)) };
    });
    // A client reads only the version in its package.json.
    build.onLoad({ filter: /[\\/]client-[a-z0-9-]+[\\/]package\.json$/ }, ({ path }) => (
      { contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }), loader: 'json' }));
  },
};

/** The path from which a bundle loads an SDK client that is in a separate file. The group in the pattern matches the name of the client. */
export const CLIENT_FILE = /^\.\/(client-[a-z0-9-]+)\.js$/;

/** Excludes from a bundle each SDK client that the handler loads by `import()`. The bundle loads the client from a separate file in its folder. */
const SEPARATE_CLIENTS: Plugin = {
  name: 'separate-clients',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path: path.replace('@aws-sdk', '.') + '.js', external: true } : undefined));
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
    build.onResolve({ filter: new RegExp(`^${EXPORTS}`) }, ({ path }) => ({ path, namespace: EXPORTS }));
    build.onLoad({ filter: /./, namespace: EXPORTS }, ({ path }) => {
      const [, client, names] = path.split(':');
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
  plugins: [LEFT_OUT, SEPARATE_CLIENTS, NO_SHARED_CONFIG_FILES, SMALLER_CLIENTS, CLIENT_EXPORTS],
} as const satisfies BuildOptions;
