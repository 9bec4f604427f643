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

test('a connection adds variables, a permission and a dependency', () => {
  const template = synthesize();
  const { environment, resource } = functionOf(template, 'transcode/record-job-event');
  expect(environment).toEqual({ TABLE_NAME: 'videos', MEDIA_BUCKET: 'media' });
  expect(resource.DependsOn).toContain('First');
  expect(permissionsOf(template, 'transcode/record-job-event')).toEqual([
    `dynamodb:GetItem on ${TABLE}`, 'sqs:SendMessage on arn:aws:sqs:eu-west-1:111122223333:failed',
  ]);
});

test.each<[string, boolean, RegExp]>([
  ['does not cover a variable', true, /^environment of catalog\/read-videos: TABLE_NAME is not set$/],
  ['covers a variable twice, and one of another handler', false, /^environment of catalog\/read-videos: TABLE_NAME is set twice; SECRET_ARN is not read by the handler$/],
])('rejects at synth a list of connections that %s, if the compiler cannot detect it', (_, lacks, message) => {
  const table = connection({ environment: { TABLE_NAME: 'videos' } });
  const wider: Connection<'TABLE_NAME'> = connection({ environment: { TABLE_NAME: 'videos', SECRET_ARN: 'arn' } });
  const view = connection({ environment: { ROLES: {}, SERVICE_URL: 'https://videos.example.com' } });
  expect(() => handlerFunction(testStack(), 'Reader', 'catalog/read-videos', {
    description: 'any', uses: [...lacks ? [] : [table, wider], view], environment: {} as never,
  })).toThrow(message);
});

describe('the size of the environment is measured as Lambda does it, as JSON in UTF-8', () => {
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
    ['a lazy value', Lazy.string({ produce: () => 'x'.repeat(most) })],
    ['pseudo parameters with a known length', `${Aws.ACCOUNT_ID}${'x'.repeat(most - 12)}`],
    ['a value with an estimated length', `${Fn.importValue('name')}${'x'.repeat(most - 40)}`],
  ])('accepts %s', (_, bucket) => expect(sized(bucket)).not.toThrow());

  test.each<[string, string, number]>([
    ['4,097 bytes', 'x'.repeat(most + 1), 4097],
    ['a lazy value', Lazy.string({ produce: () => 'x'.repeat(most + 1) }), 4097],
    ['characters of three bytes', '漢'.repeat(1500), 4500 + rest],
    ['quotes that JSON escapes', '"'.repeat(2100), 4200 + rest],
    ['a join with a long literal part', `${Aws.ACCOUNT_ID}${'x'.repeat(5000)}`, 5012 + rest],
    ['a substitution with a long literal part', Fn.sub(`\${AWS::StackName}${'x'.repeat(5000)}`), 5040 + rest],
  ])('rejects %s', (_, bucket, total) => {
    expect(sized(bucket)).toThrow(`[Test/Record/Function] environment: expected environment variables of at most 4096 bytes as JSON (a quota of Lambda), got ${total} bytes`);
  });

  test('the error names the largest variables, the props that set them and the estimated values', () => {
    const stack = testStack();
    const settings: UploadSettings = {
      maxSize: 1,
      multipartThreshold: 1,
      expirySeconds: 1,
      incompleteExpirySeconds: 1,
      quotas: { openUploads: 1, videos: 1, storedBytes: 1, uploadsPerDay: 1 },
      defaultVisibility: 'private',
      contentTypes: Array.from({ length: 200 }, (_, index) => `video/x-type-${index}`),
    };
    const environment = {
      TABLE_NAME: Fn.importValue('table'), SOURCE_BUCKET: 'sources', SOURCE_ADDRESS: 'https://sources',
      UPLOAD_ROLE_ARN: 'arn:aws:iam::123456789012:role/sign', UPLOAD_SETTINGS: settings, ROLES: { uploaders: ['g'.repeat(128)] }, APP_ORIGINS: ['https://app.example.com'],
    };
    handlerFunction(stack, 'Plan', 'upload/manage-uploads', { description: 'any', uses: [], environment }).addEnvironment('OWN', 'x'.repeat(1000));
    expect(() => templateOf(stack)).toThrow(/ \(with an estimate of 40 bytes for each value .*\)\. Shorten the largest: UPLOAD_SETTINGS with 4\d{3} bytes \(set by files\.contentTypes\), OWN with 1010 bytes, ROLES with 1\d\d bytes \(set by roles\)/);
  });
});
