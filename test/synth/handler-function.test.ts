import { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { connection, permission } from '../../src/synth/connection';
import { handlerFunction } from '../../src/synth/handler-function';
import { functionOf } from '../toolkit/functions';
import { permissionsOf } from '../toolkit/permissions';
import { testStack } from '../toolkit/stacks';

const TABLE = 'arn:aws:dynamodb:eu-west-1:111122223333:table/videos';

function synthesize() {
  const stack = testStack();
  const first = new CfnResource(stack, 'First', { type: 'Test::First' });
  handlerFunction(stack, 'TranscodeRecordJobEvent', 'transcode/record-job-event', {
    description: 'any',
    uses: [
      connection({ environment: { TABLE_NAME: 'videos' }, grant: (grantee) => permission(['dynamodb:GetItem'], [TABLE]).grant!(grantee), after: first }),
      permission(['sqs:SendMessage'], ['arn:aws:sqs:eu-west-1:111122223333:failed']),
    ],
    environment: { MEDIA_BUCKET: 'media' },
  });
  return Template.fromStack(stack);
}

test('a connection brings variables, permission and what must be deployed before', () => {
  const template = synthesize();
  const { environment, resource } = functionOf(template, 'transcode/record-job-event');
  expect(environment).toEqual({ TABLE_NAME: 'videos', MEDIA_BUCKET: 'media' });
  expect(resource.DependsOn).toContain('First');
  expect(permissionsOf(template, 'transcode/record-job-event')).toEqual([
    `dynamodb:GetItem on ${TABLE}`, 'sqs:SendMessage on arn:aws:sqs:eu-west-1:111122223333:failed',
  ]);
});
