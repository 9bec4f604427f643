import { writeFileSync } from 'fs';
import * as path from 'path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServerlessVod } from '../src';
import { edgesOf } from './architecture/graph';
import { namedResources } from './architecture/names';
import { dot } from './architecture/picture';
import type { CloudFormationTemplate } from '../test/toolkit/template';

/** Draws docs/architecture.svg, which shows the default service with one queue that receives `video.ready` events. */
async function main(): Promise<void> {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Videos');
  const vod = new ServerlessVod(stack, 'Vod');
  const consumer = new sqs.Queue(stack, 'Consumer');
  vod.catalog.onVideoReady('Ready', { target: new targets.SqsQueue(consumer) });
  const template = Template.fromStack(stack).toJSON() as CloudFormationTemplate;

  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  const graphviz = await Graphviz.load();
  const svg = graphviz.layout(dot(namedResources(vod, consumer, template), edgesOf(template)), 'svg', 'dot');
  writeFileSync(path.join(__dirname, '..', 'docs', 'architecture.svg'), svg.replaceAll('font-family="Arial"', 'font-family="Arial,Helvetica,sans-serif"'));
}

void main();
