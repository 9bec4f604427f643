import * as path from 'path';
import { App, Bitrate, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import type { ServerlessVod } from '../../src';

/** The full example with one small rendition. A function, a queue and a topic receive every event, and a second function edits and removes videos. */
const stack = new VideosStack(new App(), 'Videos', { ladder: [{ height: 144, maxBitrate: Bitrate.kbps(200) }] });
const { catalog: { eventBus, table } } = stack.node.findChild('Vod') as ServerlessVod;
const functionOf = (id: string, handler: string, environment: Record<string, string>) => new Function(stack, id, {
  runtime: Runtime.NODEJS_24_X, handler, code: Code.fromAsset(path.join(__dirname, 'killed')), timeout: Duration.seconds(20), environment,
});
const hear = (name: string) => functionOf(`Hear${name}`, 'hear.handler', { FILE: path.join(process.env.HEARD!, name) });

const queue = new Queue(stack, 'Queue');
hear('Queue').addEventSource(new SqsEventSource(queue));
const topic = new Topic(stack, 'Topic');
topic.addSubscription(new EmailSubscription('everything@example.com'));
new events.Rule(stack, 'Everything', {
  eventBus, eventPattern: { source: ['serverless-vod'] }, targets: [new LambdaFunction(hear('Function')), new SqsQueue(queue), new SnsTopic(topic)],
});

functionOf('Write', 'write.handler', { TABLE: table.tableName }).addToRolePolicy(new PolicyStatement({
  actions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:Scan'], resources: [table.tableArn],
}));
