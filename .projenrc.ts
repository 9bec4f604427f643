import { awscdk, javascript } from 'projen';
import { publishedFiles } from './build/artifact';
import { lintDirections } from './build/directions';
import { testOnTwoCdks } from './build/two-cdks';
import { addWorkflows, GO, MAVEN, NUGET, PYPI, RELEASE_LIBRARIES, WORKFLOWS } from './build/workflows';

/** The oldest supported version of the CDK, and the oldest version of `constructs` that this CDK accepts. */
const CDK_FLOOR = '2.260.0';
const CONSTRUCTS_FLOOR = '10.5.1';

/**
 * A dependency of aws-cdk-lib, in the version that `go.mod` of aws-cdk-go names for `CDK_FLOOR`. jsii-pacmak makes the generated Go module require the
 * installed version. Without this entry, npm would install a newer version, which Go's module proxy may not have.
 */
const CLOUD_ASSEMBLY_SCHEMA = '@aws-cdk/cloud-assembly-schema@54.1.0';

/** Libraries of the handlers. esbuild bundles them into assets/, so the published package does not depend on them. */
const HANDLER_LIBRARIES = [
  '@aws-sdk/client-cognito-identity-provider',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-eventbridge',
  '@aws-sdk/client-mediaconvert',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-secrets-manager',
  '@aws-sdk/client-sqs',
  '@aws-sdk/client-sts',
  '@aws-sdk/core',
  '@aws-sdk/lib-dynamodb',
  '@aws-sdk/s3-request-presigner',
  '@aws-sdk/util-dynamodb',
  '@cfworker/json-schema',
  '@smithy/core',
  '@types/aws-lambda',
  'aws-jwt-verify',
  'cookie',
  'json-schema-to-ts',
  'uuid',
];

const TEST_LIBRARIES = [
  '@aws/cloudformation-validate@1.9.0-beta',
  '@aws-cdk/cloudformation-diff',
  '@aws-sdk/cloudfront-signer',
  '@aws-sdk/lib-storage@^3.1169.0',
  '@foxglove/crc',
  '@hpcc-js/wasm-graphviz',
  '@seriousme/openapi-schema-validator',
  '@types/spdx-satisfies@^6',
  'aws-cdk-newest@npm:aws-cdk-lib@^2.276.0',
  'aws-sdk-client-mock',
  'axe-core',
  'cdk-nag@^3',
  'fast-check',
  'hls-parser',
  'hls.js',
  'lit-html',
  'm3u8-parser',
  'playwright-core',
  'spdx-satisfies@^6',
];

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'serverless-vod',
  description: 'Video on demand on AWS in one line: sign-in, uploads straight to S3, adaptive HLS, a catalog and protected playback. No servers.',
  author: 'The serverless-vod authors',
  authorAddress: 'maintainers@serverless-vod.dev',
  authorOrganization: true,
  repositoryUrl: 'git+https://github.com/serverless-vod/serverless-vod.git',
  license: 'Apache-2.0',
  copyrightOwner: 'The serverless-vod authors',
  homepage: 'https://github.com/serverless-vod/serverless-vod#readme',
  bugsUrl: 'https://github.com/serverless-vod/serverless-vod/issues',
  // Construct Hub lists a package only if it has the keyword `awscdk`.
  keywords: [
    'aws', 'awscdk', 'aws-cdk', 'cdk', 'cloudfront', 'hls', 'mediaconvert', 'serverless', 'streaming', 'transcoding', 'upload', 'video', 'video-on-demand', 'vod',
  ],
  stability: 'experimental',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  ...WORKFLOWS,
  projenrcTs: true,
  npmignoreEnabled: false,
  projenrcTsOptions: { projenCodeDir: 'build' },
  minNodeVersion: '22.13.0',
  typescriptVersion: '~6.0.3',
  jsiiVersion: '~6.0.16',
  cdkVersion: CDK_FLOOR,
  constructsVersion: CONSTRUCTS_FLOOR,
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,
  // jsii compiles only the constructs. tsconfig.dev.json type-checks the handlers, and esbuild bundles them.
  excludeTypescript: ['src/runtime/**', 'src/**/*.lambda.ts', 'src/**/*.runtime.ts'],
  publishToPypi: { ...PYPI, distName: 'serverless-vod', module: 'serverless_vod' },
  publishToMaven: { ...MAVEN, javaPackage: 'io.github.serverlessvod', mavenGroupId: 'io.github.serverless-vod', mavenArtifactId: 'serverless-vod' },
  publishToGo: { ...GO, moduleName: 'github.com/serverless-vod/serverless-vod-go' },
  // No part of the namespace can have the name of a public class: C# would resolve the class name to the namespace (CS0118, CS0426).
  publishToNuget: { ...NUGET, dotNetNamespace: 'ServerlessVodCdk', packageId: 'ServerlessVod' },
  // build/api-reference.ts writes API.md.
  docgen: false,
  devDeps: ['@jsii/spec', '@types/node@^22', 'tsx', 'esbuild', ...RELEASE_LIBRARIES, ...HANDLER_LIBRARIES, ...TEST_LIBRARIES, CLOUD_ASSEMBLY_SCHEMA],
  gitignore: ['/assets/', '/judges/.venv/', '/.jsii.tabl.json', '/.local/', 'cdk.out/', '/.npmignore'],
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    preserveDefaultReporters: false,
    junitReporting: false,
    configFilePath: 'jest.config.json',
    jestConfig: {
      collectCoverage: false,
      maxWorkers: '100%',
      testTimeout: 30_000,
      globalSetup: '<rootDir>/test/programs.js',
      testSequencer: '<rootDir>/test/longest-first.js',
      setupFiles: ['<rootDir>/test/setup.js'],
      reporters: [new javascript.JestReporter('default'), new javascript.JestReporter('<rootDir>/test/closing-line.js')],
    },
  },
  eslintOptions: { projectService: false, tsconfigPath: './tsconfig.dev.json', dirs: ['src'], devdirs: ['test', 'local', 'examples', 'consumers', 'bench', 'judges', 'build'], commandOptions: { fix: false } },
  // Without these options, a fifth of the package would be source maps.
  tsconfig: { compilerOptions: { inlineSourceMap: false, inlineSources: false } },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    include: ['.projenrc.ts'],
    exclude: ['lib', 'dist', '.local', 'cdk.out'],
    // With `node20`, handlers can import ES modules.
    compilerOptions: {
      module: 'node20', lib: ['es2023', 'dom', 'dom.iterable'], isolatedModules: true, skipLibCheck: true,
      // The examples import the library by its name, as users do.
      paths: { 'serverless-vod': ['./src/index.ts'], 'serverless-vod/read-model': ['./src/contract/read-model.ts'] },
    },
  },
});

// npm 11 looks for a platform package of unrs-resolver 1.13.0 that was never published, so the project uses 1.12.2.
project.package.addPackageResolutions('unrs-resolver@1.12.2');
// npm does not run the install scripts of these packages. The packages work without the scripts: their compiled programs are in
// optional dependencies or in the package itself.
project.package.addField('allowScripts', { '@parcel/watcher': false, 'classic-level': false, 'esbuild': false, 'unrs-resolver': false });
// The dependencies of the local stack are in a workspace, so the published package does not depend on them.
project.package.addField('workspaces', ['local']);
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
publishedFiles(project);

const apiReference = project.addTask('api-reference', { description: 'Write API.md from the jsii assembly (.jsii) of the last compilation', exec: 'tsx build/api-reference.ts' });
project.annotateGenerated('/API.md');
const openapi = project.addTask('openapi', { description: 'Write openapi.json', exec: 'tsx build/openapi.ts' });
project.annotateGenerated('/openapi.json');
const architecture = project.addTask('architecture', { description: 'Draw docs/architecture.svg from the synthesized template', exec: 'tsx build/architecture.ts' });
project.annotateGenerated('/docs/architecture.svg');
project.addTask('screenshot', { description: 'Write docs/page.jpg, the screenshot in README', exec: 'projen bundle && tsx build/screenshot.ts' });
project.addTask('release-dry-run', { description: 'Create the artifacts of a release, and publish nothing', exec: 'tsx build/release-dry-run.ts', receiveArgs: true });
project.addTask('consumers', { description: 'Use the packed library in each language, and compare the templates', exec: 'tsx consumers/run.ts', receiveArgs: true });
// jsii doesn't delete the output of deleted sources.
project.compileTask.prependExec('node -e "fs.rmSync(\'lib\', { recursive: true, force: true })"');
project.compileTask.exec('tsx build/assembly.ts');
// The workspace `local` installs Node 24 as an npm package, so `node` is Node 24 in npm scripts.
project.testTask.reset('npx projen bundle');
project.testTask.exec('node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --ci', { receiveArgs: true });
// projen's build task runs these steps too, then the tests, then packages the library. The task `make` only builds and checks.
for (const task of ['bundle', 'notice', 'licenses']) project.preCompileTask.spawn(project.tasks.tryFind(task)!);
for (const task of [apiReference, openapi, architecture]) project.postCompileTask.spawn(task);
// Fails if an example in README or a docstring doesn't compile.
project.postCompileTask.exec('jsii-rosetta extract --strict');
project.postCompileTask.exec('tsc --noEmit -p tsconfig.dev.json');
project.postCompileTask.spawn(project.eslint!.eslintTask);
const build = project.addTask('make', { description: 'Compile, bundle, document, type-check and lint' });
for (const task of [project.defaultTask!, project.preCompileTask, project.compileTask, project.postCompileTask]) build.spawn(task);
project.package.setScript('build', 'npx projen make');
project.package.setScript('start', 'npx projen bundle && exec node --import tsx local/main.ts');
project.addTask('bench', { description: 'Run the benchmarks whose results are in the documentation', exec: 'projen bundle && tsx bench/main.ts' });
project.addTask('upload-check', { description: 'Upload 2 GB to the local stack. During the upload, cut the network, and kill the client and the stack (kill -9)', exec: 'projen bundle && tsx bench/upload-check.ts' });
project.addTask('cost', { description: 'Print the tables of docs/cost.md', exec: 'tsx bench/cost.ts' });
project.addTask('sentences', { description: 'Print random sentences of the project, for a review of their style', exec: 'tsx judges/sentences.ts', receiveArgs: true });
project.addTask('s3-conformance', {
  description: 'Compare the local S3 with versitygw',
  env: { S3_CONFORMANCE: 'versitygw' },
  exec: 'node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --ci --selectProjects floor -- test/local/s3/conformance',
});
project.addTask('judges', { description: 'Check templates and permissions with independent tools', exec: 'projen bundle && tsx --tsconfig tsconfig.dev.json judges/judge.ts' });

lintDirections(project);
testOnTwoCdks(project);
addWorkflows(project);
project.synth();
