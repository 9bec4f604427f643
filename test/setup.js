// The CDK's own template validator runs in one test of its own (test/templates), not on each synth.
process.env.CDK_VALIDATION = 'false';
