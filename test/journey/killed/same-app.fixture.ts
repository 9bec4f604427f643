import { cpSync } from 'fs';

/** Copies an earlier cloud assembly, because loading CDK takes half of the start time. */
cpSync(process.env.ASSEMBLY!, process.env.CDK_OUTDIR!, { recursive: true });
