import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { behaviors, delivered, distributionOf, ofDelivery } from './delivered';
import type { VodDeliveryProps } from '../../src/delivery/vod-delivery';
import { testStack, warningsOf } from '../toolkit/stacks';
import { ofType, only } from '../toolkit/template';

describe('VodDelivery with props', () => {
  test('has no behavior for the API without an API', () => {
    expect(Object.keys(behaviors(delivered({ withApi: false }).json()))).toEqual(['/v/*', 'default']);
  });

  test('serves your own app in addition to the media, but never from the media bucket', () => {
    const site = new origins.HttpOrigin('app.example.com');
    const template = delivered({
      defaultBehavior: { origin: site }, defaultRootObject: 'index.html', additionalBehaviors: {
        '/live/*': { origin: site },
        '/*': { origin: site, viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.ALLOW_ALL, responseHeadersPolicy: cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS },
      },
    }).json();
    const found = behaviors(template);
    // If a wider pattern came before `/v/*`, CloudFront would serve media files without a playback session.
    expect(Object.keys(found)).toEqual(['/v/*', '/api/*', '/live/*', '/*', 'default']);
    expect(found.default).toMatchObject({ AllowedMethods: ['GET', 'HEAD'], ViewerProtocolPolicy: 'redirect-to-https' });
    expect(found['/live/*']).toMatchObject({ ViewerProtocolPolicy: 'redirect-to-https', ResponseHeadersPolicyId: found.default.ResponseHeadersPolicyId });
    expect(found['/*'].ViewerProtocolPolicy).toBe('allow-all');
    expect(found['/*'].ResponseHeadersPolicyId).not.toBe(found.default.ResponseHeadersPolicyId);
    for (const name of ['/live/*', '/*', 'default']) expect(found[name].TargetOriginId).not.toBe(found['/v/*'].TargetOriginId);
    expect(ofType(template, 'AWS::CloudFront::Function')).toEqual([]);
    expect(distributionOf(template).DefaultRootObject).toBe('index.html');
  });

  const { S3BucketOrigin, HttpOrigin, OriginGroup } = origins;
  test.each<[string, (bucket: s3.IBucket) => Parameters<typeof delivered>[0], string]>([
    ['as the default behavior', (bucket) => ({ defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) } }), 'defaultBehavior'],
    ['below its prefix', (bucket) => ({ defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket, { originPath: '/v' }) } }), 'defaultBehavior'],
    ['with a path pattern', (bucket) => ({ additionalBehaviors: { '/mine/*': { origin: S3BucketOrigin.withBucketDefaults(bucket) } } }), 'additionalBehaviors\\[\'/mine/\\*\'\\]'],
    ['in an origin group', (bucket) => ({
      defaultBehavior: { origin: new OriginGroup({ primaryOrigin: new HttpOrigin('app.example.com'), fallbackOrigin: S3BucketOrigin.withOriginAccessControl(bucket) }) },
    }), 'defaultBehavior'],
  ])('rejects the media bucket %s, where no session is required', (_, propsOf, name) => {
    const stack = testStack();
    const bucket = new s3.Bucket(stack, 'Mine', { enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });
    const { json } = delivered({ bucket, ...propsOf(bucket) }, stack);
    expect(json).toThrow(new RegExp(`\\[Test/Delivery\\] ${name}\\.origin: expected an origin other than the media bucket, got the media bucket`));
  });

  const named = (scope: Stack, bucketName = 'my-media') => new s3.Bucket(scope, 'Mine', { bucketName, enforceSSL: true });
  const byName = (scope: Stack, bucketName = 'my-media') => s3.Bucket.fromBucketName(scope, `By${bucketName}`, bucketName);
  const withRegion = (scope: Stack, region: string) => s3.Bucket.fromBucketAttributes(scope, 'WithRegion', { bucketName: 'my-media', region });
  test.each<[string, (scope: Stack) => { media: s3.IBucket; origin: cloudfront.IOrigin }]>([
    ['created in the app, imported by name as origin', (scope) => ({ media: named(scope), origin: S3BucketOrigin.withOriginAccessControl(byName(scope), { originPath: '/v' }) })],
    ['imported by name, created in the app as origin', (scope) => ({ media: byName(scope), origin: S3BucketOrigin.withOriginAccessControl(named(scope)) })],
    ['imported twice, once with its region', (scope) => ({ media: byName(scope), origin: S3BucketOrigin.withOriginAccessControl(withRegion(scope, 'us-east-1')) })],
    ['with its domain name without region', (scope) => { const media = named(scope); return { media, origin: new HttpOrigin(media.bucketDomainName) }; }],
    ['with its dual-stack domain name', (scope) => { const media = named(scope); return { media, origin: new HttpOrigin(media.bucketDualStackDomainName) }; }],
    ['with a domain name as text', (scope) => ({ media: named(scope), origin: new HttpOrigin('My-Media.s3-eu-west-1.amazonaws.com') })],
    ['with the bucket name in the path', (scope) => ({ media: named(scope), origin: new HttpOrigin('s3.eu-west-1.amazonaws.com', { originPath: '/my-media/v' }) })],
    ['of another stack', (scope) => {
      const media = named(new Stack(scope.node.root as App, 'Other'));
      return { media, origin: new HttpOrigin(media.bucketDomainName) };
    }],
  ])('rejects the media bucket under other names: %s', (_, make) => {
    const stack = testStack();
    const { media, origin } = make(stack);
    expect(delivered({ bucket: media, defaultBehavior: { origin } }, stack).json).toThrow('[Test/Delivery] defaultBehavior.origin: expected an origin other than the media bucket');
  });

  test.each<[string, (scope: Stack) => cloudfront.IOrigin]>([
    ['another bucket', (scope) => S3BucketOrigin.withOriginAccessControl(byName(scope, 'my-media-2'))],
    ['a longer name', () => new HttpOrigin('not.my-media.s3.amazonaws.com')],
    ['a path that begins like its name', () => new HttpOrigin('s3.eu-west-1.amazonaws.com', { originPath: '/my-media-2' })],
    ['a bucket with the same construct path in another stack', (scope) => S3BucketOrigin.withBucketDefaults(named(new Stack(scope.node.root as App, 'Other'), 'other'))],
  ])('accepts %s as an origin', (_, make) => {
    const stack = testStack();
    expect(delivered({ bucket: named(stack), defaultBehavior: { origin: make(stack) } }, stack).json).not.toThrow();
  });

  test('rejects a later behavior with the media bucket, and accepts one with another bucket', () => {
    const { delivery, json, stack } = delivered();
    delivery.distribution.addBehavior('/site/*', S3BucketOrigin.withOriginAccessControl(new s3.Bucket(stack, 'Site', { enforceSSL: true })));
    delivery.distribution.addBehavior('/late/*', S3BucketOrigin.withOriginAccessControl(delivery.bucket));
    expect(json).toThrow(/^(?!.*\/site\/).*additionalBehaviors\['\/late\/\*'\]\.origin: expected/s);
  });

  test('deletes everything with RemovalPolicy.DESTROY', () => {
    const template = delivered({ removalPolicy: RemovalPolicy.DESTROY }).json();
    expect(only(template, 'AWS::SecretsManager::Secret').resource.DeletionPolicy).toBe('Delete');
    expect(only(ofDelivery(template), 'AWS::S3::Bucket').resource.DeletionPolicy).toBe('Delete');
    expect(ofType(template, 'Custom::S3AutoDeleteObjects')).toHaveLength(1);
  });

  test('accepts a bucket of the same stack, and allows the distribution to read it', () => {
    const stack = testStack();
    const bucket = new s3.Bucket(stack, 'Mine', { enforceSSL: true });
    const { delivery, json } = delivered({ bucket }, stack);
    const template = json();
    expect(delivery.bucket).toBe(bucket);
    expect(only(ofDelivery(template), 'AWS::S3::BucketPolicy').properties.PolicyDocument.Statement).toHaveLength(3);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each([
    ['imported', (app: App) => s3.Bucket.fromBucketName(new Stack(app, 'Other'), 'Theirs', 'their-media')],
    ['of another stack', (app: App) => new s3.Bucket(new Stack(app, 'Other'), 'Theirs', { bucketName: 'their-media' })],
  ])('accepts a bucket that is %s, and warns about the statements that its policy needs', (_, make) => {
    const app = new App();
    const stack = new Stack(app, 'Test');
    const { json } = delivered({ bucket: make(app) }, stack);
    expect(ofType(ofDelivery(json()), 'AWS::S3::BucketPolicy')).toEqual([]);
    expect(warningsOf(stack)).toContainEqual(expect.stringMatching(/^\/Test\/Delivery: .*s3:ListBucket on the bucket and s3:GetObject on v\/\*/));
  });

  const site = new origins.HttpOrigin('app.example.com');
  test.each<[Partial<VodDeliveryProps>, string]>([
    [{ keyGenerations: [] }, 'keyGenerations: expected a list of 1 or more items, got []'],
    [{ keyGenerations: ['1', '2', '3', '4', '5', '6'] }, 'keyGenerations: expected at most 5 generations (CloudFront\'s quota of public keys per key group), got 6'],
    [{ keyGenerations: ['a', 'a'] }, 'keyGenerations: expected each generation only once, got a more than once'],
    [{ keyGenerations: ['2026/11'] }, 'expected 1 to 20 letters, digits and hyphens, not starting with a hyphen, got "2026/11"'],
    [{ keyGenerations: ['x'.repeat(21)] }, 'expected 1 to 20 letters'],
    [{ sessionDuration: Duration.seconds(59) }, 'sessionDuration: expected a Duration in whole seconds from 1 minute to 7 days, got 59 seconds'],
    [{ sessionDuration: Duration.days(8) }, 'sessionDuration: expected a Duration in whole seconds from 1 minute to 7 days, got 8 days'],
    [{ sessionDuration: Duration.millis(90_500) }, 'got 90.5 seconds'],
    [{ keyType: 'RSA' as any }, 'keyType: expected SigningKeyType.ECDSA_P256 ("ecdsa-p256") or SigningKeyType.RSA_2048 ("rsa-2048"), got "RSA"'],
    [{ defaultRootObject: '/index.html' }, 'defaultRootObject: expected the name of a file without a leading slash, got "/index.html"'],
    [{ defaultRootObject: 'index.html' }, 'defaultBehavior: expected a behavior that serves the defaultRootObject, got none'],
    [{ defaultRootObject: 'index.html', additionalBehaviors: {} }, 'defaultBehavior: expected a behavior that serves the defaultRootObject'],
    [{ additionalBehaviors: { '/x/*': {} as any } }, 'additionalBehaviors[\'/x/*\'].origin: expected an origin, such as an origins.HttpOrigin, got none'],
    [{ additionalBehaviors: { '/v/*': { origin: site } } }, 'additionalBehaviors: expected a path pattern that does not begin with /v/, got \'/v/*\'. The service uses /v/*'],
    [{ additionalBehaviors: { 'v/open/*': { origin: site } } }, 'additionalBehaviors: expected a path pattern that does not begin with /v/, got \'v/open/*\'. The service uses /v/*'],
    [{ additionalBehaviors: { '/api/*': { origin: site } } }, 'additionalBehaviors: expected a path pattern that does not begin with /api/, got \'/api/*\'. The service uses /api/*'],
  ])('rejects %j', (props, message) => {
    expect(() => delivered(props)).toThrow(message);
  });

  test('reports all errors at once', () => {
    expect(() => delivered({ keyGenerations: ['/'], sessionDuration: Duration.days(8), keyType: 'RSA' as any }))
      .toThrow(/^Test\/Delivery: keyGenerations\[0\]: [^]+; keyType: [^]+; sessionDuration: /);
  });
});
