import { App } from 'aws-cdk-lib';
import { MODES } from '../test/templates/modes';

/** Synthesizes one stack for each source of identity. */
const app = new App();
for (const [name, Mode] of Object.entries(MODES)) new Mode(app, name.replace(/\W+/g, '-'));
