import { App, Aspects, CfnResource } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { VideosStack } from '../../examples/typescript/full/videos-stack';
import { ServerlessVod } from '../../src';

/**
 * Simulates that one hour passes: every video is due, and every claim on a video is stale. Resets `resubmits`, because the sweeper gives up after seven
 * messages.
 */
const HOUR = `
const { DynamoDBClient, ScanCommand, UpdateItemCommand } = require('@aws-sdk/client-dynamodb');
const client = new DynamoDBClient({});
const { TABLE_NAME: TableName } = process.env;
exports.handler = async () => {
  const { Items } = await client.send(new ScanCommand({ TableName }));
  for (const { pk, sk, dueAt, claim } of Items) {
    const times = [...dueAt ? ['dueAt'] : [], ...claim ? ['claim.startedAt'] : []];
    if (times.length > 0) await client.send(new UpdateItemCommand({
      TableName, Key: { pk, sk }, UpdateExpression: 'SET ' + times.map((time) => time + ' = :past').join(', ') + ' REMOVE resubmits',
      ExpressionAttributeValues: { ':past': { S: '2026-01-01T00:00:00.000Z' } },
    }));
  }
};
`;

/** The full example with one change: no function receives MediaConvert's job events. */
const stack = new VideosStack(new App(), 'Videos');
const vod = stack.node.findAll().find((node) => node instanceof ServerlessVod) as ServerlessVod;
(vod.transcode.node.findChild('JobEvents').node.defaultChild as CfnResource).addPropertyOverride('EventPattern.source', ['nobody']);

const { table } = vod.catalog;
const anHourPasses = new lambda.Function(stack, 'AnHourPasses', {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(HOUR), environment: { TABLE_NAME: table.tableName },
});
table.grant(anHourPasses, 'dynamodb:Scan', 'dynamodb:UpdateItem');
const rule = new events.Rule(stack, 'AnHour', { schedule: events.Schedule.cron({ year: '2099' }), targets: [new targets.LambdaFunction(anHourPasses)] });
(rule.node.defaultChild as CfnResource).overrideLogicalId('AnHour');
Aspects.of(vod.sweeper).add({ visit: (node) => { if (node === vod.sweeper.rule.node.defaultChild) (node as CfnResource).overrideLogicalId('Sweep'); } });
