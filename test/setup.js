// The CDK's own template validator runs in one test of its own (test/templates), not on each synth.
process.env.CDK_VALIDATION = 'false';
// CDK's own TableV2 uses deprecated props of CDK until 2.268 or later, and says so at each table.
process.env.JSII_DEPRECATED = 'quiet';
