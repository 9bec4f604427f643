import { aws_iam as iam, aws_lambda as lambda, aws_s3 as s3, aws_sqs as sqs, Stack } from 'aws-cdk-lib';
import { TemplateAccess } from '../../../local/access/access';
import type { LocalStack, Need, Principal } from '../../../local/types';
import { synthesized, written } from '../template/stacks';

const DISTRIBUTION = 'arn:aws:cloudfront::123456789012:distribution/E1';
const SUBMIT = 'arn:aws:lambda:us-east-1:123456789012:function:submit';
const RULE = 'arn:aws:events:us-east-1:123456789012:rule/uploads';

function vod(stack: Stack): void {
  const bucket = new s3.Bucket(stack, 'Media', { bucketName: 'media', enforceSSL: true });
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { StringEquals: { 'AWS:SourceArn': DISTRIBUTION } },
  }));
  const queue = new sqs.Queue(stack, 'Jobs', { queueName: 'jobs' });
  queue.grantSendMessages(new iam.ServicePrincipal('events.amazonaws.com', { conditions: { ArnEquals: { 'aws:SourceArn': RULE } } }));
  const job = new iam.Role(stack, 'JobRole', { roleName: 'job', assumedBy: new iam.ServicePrincipal('mediaconvert.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }) });
  const submit = new lambda.Function(stack, 'Submit', {
    runtime: lambda.Runtime.NODEJS_24_X,
    functionName: 'submit',
    handler: 'index.handler',
    code: lambda.Code.fromInline('x'),
    role: new iam.Role(stack, 'SubmitRole', {
      roleName: 'submit',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    }),
  });
  bucket.grantRead(submit, 'v/*');
  bucket.grantPut(submit, 'exact');
  submit.addToRolePolicy(new iam.PolicyStatement({ actions: ['mediaconvert:Probe'], resources: ['*'] }));
  submit.addToRolePolicy(new iam.PolicyStatement({
    actions: ['mediaconvert:CreateJob'], resources: ['*'], conditions: { Bool: { 'mediaconvert:HttpInputsAllowed': 'false' } },
  }));
  submit.addPermission('Rule', { principal: new iam.ServicePrincipal('events.amazonaws.com'), sourceArn: `${RULE}-*` });
  submit.addToRolePolicy(new iam.PolicyStatement({
    actions: ['iam:PassRole'], resources: [job.roleArn], conditions: { StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } },
  }));
}

const role = (name: string): Principal => ({ id: `arn:aws:iam::123456789012:role/${name}`, kind: 'role' });
const service = (id: string, context?: Need['context']): Principal => ({ id, kind: 'service', context });

describe('access', () => {
  let stack: LocalStack;
  let access: TemplateAccess;
  let lines: string[];
  const allowed = (principal: Principal, action: string, resource: string, context?: Need['context']) =>
    access.require(principal, [{ action, resource, context }]).then(() => true, (error) => error.code === 'AccessDenied' ? false : Promise.reject(error));

  beforeAll(async () => { stack = await synthesized(vod); });
  beforeEach(() => {
    lines = [];
    access = new TemplateAccess(stack, (line) => lines.push(line));
  });

  it.each([
    ['an attached policy', 's3:GetObject', 'arn:aws:s3:::media/v/1/index.m3u8', true],
    ['an attached policy', 's3:GetObject', 'arn:aws:s3:::media/source/1', false],
    ['an attached policy', 's3:DeleteObject', 'arn:aws:s3:::media/v/1/index.m3u8', false],
    ['a policy for all resources', 'mediaconvert:Probe', '*', true],
    ['no policy', 'dynamodb:GetItem', 'arn:aws:dynamodb:us-east-1:123456789012:table/T', false],
    ['a key that looks like a pattern', 's3:PutObject', 'arn:aws:s3:::media/exac?', false],
    ['a key that looks like a pattern', 's3:GetObject', 'arn:aws:s3:::media/v/*', true],
    ['a key that looks like a pattern', 's3:GetObject', 'arn:aws:s3:::media/*', false],
  ])('of a role by %s: %s on %s is %s', async (_, action, resource, expected) => {
    expect(await allowed(role('submit'), action, resource)).toBe(expected);
  });

  it('follows the conditions of a policy', async () => {
    const pass = (to: string) => allowed(role('submit'), 'iam:PassRole', role('job').id, { 'iam:PassedToService': to });
    expect(await pass('mediaconvert.amazonaws.com')).toBe(true);
    expect(await pass('lambda.amazonaws.com')).toBe(false);
    const createJob = (httpAllowed: string) => allowed(
      role('submit'), 'mediaconvert:CreateJob', 'arn:aws:mediaconvert:us-east-1:123456789012:queues/q', { 'mediaconvert:HttpInputsAllowed': httpAllowed });
    expect([await createJob('true'), await createJob('false')]).toEqual([false, true]);
  });

  it('obeys a bucket policy that denies', async () => {
    expect(await allowed(role('submit'), 's3:GetObject', 'arn:aws:s3:::media/v/1', { 'aws:SecureTransport': 'false' })).toBe(false);
  });

  it.each([
    ['cloudfront.amazonaws.com', 's3:GetObject', 'arn:aws:s3:::media/v/1', DISTRIBUTION, true],
    ['cloudfront.amazonaws.com', 's3:GetObject', 'arn:aws:s3:::media/v/1', `${DISTRIBUTION}2`, false],
    ['cloudfront.amazonaws.com', 's3:PutObject', 'arn:aws:s3:::media/v/1', DISTRIBUTION, false],
    ['cloudfront.amazonaws.com', 's3:GetObject', 'arn:aws:s3:::mediator/v/1', DISTRIBUTION, false],
    ['events.amazonaws.com', 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:123456789012:jobs', RULE, true],
    ['events.amazonaws.com', 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:123456789012:jobs', `${RULE}x`, false],
    ['mediaconvert.amazonaws.com', 's3:GetObject', 'arn:aws:s3:::media/v/1', DISTRIBUTION, false],
    ['events.amazonaws.com', 'lambda:InvokeFunction', SUBMIT, `${RULE}-1`, true],
    ['events.amazonaws.com', 'lambda:InvokeFunction', SUBMIT, RULE, false],
    ['apigateway.amazonaws.com', 'lambda:InvokeFunction', SUBMIT, `${RULE}-1`, false],
  ])('of the service %s: %s on %s from %s is %s', async (id, action, resource, source, expected) => {
    expect(await allowed(service(id), action, resource, { 'aws:SourceArn': source })).toBe(expected);
    expect(await allowed(service(id, { 'aws:SourceArn': source }), action, resource)).toBe(expected);
  });

  it('requires every need, and records and logs each missing permission', async () => {
    const needs: Need[] = [{ action: 's3:GetObject', resource: 'arn:aws:s3:::media/v/1' }, { action: 's3:DeleteObject', resource: 'arn:aws:s3:::media/v/1' }];
    await expect(access.require(role('submit'), needs)).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    await expect(access.require(role('submit'), needs)).rejects.toThrow('role/submit is not authorized to perform s3:DeleteObject on arn:aws:s3:::media/v/1');
    expect(access.refusals).toEqual(Array(2).fill({ principal: role('submit').id, action: 's3:DeleteObject', resource: 'arn:aws:s3:::media/v/1' }));
    expect(lines).toEqual(Array(2).fill(`access denied: ${role('submit').id} is not authorized to perform s3:DeleteObject on arn:aws:s3:::media/v/1`));
  });

  it('throws an error, not AccessDenied, for an action that does not exist', async () => {
    await expect(allowed(role('submit'), 's3:Bogus', 'arn:aws:s3:::media/v/1')).rejects.toThrow('the IAM simulator failed for s3:Bogus on arn:aws:s3:::media/v/1');
  });

  it('rejects roles that are not in the template', async () => {
    expect(() => access.credentialsOf(role('nobody').id)).toThrow('no resource arn:aws:iam::123456789012:role/nobody');
    await expect(allowed(role('nobody'), 's3:GetObject', 'arn:aws:s3:::media/v/1')).rejects.toThrow('no resource');
  });

  it('fails on a role with more than a trust policy', async () => {
    const other = written({ Resources: { R: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r', ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } } } });
    const need = { action: 's3:GetObject', resource: 'arn:aws:s3:::media/v/1' };
    await expect(new TemplateAccess(other, () => {}).require(role('r'), [need])).rejects.toThrow('R: the local stack does not support ManagedPolicyArns');
  });

  it('looks up a permission without logging a denial', async () => {
    const recorded: string[] = [];
    const quiet = new TemplateAccess(stack, (line) => lines.push(line), (line) => recorded.push(line));
    const has = (action: string) => quiet.has(role('submit'), { action, resource: 'arn:aws:s3:::media/v/1/index.m3u8' });
    expect([await has('s3:GetObject'), await has('s3:PutObjectTagging')]).toEqual([true, false]);
    expect([lines, recorded, quiet.refusals]).toEqual([[], [], []]);
  });

  describe('a permissions boundary', () => {
    const bounded = (boundary: (scope: Stack) => iam.IManagedPolicy) => synthesized((scope) => {
      const bucket = new s3.Bucket(scope, 'Media', { bucketName: 'media' });
      const some = new iam.Role(scope, 'Some', { roleName: 'some', assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), permissionsBoundary: boundary(scope) });
      bucket.grantRead(some, 'v/*');
      bucket.grantPut(some, 'v/*');
    });
    const onlyReads = (scope: Stack) => new iam.ManagedPolicy(scope, 'Boundary', { statements: [new iam.PolicyStatement({ actions: ['s3:Get*', 'dynamodb:*'], resources: ['*'] })] });

    it('limits the role\'s policies, and grants no permission alone', async () => {
      access = new TemplateAccess(await bounded(onlyReads), () => {});
      expect(await allowed(role('some'), 's3:GetObject', 'arn:aws:s3:::media/v/1')).toBe(true);
      expect(await allowed(role('some'), 's3:PutObject', 'arn:aws:s3:::media/v/1')).toBe(false);
      expect(await allowed(role('some'), 'dynamodb:GetItem', 'arn:aws:dynamodb:us-east-1:123456789012:table/T')).toBe(false);
    });

    it('outside the template is rejected by name, because its content is unknown', async () => {
      access = new TemplateAccess(await bounded((scope) => iam.ManagedPolicy.fromManagedPolicyName(scope, 'Boundary', 'DeveloperBoundary')), () => {});
      await expect(allowed(role('some'), 's3:GetObject', 'arn:aws:s3:::media/v/1')).rejects.toThrow(/^Some\w+: the local stack supports only a PermissionsBoundary that .* got arn:aws:iam::123456789012:policy\/DeveloperBoundary$/);
    });
  });

  it('can come from a managed policy that the template attaches', async () => {
    access = new TemplateAccess(await synthesized((scope) => {
      const some = new iam.Role(scope, 'Some', { roleName: 'some', assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      new iam.ManagedPolicy(scope, 'Policy', { roles: [some], statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] })] });
    }), () => {});
    expect(await allowed(role('some'), 's3:GetObject', 'arn:aws:s3:::media/v/1')).toBe(true);
    expect(await allowed(role('some'), 's3:PutObject', 'arn:aws:s3:::media/v/1')).toBe(false);
  });

  it('accepts the role that the CDK creates for a function', async () => {
    const made = await synthesized((scope) => {
      const tell = new lambda.Function(scope, 'Tell', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('x') });
      tell.addToRolePolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: ['*'] }));
    });
    const [{ attributes: { Arn: id } }] = made.ofType('AWS::IAM::Role');
    await new TemplateAccess(made, () => {}).require({ id, kind: 'role' }, [{ action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:123456789012:jobs' }]);
  });

  it('issues different credentials to each role, and the same ones on each call', () => {
    const [first, again, other] = [role('submit').id, role('submit').id, role('job').id].map((arn) => access.credentialsOf(arn));
    expect(again).toEqual(first);
    expect(other.secretAccessKey).not.toBe(first.secretAccessKey);
    expect(access.principalOf(first.accessKeyId)).toMatchObject({ principal: role('submit'), secretAccessKey: first.secretAccessKey, sessionToken: first.sessionToken });
    expect(access.principalOf('ASIAUNKNOWN')).toBeUndefined();
  });

  it('returns whether a role trusts a service', async () => {
    expect(await access.trusts(role('job').id, 'mediaconvert.amazonaws.com')).toBe(true);
    expect(await access.trusts(role('job').id, 'lambda.amazonaws.com')).toBe(false);
    expect(await access.trusts(role('submit').id, 'lambda.amazonaws.com')).toBe(true);
  });
});
