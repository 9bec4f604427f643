import { cpSync } from 'fs';

/** An app that was synthesized before: loading the CDK is half of a start. */
cpSync(process.env.ASSEMBLY!, process.env.CDK_OUTDIR!, { recursive: true });
