import { App } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { EXAMPLE_NAMES, EXAMPLES } from './templates';
import { ServerlessVod } from '../../src';

describe.each(EXAMPLE_NAMES)('the areas of %s', (name) => {
  const stack = new EXAMPLES[name](new App(), 'Videos');
  const vod = stack.node.findAll().find((each) => each instanceof ServerlessVod) as ServerlessVod;
  const below = vod.node.findAll();

  test('the areas list every function of the service once', () => {
    const described = vod._areas.flatMap(({ handlers }) => Object.values(handlers));
    const functions = below.filter((each) => each instanceof lambda.Function);
    expect(described.map(({ node }) => node.path).sort()).toEqual(functions.map(({ node }) => node.path).sort());
  });

  test('the areas list every dead-letter queue of the service', () => {
    const described = vod._areas.flatMap(({ deadLetterQueues }) => deadLetterQueues);
    const queues = below.filter((each) => each instanceof sqs.Queue);
    const withoutOne = queues.filter(({ deadLetterQueue }) => deadLetterQueue === undefined);
    expect(described.map(({ node }) => node.path).sort()).toEqual(withoutOne.map(({ node }) => node.path).sort());
    expect(queues.length).toBeGreaterThan(described.length);
  });
});

