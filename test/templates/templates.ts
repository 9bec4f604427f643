import { App, AppProps, Stack } from 'aws-cdk-lib';
import { MODES } from './modes';
import type { CloudFormationTemplate } from './template';
import { VideosStack as FullStack } from '../../examples/typescript/full/videos-stack';
import { VideosStack as SmallestStack } from '../../examples/typescript/smallest/videos-stack';

/** Every example of this repo, and every source of identity: what users copy must pass every check. */
export const EXAMPLES = { smallest: SmallestStack, full: FullStack, ...MODES };

export type ExampleName = keyof typeof EXAMPLES;

export const EXAMPLE_NAMES = Object.keys(EXAMPLES) as ExampleName[];

/** Synthesizes a stack of its own app. */
export function synthesize(build: (app: App) => Stack, props: AppProps = {}): CloudFormationTemplate {
  const app = new App({ analyticsReporting: false, ...props });
  const stack = build(app);
  return app.synth().getStackByName(stack.stackName).template;
}

export function example(name: ExampleName): CloudFormationTemplate {
  return synthesize((app) => new EXAMPLES[name](app, 'Videos'));
}
