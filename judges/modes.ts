import { App } from 'aws-cdk-lib';
import { MODES } from '../test/templates/modes';

const app = new App();
for (const [name, Mode] of Object.entries(MODES)) new Mode(app, name.replace(/\W+/g, '-'));
