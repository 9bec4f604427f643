import { App, Stack } from 'aws-cdk-lib';
import { ServerlessVod } from '../../../src';

const app = new App();
const stack = new Stack(app, 'Videos');
new ServerlessVod(stack, 'Vod');
