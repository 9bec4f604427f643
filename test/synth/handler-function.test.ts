import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { connection, permission } from '../../src/synth/connection';
import { handlerFunction } from '../../src/synth/handler-function';

const TABLE = 'arn:aws:dynamodb:eu-west-1:111122223333:table/videos';

function synthesize() {
  const stack = new Stack(new App(), 'Test');
  const first = new CfnResource(stack, 'First', { type: 'Test::First' });
  handlerFunction(stack, 'Handler', 'transcode/record-job-event', {
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
  template.hasResource('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: { TABLE_NAME: 'videos', MEDIA_BUCKET: 'media' } } },
    DependsOn: Match.arrayWith(['First']),
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: TABLE },
        { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:eu-west-1:111122223333:failed' },
      ]),
    },
  });
});
