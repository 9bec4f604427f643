import { readFileSync } from 'fs';
import { join } from 'path';
import { Template } from 'aws-cdk-lib/assertions';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { testStack, vodIn } from './toolkit/stacks';
import type { CloudFormationTemplate } from './toolkit/template';
import { edgesOf } from '../build/architecture/graph';
import { namedResources } from '../build/architecture/names';
import { PATHS } from '../build/architecture/paths';
import { dot } from '../build/architecture/picture';

describe('the picture of the architecture', () => {
  const stack = testStack();
  const vod = vodIn(stack);
  const consumer = new sqs.Queue(stack, 'Consumer');
  vod.catalog.onVideoReady('Ready', { target: new targets.SqsQueue(consumer) });
  const template = Template.fromStack(stack).toJSON() as CloudFormationTemplate;
  const named = namedResources(vod, consumer, template);

  it('numbers the steps of each path', () => {
    const text = dot(named, edgesOf(template));
    for (const { color, steps } of PATHS) expect(text.split('\n').filter((line) => line.includes('->') && line.includes(color))).toHaveLength(steps.length);
  });

  it('has a grey arrow for every other connection of the resources that it shows', () => {
    expect(dot(named, edgesOf(template))).toMatch(/"transcode.submitQueue" -> "transcode.deadLetterQueue" \[color="#9aa0a6" style=dashed\]/);
  });

  it.each(PATHS.flatMap(({ name, steps }) => steps.map(({ from, to, by }, index) => [`${name} ${index + 1}`, from, to, by])))('fails without the connection of step %s', (_, from, to, by) => {
    const ids = new Map(named.map(({ name, logicalId }) => [name, logicalId]));
    const without = edgesOf(template).filter((edge) => edge.from !== (ids.get(from) ?? from) || edge.to !== (ids.get(to) ?? to) || edge.by !== by);
    expect(() => dot(named, without)).toThrow(/the template has no connection/);
  });

  it('is explained step by step in docs/architecture.md', () => {
    const rows = [...readFileSync(join(__dirname, '..', 'docs', 'architecture.md'), 'utf8').matchAll(/^\| (\d+) \| `(.+?)` \| `(.+?)` \|/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(PATHS.flatMap(({ steps }) => steps.map(({ from, to }, index) => [String(index + 1), from, to])));
  });
});
