import { awscdk } from 'projen';

/** The tests that synthesize templates. These tests must pass with the oldest and the newest supported CDK. */
const SYNTHESIZING = ['<rootDir>/test/*/vod-*.test.ts', '<rootDir>/test/auth/identity/{identity,user-pool*}.test.ts', '<rootDir>/test/{synth,templates}/*.test.ts'];

/** Options that jest accepts per project. */
const PER_PROJECT = ['clearMocks', 'setupFiles', 'testPathIgnorePatterns', 'transform'];

/** The examples import the library by its name, as users do. */
const LIBRARY = { '^serverless-vod$': '<rootDir>/src/index.ts' };

/** Configures two jest projects. The first runs all tests with the oldest CDK. The second runs only the tests in `SYNTHESIZING`, with the newest CDK. */
export function testOnTwoCdks(project: awscdk.AwsCdkConstructLibrary): void {
  const config = project.jest!.config;
  const shared = Object.fromEntries(PER_PROJECT.map((key) => [key, config[key]]));
  config.projects = [
    { ...shared, displayName: 'floor', testMatch: ['<rootDir>/test/**/*.test.ts'], moduleNameMapper: LIBRARY },
    {
      ...shared,
      displayName: 'newest CDK',
      testMatch: SYNTHESIZING,
      // Snapshots match only the oldest CDK, because a newer CDK can add properties.
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.snapshot\\.test\\.ts$'],
      moduleNameMapper: { ...LIBRARY, '^aws-cdk-lib$': 'aws-cdk-newest', '^aws-cdk-lib/(.*)$': 'aws-cdk-newest/$1' },
    },
  ];
  PER_PROJECT.forEach((key) => delete config[key]);
  delete config.testMatch;
}
