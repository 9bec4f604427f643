import { allOf, at, Check, differences, every, exactly, one, oneOf, present } from './check';
import { storeOf } from './handlers';
import { API_STAGE } from '../../../src/contract/routes';
import { MEDIA_PREFIX } from '../../../src/domain/object-keys';
import { CloudFormationTemplate, list, ours, references } from '../../toolkit/template';

/** CloudFront's managed policies (see "Use managed policies" in the Amazon CloudFront Developer Guide). */
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const SECURITY_HEADERS = '67f7725c-6f97-4210-82d7-5512b31e9d03';

const MEDIA_PATTERN = `/${MEDIA_PREFIX}*`;
const API_PATTERN = `/${API_STAGE}/*`;

interface Delivered {
  readonly id: string;
  readonly config: any;
  readonly behavior: (pattern: string) => any;
  readonly origin: (behavior: any) => any;
}

function distributions(template: CloudFormationTemplate): Delivered[] {
  return ours(template, 'AWS::CloudFront::Distribution').map(({ id, properties }) => {
    const config = properties.DistributionConfig ?? {};
    return {
      id, config,
      behavior: (pattern) => list(config.CacheBehaviors).find(({ PathPattern }: any) => PathPattern === pattern),
      origin: (behavior) => list(config.Origins).find(({ Id }: any) => Id !== undefined && Id === behavior?.TargetOriginId),
    };
  });
}

const onEach = (check: (delivered: Delivered, template: CloudFormationTemplate) => string[]): Check => (
  (template) => distributions(template).flatMap((delivered) => check(delivered, template)));

/** CloudFront evaluates the pattern for media files first, then the pattern for the API, and then the patterns of `additionalBehaviors`. */
const ourPathsComeFirst = onEach(({ id, config }) => {
  const [first, second] = list(config.CacheBehaviors).map(({ PathPattern }: any) => PathPattern);
  return first === MEDIA_PATTERN && second === API_PATTERN ? [] : [`${id}: expected ${MEDIA_PATTERN} and ${API_PATTERN} first, got ${first} and ${second}`];
});

const mediaNeedsASession = onEach(({ id, behavior, origin }, template) => {
  const media = behavior(MEDIA_PATTERN);
  const group = one(template, 'AWS::CloudFront::KeyGroup');
  const keys = ours(template, 'AWS::CloudFront::PublicKey').map((key) => key.id);
  const control = template.Resources[references(origin(media)?.OriginAccessControlId)[0]]?.Properties?.OriginAccessControlConfig;
  return [
    ...differences(`${id} ${MEDIA_PATTERN}`, media, {
      TrustedKeyGroups: [{ Ref: group }], ViewerProtocolPolicy: 'https-only', CachePolicyId: CACHING_OPTIMIZED, AllowedMethods: ['GET', 'HEAD'],
    }),
    ...exactly(`${group} keys`, references(template.Resources[group ?? '']?.Properties?.KeyGroupConfig?.Items), keys),
    ...references(origin(media)?.DomainName).join() === storeOf(template, 'media') ? [] : [`${id}: the origin of media is not the media bucket`],
    ...at(origin(media), 'S3OriginConfig') ? [] : [`${id}: the media bucket is not an S3 origin`],
    ...differences(`${id} access control`, control, { SigningBehavior: 'always', SigningProtocol: 'sigv4', OriginAccessControlOriginType: 's3' }),
  ];
});

const apiIsNotCached = onEach(({ id, behavior, origin }, template) => {
  const api = behavior(API_PATTERN);
  return [
    ...differences(`${id} ${API_PATTERN}`, api, {
      CachePolicyId: CACHING_DISABLED, OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST, ViewerProtocolPolicy: 'https-only',
      AllowedMethods: (methods: string[]) => ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'].every((method) => methods.includes(method)),
    }),
    ...differences(`${id} ${API_PATTERN} origin`, origin(api), {
      'DomainName': (name: unknown) => references(name)[0] === one(template, 'AWS::ApiGateway::RestApi'),
      'CustomOriginConfig.OriginProtocolPolicy': 'https-only',
      'CustomOriginConfig.OriginSSLProtocols': ['TLSv1.2'],
    }),
  ];
});

const responsesHaveSecurityHeaders = onEach(({ id, config, behavior }) => (
  [['default', config.DefaultCacheBehavior], [MEDIA_PATTERN, behavior(MEDIA_PATTERN)], [API_PATTERN, behavior(API_PATTERN)]].flatMap(([name, each]) => (
    differences(`${id} ${name}`, each, { ResponseHeadersPolicyId: SECURITY_HEADERS, Compress: true })))));

/** Without a web app, a CloudFront Function responds before CloudFront calls an origin. */
const defaultIsNeverMedia = onEach(({ id, config, origin }, template) => {
  const rest = config.DefaultCacheBehavior;
  const isMedia = references(origin(rest)?.DomainName).includes(storeOf(template, 'media') ?? '');
  const answers = list(rest?.FunctionAssociations).some(({ EventType, FunctionARN }: any) => EventType === 'viewer-request'
    && template.Resources[references(FunctionARN)[0]]?.Type === 'AWS::CloudFront::Function');
  return [
    ...differences(`${id} default`, rest, { ViewerProtocolPolicy: 'redirect-to-https', CachePolicyId: CACHING_OPTIMIZED, AllowedMethods: ['GET', 'HEAD'] }),
    ...origin(rest) ? [] : [`${id}: the default behavior has no origin`],
    ...isMedia && !answers ? [`${id}: the default behavior serves media without a session`] : [],
  ];
});

/** CloudFront ignores `no-store` for most errors. With the default time-to-live, CloudFront would send one caller's error to other callers. */
const errorsAreNotCached = onEach(({ id, config }) => {
  const found = list(config.CustomErrorResponses).map(({ ErrorCode, ErrorCachingMinTTL, ResponsePagePath, ResponseCode }: any) => (
    `${ErrorCode} for ${ErrorCachingMinTTL} s${ResponsePagePath || ResponseCode ? ', with another page or status' : ''}`));
  return exactly(`${id} errors`, found, [403, 404, 414, 500, 501, 502, 503, 504].map((code) => `${code} for 0 s`));
});

/** CloudFront signs its requests to a bucket, because the bucket is private. */
const bucketRequestsAreSigned = onEach(({ id, config }, template) => list(config.Origins)
  .filter(({ DomainName }: any) => references(DomainName).some((from) => template.Resources[from]?.Type === 'AWS::S3::Bucket'))
  .flatMap((origin: any) => differences(`${id} ${origin.Id}`, origin, { OriginAccessControlId: present, S3OriginConfig: present })));

const keysArePairs: Check = (template) => allOf(
  every('AWS::CloudFront::PublicKey', {
    'PublicKeyConfig.EncodedKey': (key: unknown) => template.Resources[references(key)[0]]?.Type === 'Custom::VodKeyPair',
    'PublicKeyConfig.CallerReference': present,
  }),
  every('Custom::VodKeyPair', {
    SecretArn: (arn: unknown) => template.Resources[references(arn)[0]]?.Type === 'AWS::SecretsManager::Secret',
    ServiceToken: present, KeyType: oneOf('ecdsa-p256', 'rsa-2048'),
  }),
)(template);

/** An unpublished CloudFront Function does not run. */
const edgeFunctionsArePublished = every('AWS::CloudFront::Function', { 'AutoPublish': true, 'FunctionConfig.Runtime': 'cloudfront-js-2.0', 'FunctionCode': present });

export const DELIVERY: Record<string, Check> = {
  'the paths of the library come first': ourPathsComeFirst,
  'media needs a playback session': mediaNeedsASession,
  'the API is not cached': apiIsNotCached,
  'responses have security headers': responsesHaveSecurityHeaders,
  'the default behavior does not serve media': defaultIsNeverMedia,
  'errors are not cached': errorsAreNotCached,
  'requests to buckets are signed': bucketRequestsAreSigned,
  'signing keys are pairs': keysArePairs,
  'CloudFront Functions are published': edgeFunctionsArePublished,
  'the distribution serves HTTP/3 and IPv6': every('AWS::CloudFront::Distribution', {
    'DistributionConfig.Enabled': true, 'DistributionConfig.HttpVersion': 'http2and3', 'DistributionConfig.IPV6Enabled': true, 'DistributionConfig.PriceClass': present,
  }),
};
