import { appOf, type App } from './custom-origin';
import { byId, onlyKnown, theOne } from '../lookup';
import type { LocalStack } from '../types';

/** The origin is the API if `bucket` and `app` are undefined. */
interface Origin { readonly domain: string; readonly bucket?: string; readonly app?: App }

const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const allViewer = '216adef6-5c7f-47e4-b989-5492eafa07d3';
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const securityHeadersPolicy = '67f7725c-6f97-4210-82d7-5512b31e9d03';
/** The only error codes that CustomErrorResponses accepts (CloudFront Developer Guide, "Customize error responses"). */
const configurableErrors = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** Compiles CloudFront's wildcards: `*` matches any text, `?` matches one character. */
export function wildcard(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^]*').replace(/\?/g, '[^]');
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

function originOf(stack: LocalStack, properties: Record<string, any>): Origin {
  const { Id, DomainName: domain, OriginAccessControlId: controlId = '' } = properties;
  const what = `origin '${Id}'`;
  const app = appOf(what, properties);
  onlyKnown(what, properties, `Id DomainName OriginAccessControlId S3OriginConfig CustomOriginConfig${app ? ' OriginPath OriginCustomHeaders' : ''}`);
  if (app) return { domain, app };
  if (/^[a-z0-9]+\.execute-api\./.test(domain)) return { domain };
  const bucket = /^(.+)\.s3\.[a-z0-9-]+\.amazonaws\.com$/.exec(domain)?.[1];
  if (!bucket) throw new Error(`${what}: expected the domain name of a bucket, the domain name of the API, localhost or a subdomain of localhost, got ${domain}`);
  const { OriginAccessControlConfig: control } = byId(stack, 'AWS::CloudFront::OriginAccessControl', controlId).properties;
  onlyKnown(what, control, 'Name', { SigningProtocol: ['sigv4'], SigningBehavior: ['always'], OriginAccessControlOriginType: ['s3'] });
  return { domain, bucket };
}

function behaviorOf(stack: LocalStack, origins: Map<string, Origin>, properties: Record<string, any>) {
  const { PathPattern: pattern = '*', TargetOriginId, TrustedKeyGroups: groups, FunctionAssociations = [] } = properties;
  const what = `behaviour '${pattern}'`;
  const origin = origins.get(TargetOriginId)!;
  const { bucket, app } = origin;
  // Without this origin request policy, CloudFront would forward no headers, cookies or query to the API, and the sign-in would fail on AWS.
  const requestPolicies = bucket ? ['none'] : app ? ['none', allViewer, allViewerExceptHostHeader] : [allViewerExceptHostHeader];
  onlyKnown(what, { OriginRequestPolicyId: 'none', ...properties }, 'PathPattern TargetOriginId AllowedMethods CachedMethods FunctionAssociations TrustedKeyGroups ViewerProtocolPolicy Compress', {
    CachePolicyId: bucket || app ? [cachingOptimized, cachingDisabled] : [cachingDisabled],
    OriginRequestPolicyId: requestPolicies,
    ResponseHeadersPolicyId: [securityHeadersPolicy],
  });
  for (const each of FunctionAssociations) onlyKnown(what, each, 'FunctionARN', { EventType: ['viewer-request'] });
  const methods: string[] = properties.AllowedMethods ?? ['GET', 'HEAD'];
  if (bucket && methods.length > 2) throw new Error(`${what}: the local stack supports only GET and HEAD for buckets, got ${methods}`);
  const keyIds: string[] | undefined = groups?.flatMap((id: string) => byId(stack, 'AWS::CloudFront::KeyGroup', id).properties.KeyGroupConfig.Items);
  return {
    matches: wildcard(/^[/*]/.test(pattern) ? pattern : `/${pattern}`),
    ...origin,
    methods,
    /** Undefined if no signature is required. */
    publicKeys: keyIds && new Map(keyIds.map((id) => [id, byId(stack, 'AWS::CloudFront::PublicKey', id).properties.PublicKeyConfig.EncodedKey])),
    /** The code of a CloudFront Function, which runs before the cache and the origin. */
    viewerRequest: FunctionAssociations[0] && stack.byArn(FunctionAssociations[0].FunctionARN).properties.FunctionCode as string,
    forwards: { viewer: properties.OriginRequestPolicyId !== undefined, host: properties.OriginRequestPolicyId === allViewer },
    cached: properties.CachePolicyId === cachingOptimized,
    managedHeaders: properties.ResponseHeadersPolicyId !== undefined,
  };
}

/** Custom error pages are not supported. */
function errorTtlOf(responses: Record<string, any>[] = []): Map<number, number> {
  return new Map(responses.map((each) => {
    onlyKnown('CustomErrorResponses', each, 'ErrorCachingMinTTL', { ErrorCode: configurableErrors });
    return [each.ErrorCode, each.ErrorCachingMinTTL];
  }));
}

function refuseOtherCertificates(what: string, { Aliases: names = [], ViewerCertificate: certificate }: Record<string, any>): void {
  if (names.length > 0 && !certificate) throw new Error(`${what}: CloudFront requires a certificate for Aliases`);
  if (!certificate) return;
  onlyKnown(`${what}.ViewerCertificate`, certificate, 'AcmCertificateArn MinimumProtocolVersion', { SslSupportMethod: ['sni-only'] });
  if (!/^arn:aws:acm:us-east-1:/.test(certificate.AcmCertificateArn)) {
    throw new Error(`${what}: CloudFront requires a certificate in us-east-1, got ${certificate.AcmCertificateArn}`);
  }
}

export function readDistribution(stack: LocalStack) {
  const { logicalId, physicalId, attributes, properties: { DistributionConfig: config } } = theOne(stack, 'AWS::CloudFront::Distribution');
  onlyKnown(logicalId, config, 'Aliases CacheBehaviors Comment CustomErrorResponses DefaultCacheBehavior DefaultRootObject Enabled HttpVersion IPV6Enabled Origins PriceClass ViewerCertificate');
  refuseOtherCertificates(logicalId, config);
  const origins = new Map<string, Origin>(config.Origins.map((each: Record<string, any>) => [each.Id, originOf(stack, each)]));
  return {
    /** The first name is the name that CloudFront assigns (`*.cloudfront.net`). */
    domainNames: [attributes.DomainName, ...config.Aliases ?? []] as string[],
    arn: `arn:aws:cloudfront::${stack.account}:distribution/${physicalId}`,
    behaviors: [...config.CacheBehaviors ?? [], config.DefaultCacheBehavior].map((each) => behaviorOf(stack, origins, each)),
    rootObject: (config.DefaultRootObject ?? '') as string,
    errorTtl: errorTtlOf(config.CustomErrorResponses),
  };
}
