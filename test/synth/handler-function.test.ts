import { Aws, CfnResource, Fn, Lazy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { UploadSettings } from '../../src/contract/upload';
import { connection, Connection, permission } from '../../src/synth/connection';
import { handlerFunction } from '../../src/synth/handler-function';
import { functionOf } from '../toolkit/functions';
import { permissionsOf } from '../toolkit/permissions';
import { templateOf, testStack } from '../toolkit/stacks';

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
  ['has one twice, and one of another handler', false, /^environment of catalog\/read-videos: TABLE_NAME is covered twice; SECRET_ARN is not read by the handler$/],
])('a list whose types do not tell that it %s is refused at synth', (_, lacks, message) => {
  const table = connection({ environment: { TABLE_NAME: 'videos' } });
  const wider: Connection<'TABLE_NAME'> = connection({ environment: { TABLE_NAME: 'videos', SECRET_ARN: 'arn' } });
  const view = connection({ environment: { ROLES: {}, SERVICE_URL: 'https://videos.example.com' } });
  expect(() => handlerFunction(testStack(), 'Reader', 'catalog/read-videos', {
    description: 'any', uses: [...lacks ? [] : [table, wider], view], environment: {} as never,
  })).toThrow(message);
});

describe('the environment of a function is measured as Lambda does it, as JSON in UTF-8', () => {
  const sized = (bucket: string) => {
    const stack = testStack();
    const environment = { TABLE_NAME: 'videos', MEDIA_BUCKET: bucket };
    handlerFunction(stack, 'Record', 'transcode/record-job-event', { description: 'any', uses: [], environment });
    return () => templateOf(stack);
  };
  const rest = JSON.stringify({ TABLE_NAME: 'videos', MEDIA_BUCKET: '' }).length;
  const most = 4096 - rest;

  test.each<[string, string]>([
    ['4,096 bytes', 'x'.repeat(most)],
    ['late ones', Lazy.string({ produce: () => 'x'.repeat(most) })],
    ['lengths that are known of what CloudFormation fills in', `${Aws.ACCOUNT_ID}${'x'.repeat(most - 12)}`],
    ['a guess', `${Fn.importValue('name')}${'x'.repeat(most - 40)}`],
  ])('takes %s', (_, bucket) => expect(sized(bucket)).not.toThrow());

  test.each<[string, string, number]>([
    ['a byte too many', 'x'.repeat(most + 1), 4097],
    ['late ones', Lazy.string({ produce: () => 'x'.repeat(most + 1) }), 4097],
    ['characters of three bytes', '漢'.repeat(1500), 4500 + rest],
    ['quotes, which JSON escapes', '"'.repeat(2100), 4200 + rest],
    ['the literal part of what is known later', `${Aws.ACCOUNT_ID}${'x'.repeat(5000)}`, 5012 + rest],
    ['that of a substitution', Fn.sub(`\${AWS::StackName}${'x'.repeat(5000)}`), 5040 + rest],
  ])('refuses %s', (_, bucket, total) => {
    expect(sized(bucket)).toThrow(`[Test/Record/Function] environment: expected at most 4096 bytes for all environment variables of a function as JSON (a quota of Lambda), got ${total} bytes`);
  });

  test('and says which variables are the largest, which prop fills them, and what was guessed', () => {
    const stack = testStack();
    const settings: UploadSettings = { maxSize: 1, expirySeconds: 1, defaultVisibility: 'private', contentTypes: Array.from({ length: 200 }, (_, index) => `video/x-type-${index}`) };
    const environment = {
      TABLE_NAME: Fn.importValue('table'), SOURCE_BUCKET: 'sources', SOURCE_ADDRESS: 'https://sources', SERVICE_URL: 'https://videos.example.com',
      UPLOAD_SETTINGS: settings, ROLES: { uploaders: ['g'.repeat(128)] }, APP_ORIGINS: ['https://app.example.com'],
    };
    handlerFunction(stack, 'Plan', 'upload/plan-upload', { description: 'any', uses: [], environment }).addEnvironment('OWN', 'x'.repeat(1000));
    expect(() => templateOf(stack)).toThrow(/ \(counting 40 for each value .* only\)\. Shorten the largest: UPLOAD_SETTINGS with 4\d{3} bytes \(set by contentTypes\), OWN with 1010 bytes, ROLES with 1\d\d bytes \(set by roles\)/);
  });
});
