// CDK's template validator runs in test/templates only and not at each synth.
process.env.CDK_VALIDATION = 'false';
// CDK's TableV2 uses deprecated props up to CDK 2.268 or later, and prints a warning for each table.
process.env.JSII_DEPRECATED = 'quiet';
