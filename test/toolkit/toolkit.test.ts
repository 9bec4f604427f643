import { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { functionOf, functionsOf } from './functions';
import { permissionsOf, permissionsOfRole } from './permissions';
import { catalogIn, templateOf, testStack, uploadIn, warningsOf } from './stacks';
import { only, plain, readable } from './template';

describe('a value', () => {
  test.each([
    [{ 'Fn::GetAtt': ['Table0123ABCD', 'Arn'] }, 'Table.Arn'],
    [{ Ref: 'Table0123ABCD' }, 'Table'],
    [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', { Ref: 'Media0123ABCD' }, '/*']] }, 'arn:AWS::Partition:s3:::Media/*'],
    [{ 'Fn::Sub': '${AWS::Region}-${Table0123ABCD}' }, 'AWS::Region-Table'],
    [{ 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }, 'AWS::StackId'],
    [{ Service: 's3.amazonaws.com' }, '{"Service":"s3.amazonaws.com"}'],
    [undefined, 'undefined'],
  ])('%j is formatted as %s', (value, text) => expect(readable(value)).toBe(text));

  test('plain() replaces a reference with the result of the lookup, and fails without a result', () => {
    expect(plain({ Ref: 'Name' }, (name) => `<${name}>`)).toBe('<Name>');
    expect(() => plain({ Ref: 'Name' }, () => undefined)).toThrow('can\'t resolve {"Ref":"Name"}');
  });
});

describe('functions of handlers', () => {
  const template = templateOf(uploadIn(testStack()));

  test('functionsOf() finds functions by the handler\'s name and excludes functions of CDK', () => {
    expect(functionsOf(template).map(({ name }) => name).sort()).toEqual(['catalog/edit-videos', 'catalog/publish-events', 'catalog/read-videos', 'catalog/resend-events', 'upload/manage-uploads']);
    expect(functionOf(template, 'upload/manage-uploads').id).toMatch(/^UploadManageUploadsFunction[0-9A-F]{8}$/);
    expect(() => functionOf(template, 'transcode/submit-job')).toThrow('expected one function of transcode/submit-job, got none');
    expect(() => only(template, 'AWS::Lambda::Function')).toThrow(/^expected one AWS::Lambda::Function, got \w+(?:, \w+){4}$/);
  });
});

describe('permissions', () => {
  test('permissions of a role include all policies, with Deny statements and conditions', () => {
    const stack = testStack();
    const role = new iam.Role(stack, 'Other', {
      assumedBy: new iam.AccountRootPrincipal(),
      inlinePolicies: { Inline: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: ['a', 'b'] })] }) },
    });
    role.addToPolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['s3:*'], resources: ['*'], conditions: { Bool: { 'aws:SecureTransport': 'false' } } }));
    role.addToPolicy(new iam.PolicyStatement({ notActions: ['iam:*'], resources: ['*'] }));
    expect(permissionsOfRole(templateOf(stack), role)).toEqual([
      'Deny s3:* on * if {"Bool":{"aws:SecureTransport":"false"}}', 'NotAction "iam:*" on *',
      's3:GetObject on a', 's3:GetObject on b', 's3:PutObject on a', 's3:PutObject on b',
    ]);
    expect(() => permissionsOfRole(templateOf(stack), 'Missing')).toThrow('the template has no role Missing');
  });

  test('permissions of a handler exclude only those for its own log group', () => {
    const stack = testStack();
    const { readVideosFunction } = catalogIn(stack);
    const plainly = permissionsOf(templateOf(catalogIn(testStack())), 'catalog/read-videos');
    expect(plainly.filter((permission) => !permission.startsWith('dynamodb:'))).toEqual([]);
    readVideosFunction.addToRolePolicy(new iam.PolicyStatement({ actions: ['logs:PutLogEvents'], resources: ['arn:aws:logs:*:*:log-group:other'] }));
    expect(permissionsOf(templateOf(stack), 'catalog/read-videos')).toEqual([...plainly, 'logs:PutLogEvents on arn:aws:logs:*:*:log-group:other']);
  });
});

test('rejects a template whose resources depend on each other', () => {
  const stack = testStack();
  const [one, other] = ['One', 'Other'].map((id) => new CfnResource(stack, id, { type: 'Test::Resource' }));
  one.addPropertyOverride('Of', other.ref);
  other.addPropertyOverride('Of', one.ref);
  expect(() => templateOf(stack)).toThrow(/cycl/i);
  expect(warningsOf(stack)).toEqual([]);
});
