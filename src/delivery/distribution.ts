import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type DomainOptions, serviceUrl } from './custom-domain';
import { MEDIA_PATTERN } from './media-origin';
import type { IVodApi } from '../api/vod-api';
import { API_STAGE } from '../contract/routes';
import { MEDIA_PREFIX } from '../domain/object-keys';
import { bucketKey } from '../synth/existing-bucket';
import { globalName } from '../synth/global-name';
import { letCloudFrontDecrypt } from '../synth/kms-keys';
import { overlay } from '../synth/overlay';
import { isAbsent } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';

const API_PATTERN = `/${API_STAGE}/*`;

/** By default, CloudFront caches these errors for 10 seconds, even if the response has `no-store`. */
const UNCACHED_ERRORS = [403, 404, 414, 500, 501, 502, 503, 504];

export interface DistributionOptions extends DomainOptions {
  readonly bucket: s3.IBucket;
  readonly keyGroup: cloudfront.IKeyGroup;
  readonly api?: IVodApi;
  readonly defaultBehavior?: cloudfront.BehaviorOptions;
  readonly defaultRootObject?: string;
  readonly additionalBehaviors?: Record<string, cloudfront.BehaviorOptions>;
  readonly priceClass?: cloudfront.PriceClass;
}

export function createDistribution(scope: Construct, props: DistributionOptions): cloudfront.Distribution {
  const { bucket, keyGroup } = props;
  const control = new cloudfront.S3OriginAccessControl(scope, 'AccessControl', { originAccessControlName: globalName(scope, 'media') });
  // CDK's `withOriginAccessControl` would allow the distribution to read the whole bucket.
  const media = origins.S3BucketOrigin.withBucketDefaults(bucket, { originAccessControlId: control.originAccessControlId });
  const { HTTPS_ONLY, REDIRECT_TO_HTTPS } = cloudfront.ViewerProtocolPolicy;
  const { SECURITY_HEADERS: responseHeadersPolicy } = cloudfront.ResponseHeadersPolicy;
  const cached = {
    cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED, allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD, responseHeadersPolicy,
  };
  return new cloudfront.Distribution(scope, 'Distribution', {
    comment: 'Video on demand',
    ...overlay({}, { domainNames: props.domainNames, certificate: props.certificate, defaultRootObject: props.defaultRootObject }),
    priceClass: props.priceClass ?? cloudfront.PriceClass.PRICE_CLASS_100,
    httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
    // An error page would also replace the 403 and 404 responses of the API, so these entries set only cache times.
    errorResponses: UNCACHED_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    defaultBehavior: {
      ...cached,
      viewerProtocolPolicy: REDIRECT_TO_HTTPS,
      ...(props.defaultBehavior
        ? appBehavior(scope, props.defaultBehavior, props.domainNames)
        : { origin: media, functionAssociations: [returnNotFound(scope)] }),
    },
    // CloudFront uses the first pattern that matches, so the patterns of the service come first.
    additionalBehaviors: {
      [MEDIA_PATTERN]: { ...cached, origin: media, viewerProtocolPolicy: HTTPS_ONLY, trustedKeyGroups: [keyGroup] },
      ...(props.api && {
        [API_PATTERN]: {
          origin: new origins.HttpOrigin(props.api.originDomainName),
          viewerProtocolPolicy: HTTPS_ONLY,
          allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
          cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
          originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
          responseHeadersPolicy,
        },
      }),
      ...Object.fromEntries(Object.entries(props.additionalBehaviors ?? {}).map(([pattern, behavior]) => [
        pattern, { responseHeadersPolicy, viewerProtocolPolicy: REDIRECT_TO_HTTPS, ...overlay({}, behavior) },
      ])),
    },
  });
}

/** Users can sign in only at the first domain name, so requests for all other names are redirected. */
function appBehavior(scope: Construct, given: cloudfront.BehaviorOptions, domainNames: readonly string[] | null | undefined): cloudfront.BehaviorOptions {
  const behavior = overlay({}, given);
  const { functionAssociations = [], edgeLambdas = [] } = behavior;
  // A behavior can have one CloudFront function per event type. For viewer events, a behavior cannot have both a CloudFront function and a Lambda@Edge
  // function.
  const isTaken = functionAssociations.some(({ eventType }) => eventType === cloudfront.FunctionEventType.VIEWER_REQUEST)
    || edgeLambdas.some(({ eventType }) => eventType.startsWith('viewer-'));
  return isAbsent(domainNames) || isTaken ? behavior : { ...behavior, functionAssociations: [...functionAssociations, redirectToFirst(scope, domainNames)] };
}

function returnNotFound(scope: Construct): cloudfront.FunctionAssociation {
  return viewerRequestFunction(scope, 'NotFound', 'not-found', 'Returns 404 for every request', `function handler() {
  return { statusCode: 404, statusDescription: 'Not Found', headers: { 'cache-control': { value: 'no-store' } } };
}`);
}

/** The redirect is temporary, because browsers would keep a permanent redirect even after the first name changes. */
function redirectToFirst(scope: Construct, domainNames: readonly string[]): cloudfront.FunctionAssociation {
  return viewerRequestFunction(scope, 'FirstName', 'first-name', 'Redirects to the first domain name', `function handler({ request }) {
  if (request.headers.host.value === '${domainNames[0]}') return request;
  const query = request.rawQueryString();
  const location = '${serviceUrl(domainNames)}' + request.uri + (query ? '?' + query : '');
  return { statusCode: 307, statusDescription: 'Temporary Redirect', headers: { location: { value: location }, 'cache-control': { value: 'no-store' } } };
}`);
}

function viewerRequestFunction(scope: Construct, id: string, name: string, comment: string, code: string): cloudfront.FunctionAssociation {
  return {
    eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
    function: new cloudfront.Function(scope, id, {
      functionName: globalName(scope, name), comment, runtime: cloudfront.FunctionRuntime.JS_2_0, code: cloudfront.FunctionCode.fromInline(code),
    }),
  };
}

/** Without the permission to list the bucket, S3 returns 403 instead of 404 for a missing object. */
export function letDistributionRead(scope: Construct, bucket: s3.IBucket, distribution: cloudfront.IDistribution): void {
  const allow = (action: string, resource: string) => new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
    actions: [action],
    resources: [resource],
    conditions: { StringEquals: { 'AWS:SourceArn': distribution.distributionArn } },
  });
  const statements = [allow('s3:GetObject', bucket.arnForObjects(`${MEDIA_PREFIX}*`)), allow('s3:ListBucket', bucket.bucketArn)];
  // The policy of a bucket in another stack would cause a cycle: the policy refers to the distribution, which refers to the bucket.
  const added = Stack.of(bucket) === Stack.of(scope)
    && statements.every((statement) => bucket.addToResourcePolicy(statement).statementAdded);
  const prop = propName(scope, 'bucket');
  letCloudFrontDecrypt(scope, bucketKey(prop, bucket));
  if (!added) {
    Annotations.of(scope).addWarningV2('serverless-vod:mediaBucketPolicy',
      `${prop}: this stack cannot change the bucket policy. In the bucket policy, allow cloudfront.amazonaws.com to call s3:ListBucket on the bucket and s3:GetObject on v/*. Limit both permissions with a condition: AWS:SourceArn must be the ARN of the distribution. If a KMS key encrypts the bucket, import the bucket with fromBucketAttributes and encryptionKey`);
  }
}

export function patternProblem(pattern: string, hasApi: boolean): string | undefined {
  const path = pattern.replace(/^\//, '');
  if (pattern === '*') return 'additionalBehaviors: expected a path pattern other than \'*\', got \'*\'. For the pattern \'*\', set defaultBehavior';
  const taken = [MEDIA_PREFIX, ...(hasApi ? [`${API_STAGE}/`] : [])].find((prefix) => path.startsWith(prefix));
  return taken ? `additionalBehaviors: expected a path pattern that does not begin with /${taken}, got '${pattern}'. The service uses /${taken}*` : undefined;
}
