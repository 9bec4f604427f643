import { CfnOutput, Stack, aws_apigateway as apigateway, aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_cognito as cognito, aws_dynamodb as dynamodb, aws_events as events, aws_lambda as lambda, aws_s3 as s3, aws_sqs as sqs } from 'aws-cdk-lib';
import { synthesized, written } from './stacks';

const bucket = (properties: Record<string, unknown>) => ({ Bucket: { Type: 'AWS::S3::Bucket', Properties: properties } });
const valueOf = (value: unknown) =>
  written({ Resources: { ...bucket({ BucketName: 'films' }), Table: { Type: 'AWS::DynamoDB::Table', Properties: { value } } } }).ofType('AWS::DynamoDB::Table')[0].properties.value;

describe('a synthesized stack', () => {
  const vod = (stack: Stack) => {
    const media = new s3.Bucket(stack, 'Media', { enforceSSL: true });
    new sqs.Queue(stack, 'Jobs');
    const table = new dynamodb.Table(stack, 'Videos', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });
    const pool = new cognito.UserPool(stack, 'Pool');
    const domain = pool.addDomain('Domain', { cognitoDomain: { domainPrefix: `vod-${stack.account}` } });
    const distribution = new cloudfront.Distribution(stack, 'Front', { defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(media) } });
    const handler = new lambda.Function(stack, 'Handler', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(__dirname),
      environment: {
        SERVICE_URL: `https://${distribution.domainName}`,
        BUCKET_URL: `https://${media.bucketRegionalDomainName}/v`,
        ISSUER: pool.userPoolProviderUrl,
        SIGN_IN: domain.baseUrl(),
        RULES: JSON.stringify({ issuer: 'https://identity.example.com', jwksUri: 'https://identity.example.com/jwks' }),
        OTHERS: 'https://identity.example.com.au https://my-identity.example.com',
        TABLE: table.tableName,
      },
    });
    const api = new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false });
    api.root.addResource('login').addMethod('GET', new apigateway.LambdaIntegration(handler));
    new CfnOutput(stack, 'Origin', { value: `https://${distribution.domainName}` });
  };

  it('has local URLs in place of AWS\'s', async () => {
    const stack = await synthesized(vod);
    stack.outputs();
    const [pool] = stack.ofType('AWS::Cognito::UserPool');
    const [media] = stack.ofType('AWS::S3::Bucket');
    const { properties } = stack.ofType('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith('Handler'))!;
    expect(properties.Environment.Variables).toEqual({
      SERVICE_URL: 'http://localhost:8001',
      BUCKET_URL: `http://127.0.0.1:8002/${media.physicalId}/v`,
      ISSUER: `http://127.0.0.1:8003/${pool.physicalId}`,
      SIGN_IN: 'http://127.0.0.1:8003',
      RULES: JSON.stringify({ issuer: 'http://127.0.0.1:8004', jwksUri: 'http://127.0.0.1:8004/jwks' }),
      OTHERS: 'https://identity.example.com.au https://my-identity.example.com',
      TABLE: stack.ofType('AWS::DynamoDB::Table')[0].physicalId,
    });
    expect(stack.outputs().Origin).toBe('http://localhost:8001');
    expect(stack.assetFolder(properties.Code.S3Key)).toContain('asset.');
  });

  it('has local hosts in place of the distribution\'s domain names', () => {
    const at = (Aliases: unknown[], value: string) => written({
      Resources: {
        Front: { Type: 'AWS::CloudFront::Distribution', Properties: { DistributionConfig: { Aliases } } },
        Table: { Type: 'AWS::DynamoDB::Table', Properties: { value } },
      },
    });
    const stack = at(['videos.example.com', 'www.example.com'], 'https://videos.example.com/a https://www.example.com https://videos.example.com.au https://my-videos.example.com videos.example.com');
    expect(stack.ofType('AWS::DynamoDB::Table')[0].properties.value).toBe(
      'http://videos.example.com.localhost:8001/a http://www.example.com.localhost:8001 https://videos.example.com.au https://my-videos.example.com videos.example.com');
    expect(stack.ofType('AWS::CloudFront::Distribution')[0].properties.DistributionConfig.Aliases).toEqual(['videos.example.com', 'www.example.com']);
    expect(() => at([{ Ref: 'Name' }], '')).toThrow('Aliases: the local stack requires names that are known at synth, got {"Ref":"Name"}');
  });

  it('keeps AWS\'s domain name for an origin', async () => {
    const stack = await synthesized(vod);
    const [media] = stack.ofType('AWS::S3::Bucket');
    const { Origins: [origin] } = stack.ofType('AWS::CloudFront::Distribution')[0].properties.DistributionConfig;
    expect(origin.DomainName).toBe(`${media.physicalId}.s3.us-east-1.amazonaws.com`);
  });

  it('has the same names in every run, and finds resources by name', async () => {
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

test('the names of a rule contain the template\'s bus, but not the default bus', async () => {
  const stack = await synthesized((scope) => {
    const eventBus = new events.EventBus(scope, 'Bus', { eventBusName: 'vod' });
    const eventPattern = { source: ['serverless-vod'] };
    new events.Rule(scope, 'Own', { eventBus, ruleName: 'own', eventPattern });
    new events.Rule(scope, 'Usual', { ruleName: 'usual', eventPattern });
    new CfnOutput(scope, 'Name', { value: eventBus.eventBusName });
    new CfnOutput(scope, 'Attribute', { value: (eventBus.node.defaultChild as events.CfnEventBus).attrName });
  });
  const namesOf = (type: string) => stack.ofType(type).map(({ physicalId, attributes: { Arn } }) => [physicalId, Arn]);
  expect(namesOf('AWS::Events::EventBus')).toEqual([['vod', 'arn:aws:events:us-east-1:123456789012:event-bus/vod']]);
  expect(namesOf('AWS::Events::Rule')).toEqual([
    ['vod|own', 'arn:aws:events:us-east-1:123456789012:rule/vod/own'], ['usual', 'arn:aws:events:us-east-1:123456789012:rule/usual'],
  ]);
  expect(stack.outputs()).toEqual({ Name: 'vod', Attribute: 'vod' });
});

describe('an intrinsic', () => {
  it.each([
    [{ Ref: 'Bucket' }, 'films'],
    [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::films'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'AWS::AccountId' }, 3]] }, 'a/123456789012/3'],
    [{ 'Fn::Sub': '${Bucket}-${AWS::Partition}' }, 'films-aws'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['-', { 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }]] }] }] }, 'films'],
    [[{ a: [{ Ref: 'Bucket' }] }, null, 1], [{ a: ['films'] }, null, 1]],
  ])('%j is %j', (node, expected) => {
    expect(valueOf(node)).toEqual(expected);
  });

  it.each([
    [{ 'Fn::Cidr': ['10.0.0.0/8', 2] }, 'Table: can\'t resolve {"Fn::Cidr":["10.0.0.0/8",2]}'],
    [{ 'Fn::If': ['Here', 'yes', 'no'] }, 'Table: can\'t resolve {"Fn::If":["Here","yes","no"]}'],
    [{ 'Fn::ImportValue': 'x' }, 'Table: can\'t resolve {"Fn::ImportValue":"x"}'],
    [{ Ref: 'Nothing' }, 'the template has no resource Nothing'],
    [{ 'Fn::Sub': '${Bucket.Arn}' }, 'the template has no resource Bucket.Arn'],
    [{ Ref: 'AWS::NoValue' }, 'the template has no resource AWS::NoValue'],
    [{ 'Fn::GetAtt': ['Bucket', 'WebsiteURL'] }, 'Table: can\'t resolve {"Fn::GetAtt":["Bucket","WebsiteURL"]}'],
    [{ 'Fn::Join': ['', ['{{resolve:secretsmanager:x}}']] }, 'Table: the local stack does not support dynamic references'],
    [{ 'Fn::Select': ['5', ['a']] }, 'Table: can\'t resolve {"Fn::Select":["5",["a"]]}'],
  ])('%j fails with its location', (node, message) => {
    expect(() => valueOf(node)).toThrow(message);
  });
});

describe('a template', () => {
  it('fails on an unsupported type', () => {
    expect(() => written({ Resources: { Stream: { Type: 'AWS::Kinesis::Stream' } } })).toThrow('Stream: the local stack does not support the type AWS::Kinesis::Stream');
  });

  it('supports branded sign-in pages and a first user', () => {
    const typed = (type: string, Properties = {}) => ({ Type: `AWS::Cognito::${type}`, Properties });
    const stack = written({
      Resources: {
        Branding: typed('ManagedLoginBranding'), Boss: typed('UserPoolUser', { Username: 'boss' }),
        Member: typed('UserPoolUserToGroupAttachment', { Username: { Ref: 'Boss' } }),
      },
    });
    expect(stack.ofType('AWS::Cognito::UserPoolUserToGroupAttachment')[0].properties).toEqual({ Username: 'boss' });
  });

  it('fails on a condition', () => {
    expect(() => written({ Resources: { Topic: { Type: 'AWS::SQS::Queue', Condition: 'Never' } } })).toThrow('Topic: the local stack does not support conditions');
  });

  it('resolves a name that contains another resource\'s domain name', () => {
    const names = { Pool: { Type: 'AWS::Cognito::UserPoolDomain', Properties: { Domain: { 'Fn::Join': ['-', ['p', { Ref: 'Bucket' }]] } } } };
    expect(written({ Resources: { ...bucket({ BucketName: 'films' }), ...names } }).ofType('AWS::Cognito::UserPoolDomain')[0].physicalId).toBe('p-films');
  });

  it('never returns a client secret', () => {
    const resources = { Table: { Type: 'AWS::DynamoDB::Table', Properties: { x: { 'Fn::GetAtt': ['Client', 'ClientSecret'] } } }, Client: { Type: 'AWS::Cognito::UserPoolClient' } };
    expect(() => written({ Resources: resources }).outputs()).toThrow('Table: can\'t resolve {"Fn::GetAtt":["Client","ClientSecret"]}');
  });
});
