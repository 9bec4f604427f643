import { createContext, runInContext } from 'vm';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { VodApi } from '../../src/api/vod-api';
import { VodCatalog } from '../../src/catalog/vod-catalog';
import { SigningKeyType } from '../../src/contract/signing-keys';
import { VodDelivery, VodDeliveryOptions, VodDeliveryProps } from '../../src/delivery/vod-delivery';
import { Access, VodRoles } from '../../src/roles/vod-roles';

type Json = any;

function delivered(props: Partial<VodDeliveryProps> & { withApi?: boolean; roles?: VodRoles } = {}, stack = new Stack(new App(), 'Test')) {
  const { withApi = true, roles, ...rest } = props;
  const api = withApi ? new VodApi(stack, 'Api') : undefined;
  const catalog = new VodCatalog(stack, 'Catalog', { origin: 'https://videos.example.com', roles });
  const delivery = new VodDelivery(stack, 'Delivery', { api, catalog, ...rest });
  // What no method or authorizer makes here would stop the API's own checks at synth.
  api?.node.tryRemoveChild('RestApi');
  return { stack, delivery, json: () => Template.fromStack(stack).toJSON() as Json };
}

const ofType = (template: Json, type: string): [string, Json][] => Object.entries<Json>(template.Resources).filter(([, { Type }]) => Type === type);
const only = (template: Json, type: string): Json => {
  const found = ofType(template, type);
  expect(found).toHaveLength(1);
  return found[0][1].Properties;
};
const behaviors = (template: Json): Record<string, Json> => {
  const { CacheBehaviors = [], DefaultCacheBehavior } = only(template, 'AWS::CloudFront::Distribution').DistributionConfig;
  return Object.fromEntries([...CacheBehaviors.map((each: Json) => [each.PathPattern, each]), ['default', DefaultCacheBehavior]]);
};

/** Every statement of a function's role, by the function's id without its hash. */
function permissions(template: Json): Record<string, { Action: string[]; Resource: Json[] }[]> {
  const statementsOf = (role: string) => ofType(template, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: Json) => Ref === role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .map(({ Action, Resource }: Json) => ({ Action: [Action].flat(), Resource: [Resource].flat() }));
  return Object.fromEntries(ofType(template, 'AWS::Lambda::Function')
    .map(([id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/, ''), statementsOf(Properties.Role['Fn::GetAtt'][0])]));
}

/** Everything that a resource refers to, through whatever lies between. */
function reaches(template: Json, logicalId: string, seen = new Set<string>()): Set<string> {
  for (const [, id] of JSON.stringify(template.Resources[logicalId]).matchAll(/"([A-Za-z0-9]+)"/g)) {
    if (template.Resources[id] && !seen.has(id)) reaches(template, id, seen.add(id));
  }
  return seen;
}

describe('VodDelivery', () => {
  const { json } = delivered({ keyGenerations: ['2026-11', '2027-05'] });
  const template = json();
  const secrets = ofType(template, 'AWS::SecretsManager::Secret');

  test('one secret, key pair and public key a generation, with its name in their logical ids, all in one group', () => {
    for (const type of ['AWS::SecretsManager::Secret', 'Custom::VodKeyPair', 'AWS::CloudFront::PublicKey']) {
      expect(ofType(template, type).map(([id]) => id)).toEqual([expect.stringContaining('202611'), expect.stringContaining('202705')]);
    }
    const keys = ofType(template, 'AWS::CloudFront::PublicKey').map(([id]) => id);
    expect(only(template, 'AWS::CloudFront::KeyGroup').KeyGroupConfig.Items).toEqual(keys.map((Ref) => ({ Ref })));
  });

  test('a generation added or removed leaves the others as they are', () => {
    const alone = delivered({ keyGenerations: ['2027-05'] }).json();
    for (const type of ['AWS::SecretsManager::Secret', 'Custom::VodKeyPair', 'AWS::CloudFront::PublicKey']) {
      const [[id, resource]] = ofType(alone, type);
      expect(template.Resources[id]).toEqual(resource);
    }
  });

  test('a generation that comes back asks CloudFront for another key: its reference holds the time when the pair was made', () => {
    const pairs = ofType(template, 'Custom::VodKeyPair').map(([id]) => id);
    const references = ofType(template, 'AWS::CloudFront::PublicKey').map(([, { Properties }]) => JSON.stringify(Properties.PublicKeyConfig.CallerReference));
    expect(references).toEqual(pairs.map((id) => expect.stringContaining(`{"Fn::GetAtt":["${id}","CreatedAt"]}`)));
  });

  test('no secret has a value or a name in the template, and the custom resource passes none', () => {
    for (const [, { Properties, DeletionPolicy }] of secrets) {
      expect(Object.keys(Properties)).toEqual(['Description']);
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
    for (const [index, [, { Properties }]] of ofType(template, 'Custom::VodKeyPair').entries()) {
      expect(Properties).toEqual({
        ServiceToken: { 'Fn::GetAtt': [expect.stringContaining('MakeKeyPair'), 'Arn'] }, ServiceTimeout: '300', SecretArn: { Ref: secrets[index][0] }, KeyType: 'ecdsa-p256',
      });
    }
    expect(JSON.stringify(template)).not.toMatch(/PRIVATE KEY|resolve:secretsmanager/);
  });

  test('only its maker may fill a key\'s secret, and beside it only playback may read one', () => {
    const arns = secrets.map(([Ref]) => ({ Ref }));
    const mayOnSecrets = Object.fromEntries(Object.entries(permissions(template))
      .map(([fn, statements]) => [fn, statements.filter(({ Action }) => Action.some((action) => /secretsmanager|\*/.test(action)))])
      .filter(([, statements]) => statements.length > 0));
    expect(mayOnSecrets).toEqual({
      DeliveryKeysMakeKeyPair: [{ Action: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], Resource: arns }],
      DeliveryStartPlayback: [{ Action: ['secretsmanager:GetSecretValue'], Resource: arns }],
    });
  });

  test('playback may read a row, its keys, and write its log: nothing else', () => {
    const actions = permissions(template).DeliveryStartPlayback.flatMap(({ Action }) => Action).sort();
    expect(actions).toEqual(['dynamodb:GetItem', 'logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:GetSecretValue']);
  });

  test('playback signs with no key before the group trusts it', () => {
    const [id] = ofType(template, 'AWS::Lambda::Function').find(([name]) => name.startsWith('DeliveryStartPlayback'))!;
    expect(template.Resources[id].DependsOn).toContain(ofType(template, 'AWS::CloudFront::KeyGroup')[0][0]);
  });

  test('playback gets keys in the order of declaration, and the one origin', () => {
    const { Variables } = ofType(template, 'AWS::Lambda::Function').find(([name]) => name.startsWith('DeliveryStartPlayback'))![1].Properties.Environment;
    const [first, second] = ofType(template, 'AWS::CloudFront::PublicKey').map(([id]) => id);
    const text = Variables.SIGNING_KEYS['Fn::Join'][1].map((part: Json) => typeof part === 'string' ? part : part.Ref).join('');
    expect(JSON.parse(text)).toEqual([{ keyPairId: first, secretArn: secrets[0][0] }, { keyPairId: second, secretArn: secrets[1][0] }]);
    expect(Variables.SESSION_SECONDS).toBe('21600');
  });

  test('CloudFront keeps no error of the API or of media for other callers, and rewrites none', () => {
    for (const made of [template, delivered({ withApi: false }).json()]) {
      const responses: Json[] = only(made, 'AWS::CloudFront::Distribution').DistributionConfig.CustomErrorResponses;
      expect(responses).toEqual([403, 404, 414, 500, 501, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })));
    }
  });

  test('tells playback who has which role', () => {
    const roles = (made: Json) => JSON.parse(ofType(made, 'AWS::Lambda::Function').find(([name]) => name.startsWith('DeliveryStartPlayback'))![1].Properties.Environment.Variables.ROLES);
    expect(roles(template)).toEqual({});
    expect(roles(delivered({ roles: { viewers: Access.group('watchers'), admins: 'bosses' } }).json())).toEqual({ viewers: 'watchers', admins: 'bosses' });
  });

  test('media need a signature by a key of the group, and come from the bucket\'s own origin', () => {
    const { DistributionConfig: { Origins } } = only(template, 'AWS::CloudFront::Distribution');
    const media = behaviors(template)['/v/*'];
    expect(media).toMatchObject({
      TrustedKeyGroups: [{ Ref: ofType(template, 'AWS::CloudFront::KeyGroup')[0][0] }],
      AllowedMethods: ['GET', 'HEAD'], ViewerProtocolPolicy: 'https-only', Compress: true, CachePolicyId: cloudfront.CachePolicy.CACHING_OPTIMIZED.cachePolicyId,
    });
    expect(media.FunctionAssociations).toBeUndefined();
    const origin = Origins.find(({ Id }: Json) => Id === media.TargetOriginId);
    expect(origin).toMatchObject({
      DomainName: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryBucket/), 'RegionalDomainName'] },
      S3OriginConfig: { OriginAccessIdentity: '' }, OriginAccessControlId: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryAccessControl/), 'Id'] },
    });
    expect(only(template, 'AWS::CloudFront::OriginAccessControl').OriginAccessControlConfig).toMatchObject({
      OriginAccessControlOriginType: 's3', SigningBehavior: 'always', SigningProtocol: 'sigv4',
    });
  });

  test('the API is reached by its own name, uncached, over TLS, with everything but Host', () => {
    const { DistributionConfig: { Origins } } = only(template, 'AWS::CloudFront::Distribution');
    const api = behaviors(template)['/api/*'];
    expect(api).toMatchObject({
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'], ViewerProtocolPolicy: 'https-only',
      CachePolicyId: cloudfront.CachePolicy.CACHING_DISABLED.cachePolicyId,
      OriginRequestPolicyId: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.originRequestPolicyId,
    });
    const origin = Origins.find(({ Id }: Json) => Id === api.TargetOriginId);
    expect(origin.CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] });
    expect(JSON.stringify(origin.DomainName)).toMatch(/ApiRestApi[^]*execute-api[^]*AWS::Region/);
    expect(origin.OriginPath).toBeUndefined();
  });

  test('the distribution waits for neither stage, nor bucket policy, nor handlers', () => {
    const [id] = ofType(template, 'AWS::CloudFront::Distribution')[0];
    const types = [...reaches(template, id)].map((each) => template.Resources[each].Type);
    expect(types).toContain('Custom::VodKeyPair');
    for (const later of ['AWS::ApiGateway::Stage', 'AWS::ApiGateway::Deployment', 'AWS::ApiGateway::Method', 'AWS::S3::BucketPolicy', 'AWS::DynamoDB::Table']) {
      expect(types).not.toContain(later);
    }
    expect([...reaches(template, id)].some((each) => each.startsWith('DeliveryStartPlayback'))).toBe(false);
  });

  test('newest protocols, no price surprise', () => {
    const { DistributionConfig } = only(template, 'AWS::CloudFront::Distribution');
    expect(DistributionConfig).toMatchObject({ Enabled: true, HttpVersion: 'http2and3', IPV6Enabled: true, PriceClass: 'PriceClass_100' });
    expect(DistributionConfig).not.toHaveProperty('DefaultRootObject');
  });

  test('anything else is 404 before the bucket is asked', () => {
    const rest = behaviors(template).default;
    expect(rest.FunctionAssociations).toEqual([{ EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryNotFound/), 'FunctionARN'] } }]);
    const { FunctionCode, FunctionConfig, AutoPublish } = only(template, 'AWS::CloudFront::Function');
    expect([FunctionConfig.Runtime, AutoPublish]).toEqual(['cloudfront-js-2.0', true]);
    const answer = runInContext(`${FunctionCode}; JSON.stringify(handler({ request: { uri: '/%76/x' } }))`, createContext({}));
    expect(JSON.parse(answer)).toEqual({ statusCode: 404, statusDescription: 'Not Found', headers: { 'cache-control': { value: 'no-store' } } });
  });

  test('the bucket is private, and CloudFront may read media in it for this distribution only', () => {
    expect(only(template, 'AWS::S3::Bucket')).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    });
    expect(ofType(template, 'AWS::S3::Bucket')[0][1].DeletionPolicy).toBe('RetainExceptOnCreate');
    const statements: Json[] = only(template, 'AWS::S3::BucketPolicy').PolicyDocument.Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      expect.objectContaining({ Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({ Principal: { AWS: '*' }, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
    ]);
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudfront.amazonaws.com' });
      expect(Object.keys(Condition)).toEqual(['StringEquals']);
      expect(JSON.stringify(Condition.StringEquals['AWS:SourceArn'])).toMatch(/distribution\/",\{"Ref":"DeliveryDistribution/);
    }
    const bucket = { 'Fn::GetAtt': [ofType(template, 'AWS::S3::Bucket')[0][0], 'Arn'] };
    expect(allowed.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ['s3:GetObject', { 'Fn::Join': ['', [bucket, '/v/*']] }], ['s3:ListBucket', bucket],
    ]);
  });

  test('what CloudFront keeps for all regions is named by the stack\'s id, and two in one stack differ', () => {
    const stack = new Stack(new App(), 'Test');
    const catalog = new VodCatalog(stack, 'Catalog', { origin: 'https://videos.example.com' });
    for (const id of ['One', 'Two']) new VodDelivery(stack, id, { catalog });
    const both = Template.fromStack(stack).toJSON();
    const names = ofType(both, 'AWS::CloudFront::OriginAccessControl').map(([, { Properties }]) => Properties.OriginAccessControlConfig.Name)
      .concat(ofType(both, 'AWS::CloudFront::KeyGroup').map(([, { Properties }]) => Properties.KeyGroupConfig.Name))
      .concat(ofType(both, 'AWS::CloudFront::PublicKey').map(([, { Properties }]) => Properties.PublicKeyConfig.Name))
      .concat(ofType(both, 'AWS::CloudFront::Function').map(([, { Properties }]) => Properties.Name));
    expect(names).toHaveLength(8);
    for (const name of names) expect(JSON.stringify(name)).toContain('{"Ref":"AWS::StackId"}');
    const stackId = (region: string) => `arn:aws:cloudformation:${region}:111122223333:stack/Test/${region === 'eu-west-1' ? 'aaaaaaaa' : 'bbbbbbbb'}-0000-4000-8000-000000000000`;
    const rendered = (region: string) => names.map((name: Json) => name['Fn::Join'][1].map((part: Json) => typeof part === 'string' ? part : stackId(region).split('/')[2]).join(''));
    const all = [...rendered('eu-west-1'), ...rendered('us-east-1')];
    expect(new Set(all).size).toBe(16);
    for (const name of all) expect(name.length).toBeLessThanOrEqual(64);
    // Everything else global is managed by AWS.
    for (const type of ['CachePolicy', 'OriginRequestPolicy', 'ResponseHeadersPolicy']) expect(ofType(both, `AWS::CloudFront::${type}`)).toEqual([]);
  });
});

describe('VodDelivery with props', () => {
  test('without an API has no behaviour for one', () => {
    expect(Object.keys(behaviors(delivered({ withApi: false }).json()))).toEqual(['/v/*', 'default']);
  });

  test('serves your own app beside the media, in no way from the media\'s bucket', () => {
    const site = new origins.HttpOrigin('app.example.com');
    const template = delivered({
      defaultOrigin: site, defaultRootObject: 'index.html', additionalBehaviors: { '/live/*': { origin: site }, '/*': { origin: site } },
    }).json();
    const found = behaviors(template);
    // Ours stand first, or a wide pattern would open the media.
    expect(Object.keys(found)).toEqual(['/v/*', '/api/*', '/live/*', '/*', 'default']);
    expect(found.default).toMatchObject({ AllowedMethods: ['GET', 'HEAD'], ViewerProtocolPolicy: 'redirect-to-https' });
    for (const name of ['/live/*', '/*', 'default']) expect(found[name].TargetOriginId).not.toBe(found['/v/*'].TargetOriginId);
    expect(ofType(template, 'AWS::CloudFront::Function')).toEqual([]);
    expect(only(template, 'AWS::CloudFront::Distribution').DistributionConfig.DefaultRootObject).toBe('index.html');
  });

  test('DESTROY leaves nothing', () => {
    const template = delivered({ removalPolicy: RemovalPolicy.DESTROY }).json();
    expect(ofType(template, 'AWS::SecretsManager::Secret')[0][1].DeletionPolicy).toBe('Delete');
    expect(ofType(template, 'AWS::S3::Bucket')[0][1].DeletionPolicy).toBe('Delete');
    expect(ofType(template, 'Custom::S3AutoDeleteObjects')).toHaveLength(1);
  });

  test('takes a bucket of the same stack, and opens it to the distribution', () => {
    const stack = new Stack(new App(), 'Test');
    const bucket = new s3.Bucket(stack, 'Mine');
    const { delivery, json } = delivered({ bucket }, stack);
    const template = json();
    expect(delivery.bucket).toBe(bucket);
    expect(only(template, 'AWS::S3::BucketPolicy').PolicyDocument.Statement).toHaveLength(2);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    ['imported', (app: App) => s3.Bucket.fromBucketName(new Stack(app, 'Other'), 'Theirs', 'their-media')],
    ['of another stack', (app: App) => new s3.Bucket(new Stack(app, 'Other'), 'Theirs', { bucketName: 'their-media' })],
  ])('takes a bucket that is %s, and says what its policy needs', (_, make) => {
    const app = new App();
    const stack = new Stack(app, 'Test');
    const { json } = delivered({ bucket: make(app) }, stack);
    expect(ofType(json(), 'AWS::S3::BucketPolicy')).toEqual([]);
    Annotations.fromStack(stack).hasWarning('/Test/Delivery', Match.stringLikeRegexp('s3:GetObject on v/\\* and s3:ListBucket'));
  });

  test('makes RSA keys on request', () => {
    expect(only(delivered({ keyType: SigningKeyType.RSA_2048 }).json(), 'Custom::VodKeyPair').KeyType).toBe('rsa-2048');
  });

  const site = new origins.HttpOrigin('app.example.com');
  test.each<[VodDeliveryOptions, string]>([
    [{ keyGenerations: [] }, 'keyGenerations: expected a list of 1 or more, got []'],
    [{ keyGenerations: ['1', '2', '3', '4', '5', '6'] }, 'keyGenerations: expected at most 5 generations (CloudFront\'s quota of keys a key group), got 6'],
    [{ keyGenerations: ['a', 'a'] }, 'keyGenerations: each generation may stand once, got a, a'],
    [{ keyGenerations: ['2026/11'] }, 'expected up to 20 letters, digits and hyphens, no hyphen first, got "2026/11"'],
    [{ keyGenerations: ['x'.repeat(21)] }, 'expected up to 20 letters'],
    [{ sessionDuration: Duration.seconds(59) }, 'sessionDuration: expected a Duration of whole seconds, 1 minute to 7 days, got 59 seconds'],
    [{ sessionDuration: Duration.days(8) }, 'sessionDuration: expected a Duration of whole seconds, 1 minute to 7 days, got 8 days'],
    [{ sessionDuration: Duration.millis(90_500) }, 'got 90.5 seconds'],
    [{ keyType: 'RSA' as any }, 'keyType: expected SigningKeyType.ECDSA_P256 ("ecdsa-p256") or SigningKeyType.RSA_2048 ("rsa-2048"), got "RSA"'],
    [{ defaultRootObject: '/index.html' }, 'defaultRootObject: expected the name of a file without a slash before it, got "/index.html"'],
    [{ additionalBehaviors: { '/x/*': {} as any } }, 'additionalBehaviors[\'/x/*\'].origin: expected an origin, such as an origins.HttpOrigin, got undefined'],
    [{ additionalBehaviors: { '/v/*': { origin: site } } }, 'additionalBehaviors: \'/v/*\' lies below /v/, which is taken'],
    [{ additionalBehaviors: { 'v/open/*': { origin: site } } }, 'additionalBehaviors: \'v/open/*\' lies below /v/, which is taken'],
    [{ additionalBehaviors: { '/api/*': { origin: site } } }, 'additionalBehaviors: \'/api/*\' lies below /api/, which is taken'],
  ])('refuses %j', (props, message) => {
    expect(() => delivered(props)).toThrow(message);
  });

  test('tells everything that is wrong at once', () => {
    expect(() => delivered({ keyGenerations: ['/'], sessionDuration: Duration.days(8), keyType: 'RSA' as any }))
      .toThrow(/^Test\/Delivery: keyGenerations\[0\]: [^]+; keyType: [^]+; sessionDuration: /);
  });
});
