import { App } from 'aws-cdk-lib';
import { MODES } from '../test/templates/modes';

/** Synthesizes one stack for each way to identify users, such as a user pool. */
const app = new App();
for (const [name, Mode] of Object.entries(MODES)) new Mode(app, name.replace(/\W+/g, '-'));
