import { readFileSync } from 'fs';
import * as path from 'path';
import type { Plugin } from 'esbuild';

/** A file of a library, as a path in `node_modules`, and the code that replaces the file in each bundle. */
interface Replacement {
  readonly file: string;
  /** The code, or a function that changes the code of the library. */
  readonly code: string | ((original: string) => string);
}

/** Replaces a file by an empty class. No handler needs the original class. */
const emptyClass = (file: string): Replacement => ({ file, code: `export class ${path.basename(file, '.js')} {}` });

/** Library files with code that no handler runs. Each replacement has the exports that the rest of the library imports. */
export const REPLACEMENTS: readonly Replacement[] = [
  // Lambda has no `~/.aws/config` and no `~/.aws/credentials`. The SDK would search for these two files at its first request.
  {
    file: '@smithy/core/dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles.js',
    code: 'export const CONFIG_PREFIX_SEPARATOR = "."; export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
  },
  // Lambda sets the credentials of a function in its environment.
  { file: '@aws-sdk/credential-provider-node/dist-es/index.js', code: 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";' },
  // Lambda sets the region in the environment, so the SDK does not need the metadata of an EC2 instance.
  {
    file: '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js',
    code: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  // Node has native implementations of these checksums.
  emptyClass('@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js'),
  emptyClass('@smithy/core/dist-es/submodules/checksum/md5/Md5Js.js'),
  emptyClass('@smithy/core/dist-es/submodules/checksum/crc32/Crc32Js.js'),
  emptyClass('@aws-sdk/checksums/dist-es/submodules/sha/sha1/Sha1Js.js'),
  // The client of DynamoDB creates this cache, but only the optional endpoint discovery uses the cache.
  emptyClass('@aws-sdk/endpoint-cache/dist-es/EndpointCache.js'),
  // Of the S3 operations, only SelectObjectContent uses event streams, and no handler calls this operation.
  {
    file: '@smithy/core/dist-es/submodules/event-streams/index.js',
    code: 'export const resolveEventStreamSerdeConfig = (input) => input; export const eventStreamSerdeProvider = () => undefined;',
  },
  // The SDK's streams are Node streams: `LAMBDA_BUNDLE` removes the web streams.
  {
    file: '@smithy/core/dist-es/submodules/serde/util-stream/sdk-stream-mixin.browser.js',
    code: 'export const sdkStreamMixin = () => { throw new TypeError("expected a Node stream"); };',
  },
  // Signatures of events in event streams contain these headers. See above: no handler uses event streams.
  emptyClass('@smithy/signature-v4/dist-es/HeaderFormatter.js'),
  // Only Multi-Region Access Points of S3 and global endpoints of EventBridge need signatures for several regions.
  {
    file: '@aws-sdk/signature-v4-multi-region/dist-es/SignatureV4MultiRegion.js',
    code: 'export { SignatureV4SignWithCredentials as SignatureV4MultiRegion } from "./SignatureV4SignWithCredentials";',
  },
  // This file lists the regions of each AWS partition. The lists are not needed, because the regular expression of a partition matches every region in which
  // functions can run.
  {
    file: '@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
    code: (original) => `export const partitionsInfo = ${JSON.stringify(withoutRegions(original))};`,
  },
  // The schemas of requests contain no `format`. If a later schema contains `format`, this code throws an error instead of ignoring the keyword.
  {
    file: '@cfworker/json-schema/dist/esm/format.js',
    code: 'export const format = new Proxy({}, { get: (_, name) => { throw new TypeError(`expected a schema without "format", got "${name}". See build/left-out.ts`); } });',
  },
];

interface Partitions { readonly partitions: readonly { readonly regionRegex: string; readonly regions: object }[] }

function withoutRegions(code: string): Partitions {
  const data: Partitions = JSON.parse(code.slice(code.indexOf('{'), code.lastIndexOf('}') + 1));
  return {
    ...data,
    partitions: data.partitions.map((partition) => {
      const pattern = new RegExp(partition.regionRegex);
      const missed = Object.keys(partition.regions).filter((region) => !region.endsWith('-global') && !pattern.test(region));
      if (missed.length > 0) throw new Error(`expected the region pattern of each partition in the SDK to match all regions of the partition, but ${pattern} does not match ${missed.join(', ')}`);
      return { ...partition, regions: {} };
    }),
  };
}

/** Replaces the files in `REPLACEMENTS`. */
export const REPLACED_FILES: Plugin = {
  name: 'replaced-files',
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, ({ path: loaded }) => {
      const { code } = REPLACEMENTS.find(({ file }) => isFile(loaded, file)) ?? {};
      return code === undefined ? undefined : { contents: typeof code === 'string' ? code : code(readFileSync(loaded, 'utf8')), resolveDir: path.dirname(loaded) };
    });
  },
};

/** Throws if a file in `REPLACEMENTS` is in no bundle, for example because a library has renamed the file. */
export function checkReplacements(read: readonly string[]): void {
  const missing = REPLACEMENTS.filter(({ file }) => !read.some((each) => isFile(each, file))).map(({ file }) => file);
  if (missing.length > 0) throw new Error(`expected the handlers to import ${missing.join(', ')}. Change build/left-out.ts if a library has renamed or removed one of these files`);
}

const isFile = (file: string, inModules: string): boolean => file.split(path.sep).join('/').endsWith(`node_modules/${inModules}`);
