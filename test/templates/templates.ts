import { App } from 'aws-cdk-lib';
import { MODES } from './modes';
import { VideosStack as FullStack } from '../../examples/typescript/full/videos-stack';
import { VideosStack as SmallestStack } from '../../examples/typescript/smallest/videos-stack';
import { templateOf } from '../toolkit/stacks';
import type { CloudFormationTemplate } from '../toolkit/template';

/** The examples of this repository and every source of identity. */
export const EXAMPLES = { smallest: SmallestStack, full: FullStack, ...MODES };

export type ExampleName = keyof typeof EXAMPLES;

export const EXAMPLE_NAMES = Object.keys(EXAMPLES) as ExampleName[];

export function example(name: ExampleName): CloudFormationTemplate {
  return templateOf(new EXAMPLES[name](new App({ analyticsReporting: false }), 'Videos'));
}
