import type { BuildOptions, Plugin } from 'esbuild';

/** Options for a bundle that runs on Node anywhere. The bench compares its load time with that of `LAMBDA_BUNDLE`. */
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
 * Modules that the SDK loads by `import()` and that no handler needs. The credential providers read profiles, single sign-on and metadata endpoints, but a
 * Lambda function on Node has its credentials in its environment. Event streams are a response format that no operation of the handlers uses.
 */
const NEVER_IN_LAMBDA = [
  ...['ini', 'process', 'sso', 'login', 'web-identity', 'http'].map((source) => `@aws-sdk/credential-provider-${source}`),
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
];

/** Excludes modules in `NEVER_IN_LAMBDA` that are loaded by `import()`. The S3 client also has static imports of event streams, which load with the bundle. */
const LEFT_OUT: Plugin = {
  name: 'left-out',
  setup(build) {
    build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path, kind }) => (
      kind === 'dynamic-import' && NEVER_IN_LAMBDA.includes(path) ? { path, external: true } : undefined));
  },
};

/** Replaces the SDK's reader of `~/.aws/config` and `~/.aws/credentials`: a function has neither file, and the SDK looks for both at its first request. */
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
    build.onEnd(() => isReplaced ? undefined : { errors: [{ text: 'no bundle contains loadSharedConfigFiles.js: find its new name in the SDK' }] });
  },
};

/**
 * Options for the bundle of a handler, without the code that cannot run in Lambda.
 *
 * The bundle contains no `import()` of a bundled module. Otherwise, esbuild would wrap shared modules in functions, and V8 would compile these functions one
 * by one.
 */
export const LAMBDA_BUNDLE = {
  ...NODE_BUNDLE,
  // An `import()` of a built-in module makes Node load more code than the SDK contains. `require` does not.
  supported: { 'dynamic-import': false },
  // The SDK checks whether a body is a web stream. A reference to the global `ReadableStream` makes Node load its code for web streams.
  define: { ReadableStream: 'undefined' },
  plugins: [LEFT_OUT, NO_SHARED_CONFIG_FILES],
} as const satisfies BuildOptions;
