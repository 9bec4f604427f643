import { createContext, runInContext } from 'vm';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { behaviors, delivered, distributionOf, ofDelivery } from './delivered';
import { VodDelivery } from '../../src/delivery/vod-delivery';
import { grants, statementsOf } from '../toolkit/permissions';
import { catalogIn, templateOf, testStack } from '../toolkit/stacks';
import { ofType, only, plain, readable, waitsFor, withoutHash } from '../toolkit/template';

describe('VodDelivery', () => {
  const template = delivered({ keyGenerations: ['2026-11', '2027-05'] }).json();

  test('CloudFront does not cache or replace errors of the API or of media', () => {
    for (const made of [template, delivered({ withApi: false }).json()]) {
      const responses = [403, 404, 414, 500, 501, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 }));
      expect(distributionOf(made).CustomErrorResponses).toEqual(responses);
    }
  });

  test('media require a signature by a key of the key group, and are read from the media bucket', () => {
    const { Origins } = distributionOf(template);
    const media = behaviors(template)['/v/*'];
    expect(media).toMatchObject({
      TrustedKeyGroups: [{ Ref: only(template, 'AWS::CloudFront::KeyGroup').id }],
      AllowedMethods: ['GET', 'HEAD'], ViewerProtocolPolicy: 'https-only', Compress: true, CachePolicyId: cloudfront.CachePolicy.CACHING_OPTIMIZED.cachePolicyId,
    });
    expect(media.FunctionAssociations).toBeUndefined();
    const origin = Origins.find(({ Id }: any) => Id === media.TargetOriginId);
    expect(origin).toMatchObject({
      DomainName: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryBucket/), 'RegionalDomainName'] },
      S3OriginConfig: { OriginAccessIdentity: '' }, OriginAccessControlId: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryAccessControl/), 'Id'] },
    });
    expect(only(template, 'AWS::CloudFront::OriginAccessControl').properties.OriginAccessControlConfig).toMatchObject({
      OriginAccessControlOriginType: 's3', SigningBehavior: 'always', SigningProtocol: 'sigv4',
    });
  });

  test('the API is called by its own name, uncached, over TLS, with all headers except Host', () => {
    const { Origins } = distributionOf(template);
    const api = behaviors(template)['/api/*'];
    expect(api).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'], ViewerProtocolPolicy: 'https-only',
      CachePolicyId: cloudfront.CachePolicy.CACHING_DISABLED.cachePolicyId,
      OriginRequestPolicyId: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.originRequestPolicyId,
    });
    const origin = Origins.find(({ Id }: any) => Id === api.TargetOriginId);
    expect(origin.CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] });
    expect(readable(origin.DomainName)).toMatch(/^ApiRestApi\w*\.execute-api\.AWS::Region\.AWS::URLSuffix$/);
    expect(origin.OriginPath).toBeUndefined();
  });

  test('the distribution does not depend on the API stage, the bucket policies or the handlers', () => {
    const before = [...waitsFor(template, only(template, 'AWS::CloudFront::Distribution').id)].filter((each) => each in template.Resources);
    const types = before.map((each) => template.Resources[each].Type);
    expect(types).toContain('Custom::VodKeyPair');
    for (const later of ['AWS::ApiGateway::Stage', 'AWS::ApiGateway::Deployment', 'AWS::ApiGateway::Method', 'AWS::S3::BucketPolicy', 'AWS::DynamoDB::GlobalTable']) {
      expect(types).not.toContain(later);
    }
    expect(before.some((each) => each.startsWith('DeliveryStartPlayback'))).toBe(false);
  });

  test('the distribution supports HTTP/3 and IPv6, with the cheapest price class', () => {
    expect(distributionOf(template)).toMatchObject({ Enabled: true, HttpVersion: 'http2and3', IPV6Enabled: true, PriceClass: 'PriceClass_100' });
    expect(distributionOf(template)).not.toHaveProperty('DefaultRootObject');
  });

  test('all other paths return 404 without a request to the bucket', () => {
    const rest = behaviors(template).default;
    expect(rest.FunctionAssociations).toEqual([{ EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryNotFound/), 'FunctionARN'] } }]);
    const { FunctionCode, FunctionConfig, AutoPublish } = only(template, 'AWS::CloudFront::Function').properties;
    expect([FunctionConfig.Runtime, AutoPublish]).toEqual(['cloudfront-js-2.0', true]);
    const answer = runInContext(`${FunctionCode}; JSON.stringify(handler({ request: { uri: '/%76/x' } }))`, createContext({}));
    expect(JSON.parse(answer)).toEqual({ statusCode: 404, statusDescription: 'Not Found', headers: { 'cache-control': { value: 'no-store' } } });
  });

  test('the bucket is private, and only this distribution can read media', () => {
    const { id, properties, resource } = only(ofDelivery(template), 'AWS::S3::Bucket');
    expect(properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    });
    expect(resource.DeletionPolicy).toBe('RetainExceptOnCreate');
    const statements = statementsOf(ofDelivery(template), 'AWS::S3::BucketPolicy');
    expect(statements).toHaveLength(4);
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      expect.objectContaining({ Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({ Principal: { AWS: '*' }, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
    ]);
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(plain(Condition)).toEqual({ StringEquals: { 'AWS:SourceArn': 'arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/DeliveryDistribution' } });
    }
    const bucket = `${withoutHash(id)}.Arn`;
    expect(grants(allowed).map((grant) => grant.split(' if ')[0])).toEqual([`s3:GetObject on ${bucket}/v/*`, `s3:ListBucket on ${bucket}`]);
  });

  test('names of global CloudFront resources contain the stack id, and differ for two constructs of one stack', () => {
    const stack = testStack();
    const catalog = catalogIn(stack);
    for (const id of ['One', 'Two']) new VodDelivery(stack, id, { catalog });
    const both = templateOf(stack);
    const names = ofType(both, 'AWS::CloudFront::OriginAccessControl').map(({ properties }) => properties.OriginAccessControlConfig.Name)
      .concat(ofType(both, 'AWS::CloudFront::KeyGroup').map(({ properties }) => properties.KeyGroupConfig.Name))
      .concat(ofType(both, 'AWS::CloudFront::PublicKey').map(({ properties }) => properties.PublicKeyConfig.Name))
      .concat(ofType(both, 'AWS::CloudFront::Function').map(({ properties }) => properties.Name));
    expect(names).toHaveLength(8);
    for (const name of names) expect(JSON.stringify(name)).toContain('{"Ref":"AWS::StackId"}');
    const stackId = (region: string) => `arn:aws:cloudformation:${region}:111122223333:stack/Test/${region === 'eu-west-1' ? 'aaaaaaaa' : 'bbbbbbbb'}-0000-4000-8000-000000000000`;
    const rendered = (region: string) => names.map((name) => plain(name, (ref) => (ref === 'AWS::StackId' ? stackId(region) : undefined)));
    const all = [...rendered('eu-west-1'), ...rendered('us-east-1')];
    expect(new Set(all).size).toBe(16);
    for (const name of all) expect(name.length).toBeLessThanOrEqual(64);
    // The names of custom policies would have to be unique, so the delivery uses only policies that AWS manages.
    for (const type of ['CachePolicy', 'OriginRequestPolicy', 'ResponseHeadersPolicy']) expect(ofType(both, `AWS::CloudFront::${type}`)).toEqual([]);
  });
});
