import { awscdk } from 'projen';

/** The tests that synthesize: they must pass on the newest CDK as well as on the floor. */
const SYNTHESIZING = ['<rootDir>/test/*/vod-*.test.ts', '<rootDir>/test/auth/identity/{identity,user-pool*}.test.ts', '<rootDir>/test/{synth,templates}/*.test.ts'];

/** Per project; everything else in jest's configuration holds for the whole run. */
const PER_PROJECT = ['clearMocks', 'setupFiles', 'testPathIgnorePatterns', 'transform'];

/** One jest run, two projects: everything on the floor, what synthesizes on the newest CDK too. */
export function testOnTwoCdks(project: awscdk.AwsCdkConstructLibrary): void {
  const config = project.jest!.config;
  const shared = Object.fromEntries(PER_PROJECT.map((key) => [key, config[key]]));
  config.projects = [
    { ...shared, displayName: 'floor', testMatch: ['<rootDir>/test/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'newest CDK',
      testMatch: SYNTHESIZING,
      // Snapshots are the floor's: what the newest CDK adds is not ours.
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, '\\.snapshot\\.test\\.ts$'],
      moduleNameMapper: { '^aws-cdk-lib$': 'aws-cdk-newest', '^aws-cdk-lib/(.*)$': 'aws-cdk-newest/$1' },
    },
  ];
  PER_PROJECT.forEach((key) => delete config[key]);
  delete config.testMatch;
}
