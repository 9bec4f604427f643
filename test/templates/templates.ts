import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { MODES } from './modes';
import { VideosStack as FullStack } from '../../examples/typescript/full/videos-stack';
import { ServerlessVod } from '../../src';
import { templateOf } from '../toolkit/stacks';
import type { CloudFormationTemplate } from '../toolkit/template';

/**
 * A copy of the stack in examples/typescript/smallest/app.ts, because the import of app.ts would synthesize the app. test/examples.test.ts compares the two
 * templates.
 */
class SmallestStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id);
    const vod = new ServerlessVod(this, 'Vod');
    new CfnOutput(this, 'Url', { value: vod.url });
    new CfnOutput(this, 'UserPoolId', { value: vod.auth.userPool!.userPoolId });
  }
}

export const EXAMPLES = { smallest: SmallestStack, full: FullStack, ...MODES };

export type ExampleName = keyof typeof EXAMPLES;

export const EXAMPLE_NAMES = Object.keys(EXAMPLES) as ExampleName[];

export function example(name: ExampleName): CloudFormationTemplate {
  return templateOf(new EXAMPLES[name](new App({ analyticsReporting: false }), 'Videos'));
}
