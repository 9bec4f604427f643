const versionOf = (name) => require(`${name}/package.json`).version;

/** The last line is `N passed, N failed`, which some CI systems read. */
module.exports = class ClosingLine {
  onRunStart() {
    process.stdout.write([
      `floor: every test, with aws-cdk-lib ${versionOf('aws-cdk-lib')}, the oldest version that the package supports`,
      `newest CDK: the tests that synthesize templates, once more with aws-cdk-lib ${versionOf('aws-cdk-newest')}, the newest version in package-lock.json`,
      '',
    ].join('\n'));
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
  }
};
