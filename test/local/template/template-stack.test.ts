import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { CfnOutput, Stack, aws_apigateway as apigateway, aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_cognito as cognito, aws_dynamodb as dynamodb, aws_lambda as lambda, aws_s3 as s3, aws_sqs as sqs } from 'aws-cdk-lib';
import { synthesized, temporaryFolder, written } from './stacks';
import { readAssembly, synthesize } from '../../../local/template/assembly';

const bucket = (properties: Record<string, unknown>) => ({ Bucket: { Type: 'AWS::S3::Bucket', Properties: properties } });
const valueOf = (value: unknown, template = {}) =>
  written({ ...template, Resources: { ...bucket({ BucketName: 'films' }), Table: { Type: 'AWS::DynamoDB::Table', Properties: { value } } } }).ofType('AWS::DynamoDB::Table')[0].properties.value;

describe('a synthesized stack', () => {
  const vod = (stack: Stack) => {
    const media = new s3.Bucket(stack, 'Media', { enforceSSL: true });
    const jobs = new sqs.Queue(stack, 'Jobs');
    const table = new dynamodb.Table(stack, 'Videos', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });
    const pool = new cognito.UserPool(stack, 'Pool');
    const domain = pool.addDomain('Domain', { cognitoDomain: { domainPrefix: `vod-${stack.account}` } });
    const distribution = new cloudfront.Distribution(stack, 'Front', { defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(media) } });
    const handler = new lambda.Function(stack, 'Handler', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(__dirname),
      environment: {
        ORIGIN: `https://${distribution.domainName}`,
        BUCKET_URL: `https://${media.bucketRegionalDomainName}/v`,
        QUEUE: jobs.queueUrl,
        ISSUER: pool.userPoolProviderUrl,
        SIGN_IN: domain.baseUrl(),
        TABLE: table.tableName,
      },
    });
    const api = new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false });
    api.root.addResource('login').addMethod('GET', new apigateway.LambdaIntegration(handler));
    new CfnOutput(stack, 'Origin', { value: `https://${distribution.domainName}` });
  };

  it('has this machine\'s addresses in place of AWS\'s', async () => {
    const stack = await synthesized(vod);
    stack.verify();
    const [pool] = stack.ofType('AWS::Cognito::UserPool');
    const [media] = stack.ofType('AWS::S3::Bucket');
    const [queue] = stack.ofType('AWS::SQS::Queue');
    const { properties } = stack.ofType('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith('Handler'))!;
    expect(properties.Environment.Variables).toEqual({
      ORIGIN: 'http://localhost:8001',
      BUCKET_URL: `http://127.0.0.1:8002/${media.physicalId}/v`,
      QUEUE: `http://127.0.0.1:8002/123456789012/${queue.attributes.QueueName}`,
      ISSUER: `http://127.0.0.1:8003/${pool.physicalId}`,
      SIGN_IN: 'http://127.0.0.1:8003',
      TABLE: stack.ofType('AWS::DynamoDB::Table')[0].physicalId,
    });
    expect(stack.outputs().Origin).toBe('http://localhost:8001');
    expect(stack.assetFolder(properties.Code.S3Key)).toContain('asset.');
  });

  it('keeps AWS\'s own form in what names an origin', async () => {
    const stack = await synthesized(vod);
    const [media] = stack.ofType('AWS::S3::Bucket');
    const { Origins: [origin] } = stack.ofType('AWS::CloudFront::Distribution')[0].properties.DistributionConfig;
    expect(origin.DomainName).toBe(`${media.physicalId}.s3.us-east-1.amazonaws.com`);
  });

  it('has the same names on every run, and finds resources by them', async () => {
    const [first, second] = await Promise.all([synthesized(vod), synthesized(vod)]);
    const names = (stack: typeof first) => ['AWS::S3::Bucket', 'AWS::Cognito::UserPool', 'AWS::SQS::Queue'].map((type) => stack.ofType(type)[0].physicalId);
    expect(names(first)).toEqual(names(second));
    expect(new Set(names(first)).size).toBe(3);
    expect(first.stackId).toBe(second.stackId);
    const [queue] = first.ofType('AWS::SQS::Queue');
    expect(first.byArn(queue.attributes.Arn)).toBe(queue);
    expect(first.byArn(queue.physicalId)).toBe(queue);
    expect(() => first.byArn('arn:aws:s3:::nobody')).toThrow('no resource arn:aws:s3:::nobody');
  });
});

describe('an intrinsic', () => {
  const mappings = { Mappings: { Sizes: { small: { width: '640' } } } };
  const conditions = {
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      There: { 'Fn::Not': [{ Condition: 'Here' }] },
      Either: { 'Fn::Or': [{ Condition: 'Here' }, { Condition: 'There' }] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'There' }] },
    },
  };

  it.each([
    [{ Ref: 'Bucket' }, 'films'],
    [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::films'],
    [{ 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::films'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'AWS::AccountId' }, 3]] }, 'a/123456789012/3'],
    [{ 'Fn::Sub': '${Bucket}-${Bucket.Arn}-${AWS::Partition}-${!Kept}' }, 'films-arn:aws:s3:::films-aws-${Kept}'],
    [{ 'Fn::Sub': ['${Own}', { Own: { Ref: 'Bucket' } }] }, 'films'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [{ 'Fn::FindInMap': ['Sizes', 'small', 'width'] }, '640'],
    [[1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
    [{ a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    [{ 'Fn::If': ['Here', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['There', 'yes', 'no'] }, 'no'],
    [{ 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
  ])('%j is %j', (node, expected) => {
    expect(valueOf(node, { ...mappings, ...conditions })).toEqual(expected);
  });

  it.each([
    [{ 'Fn::Cidr': ['10.0.0.0/8', 2] }, 'Table: unknown intrinsic Fn::Cidr'],
    [{ 'Fn::ImportValue': 'x' }, 'Table: unknown intrinsic Fn::ImportValue'],
    [{ Ref: 'Nothing' }, 'Table: refers to Nothing'],
    [{ 'Fn::GetAtt': ['Bucket', 'WebsiteURL'] }, 'Table: unknown attribute WebsiteURL of Bucket (AWS::S3::Bucket)'],
    [{ 'Fn::GetAtt': ['Bucket', 'toString'] }, 'Table: unknown attribute toString'],
    [{ 'Fn::Join': ['', ['{{resolve:secretsmanager:x}}']] }, 'Table: dynamic references'],
    [{ 'Fn::Select': ['5', ['a']] }, 'Table: Fn::Select has no value'],
    [{ 'Fn::Join': ['', [{ a: 1 }]] }, 'Table: Fn::Join needs text'],
  ])('%j fails and says where', (node, message) => {
    expect(() => valueOf(node)).toThrow(message);
  });
});

describe('a template', () => {
  it('fails on a type that is not in the table', () => {
    expect(() => written({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } })).toThrow('Topic: unknown type AWS::SNS::Topic');
  });

  it('leaves out what its condition drops', () => {
    const never = { Never: { 'Fn::Equals': ['a', 'b'] } };
    expect(written({ Conditions: never, Resources: { Topic: { Type: 'AWS::SNS::Topic', Condition: 'Never' } } }).ofType('AWS::SNS::Topic')).toEqual([]);
  });

  it('takes the defaults of parameters and nothing else', () => {
    const parameters = { Size: { Type: 'String', Default: 'big' }, BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' }, Bare: { Type: 'String' } };
    expect(valueOf({ Ref: 'Size' }, { Parameters: parameters })).toBe('big');
    expect(() => valueOf({ Ref: 'Bare' }, { Parameters: parameters })).toThrow('Table: parameter Bare has no default');
  });

  it('fails on a cycle and names it', () => {
    const a = { Type: 'AWS::SQS::Queue', Properties: { x: { 'Fn::GetAtt': ['B', 'Arn'] } } };
    const b = { Type: 'AWS::SQS::Queue', Properties: { x: { 'Fn::Sub': '${A.Arn}' } } };
    expect(() => written({ Resources: { A: a, B: b } })).toThrow('depends on itself: A -> B -> A');
  });

  it('resolves a name that is made of another resource\'s address', () => {
    const names = { Pool: { Type: 'AWS::Cognito::UserPoolDomain', Properties: { Domain: { 'Fn::Join': ['-', ['p', { Ref: 'Bucket' }]] } } } };
    expect(written({ Resources: { ...bucket({ BucketName: 'films' }), ...names } }).ofType('AWS::Cognito::UserPoolDomain')[0].physicalId).toBe('p-films');
  });

  it('never answers a client secret', () => {
    const resources = { Table: { Type: 'AWS::DynamoDB::Table', Properties: { x: { 'Fn::GetAtt': ['Client', 'ClientSecret'] } } }, Client: { Type: 'AWS::Cognito::UserPoolClient' } };
    expect(() => written({ Resources: resources }).verify()).toThrow('Table: unknown attribute ClientSecret');
  });
});

describe('an app', () => {
  it('is synthesized for the one account and region', async () => {
    const folder = path.join(temporaryFolder(), 'cdk.out');
    const assembly = await synthesize(path.join(__dirname, 'app.fixture.ts'), folder);
    expect(assembly.stackName).toBe('Fixture');
    expect(assembly.template.Outputs!.Environment.Value).toBe('123456789012/us-east-1');
    expect(readFileSync(path.join(Object.values(assembly.assets).find((asset) => asset.includes('asset.'))!, 'stacks.ts'), 'utf8')).toContain('synthesized');
  });

  it('says why it does not synthesize', async () => {
    await expect(synthesize(path.join(__dirname, 'missing.ts'), temporaryFolder())).rejects.toThrow(/missing\.ts does not synthesize:\n[^]*ERR_MODULE_NOT_FOUND/);
  });

  it('must have one stack', async () => {
    const folder = temporaryFolder();
    await synthesize(path.join(__dirname, 'app.fixture.ts'), folder);
    const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
    manifest.artifacts.Second = manifest.artifacts.Fixture;
    writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
    await expect(readAssembly(folder)).rejects.toThrow('this app has 2: Fixture, Second');
  });
});
