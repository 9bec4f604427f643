// Only test/templates runs the CDK's template validator.
process.env.CDK_VALIDATION = 'false';
// Without this setting, `TableV2` of CDK 2.268 and earlier prints a deprecation warning for each table.
process.env.JSII_DEPRECATED = 'quiet';
