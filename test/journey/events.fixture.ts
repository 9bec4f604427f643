import * as path from 'path';
import { App } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import type { ServerlessVod } from '../../src';

const stack = new VideosStack(new App(), 'Videos');
const { catalog } = stack.node.findChild('Vod') as ServerlessVod;
const { table, failedEventsBucket: bucket } = catalog;
const functionOf = (id: string, environment?: Record<string, string>) => new Function(stack, id, {
  runtime: Runtime.NODEJS_24_X, handler: `${id.toLowerCase()}.handler`, code: Code.fromAsset(path.join(__dirname, 'events')), environment,
});

(stack.node.findChild('Ready') as Topic).addSubscription(new EmailSubscription('editors@example.com'));
new events.Rule(stack, 'Everything', {
  eventBus: catalog.eventBus, eventPattern: { source: ['serverless-vod'] }, targets: [new LambdaFunction(functionOf('Listen'))],
});

const tamper = functionOf('Tamper', { TABLE: table.tableName, BUCKET: bucket.bucketName });
tamper.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [table.tableArn] }));
tamper.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
tamper.addToRolePolicy(new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [bucket.arnForObjects('*')] }));
