import { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { connection, Connection, permission } from '../../src/synth/connection';
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

test.each<[string, boolean, RegExp]>([
  ['lacks one', true, /^environment of catalog\/read-videos: TABLE_NAME is not covered$/],
  ['has one twice, and one of another handler', false, /^environment of catalog\/read-videos: TABLE_NAME is covered twice; SECRET_ARN is not one of the handler's$/],
])('a list whose types do not tell that it %s is refused at synth', (_, lacks, message) => {
  const table = connection({ environment: { TABLE_NAME: 'videos' } });
  const wider: Connection<'TABLE_NAME'> = connection({ environment: { TABLE_NAME: 'videos', SECRET_ARN: 'arn' } });
  const view = connection({ environment: { ROLES: {}, ORIGIN: 'https://videos.example.com' } });
  expect(() => handlerFunction(testStack(), 'Reader', 'catalog/read-videos', {
    description: 'any', uses: [...lacks ? [] : [table, wider], view], environment: {} as never,
  })).toThrow(message);
});
