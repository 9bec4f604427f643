import type { LocalStack, Resource } from '../types';

/** How long and by what the edge keeps an answer. */
export interface CachePolicy {
  readonly minTtl: number;
  readonly defaultTtl: number;
  readonly maxTtl: number;
  /** Request headers, cookies and query strings that are part of the key; `true` for all of them. */
  readonly headers: string[];
  readonly cookies: string[] | true;
  readonly queries: string[] | true;
}

/** An origin of the distribution. */
export type Origin =
  | { readonly kind: 's3'; readonly bucket: string; readonly path: string }
  | { readonly kind: 'api'; readonly domain: string; readonly path: string }
  | { readonly kind: 'unreachable'; readonly domain: string };

/** A cache behaviour, its references looked up. */
export interface Behavior {
  readonly matches: (path: string) => boolean;
  readonly origin: Origin;
  readonly methods: string[];
  readonly cache: CachePolicy;
  /** The ids of the public keys whose signatures open it; none for an open one. */
  readonly keyGroups?: string[];
  /** The code of the function at each event. */
  readonly functions: Record<string, string>;
  /** A response headers policy's configuration. */
  readonly responseHeaders?: Record<string, any>;
}

const uncached = { minTtl: 0, defaultTtl: 0, maxTtl: 0, headers: [], cookies: [], queries: [] };
const optimized = { minTtl: 1, defaultTtl: 86_400, maxTtl: 31_536_000, headers: [], cookies: [], queries: [] };
const originDecides: CachePolicy = {
  minTtl: 0, defaultTtl: 0, maxTtl: 31_536_000, cookies: true, queries: [],
  headers: ['host', 'origin', 'x-http-method-override', 'x-http-method', 'x-method-override'],
};
const managedCachePolicies: Record<string, CachePolicy> = {
  '658327ea-f89d-4fab-a63d-7e88639e58f6': optimized,
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': optimized,
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': uncached,
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': originDecides,
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': { ...originDecides, queries: true },
};
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
const managedResponseHeaders: Record<string, Record<string, any>> = {
  '67f7725c-6f97-4210-82d7-5512b31e9d03': {
    SecurityHeadersConfig: {
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'SAMEORIGIN', Override: false },
      ReferrerPolicy: { ReferrerPolicy: 'strict-origin-when-cross-origin', Override: false },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: false },
      XSSProtection: { Protection: true, ModeBlock: true, Override: false },
    },
  },
};

/** Throws for each property that this front neither obeys nor may ignore. */
function onlyKnown(what: string, properties: Record<string, any>, known: string): void {
  const unknown = Object.keys(properties).filter((key) => !known.split(' ').includes(key));
  if (unknown.length) throw new Error(`${what}: the local CDN front does not know ${unknown.join(', ')}`);
}

/** CloudFront's wildcards (`*` any run, `?` one character) as a test. */
export function wildcard(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^]*').replace(/\?/g, '[^]');
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

function find(stack: LocalStack, type: string, id: string): Resource {
  const found = stack.ofType(type).find((resource) => resource.physicalId === id);
  if (!found) throw new Error(`${type} '${id}' is neither in the template nor a managed one that the local CDN front knows`);
  return found;
}

function origin(stack: LocalStack, properties: Record<string, any>): Origin {
  onlyKnown(`origin '${properties.Id}'`, properties,
    'Id DomainName OriginPath OriginAccessControlId S3OriginConfig CustomOriginConfig ConnectionAttempts ConnectionTimeout');
  const domain: string = properties.DomainName;
  const path: string = properties.OriginPath ?? '';
  const bucket = /^(.+)\.s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?$/.exec(domain)?.[1];
  if (bucket && !properties.CustomOriginConfig) {
    const control = find(stack, 'AWS::CloudFront::OriginAccessControl', properties.OriginAccessControlId ?? '').properties.OriginAccessControlConfig;
    if (control.SigningProtocol !== 'sigv4' || control.SigningBehavior !== 'always' || control.OriginAccessControlOriginType !== 's3') {
      throw new Error(`origin '${properties.Id}': its origin access control must sign S3 requests with sigv4, always`);
    }
    return { kind: 's3', bucket, path };
  }
  return /^[a-z0-9]+\.execute-api\./.test(domain) ? { kind: 'api', domain, path } : { kind: 'unreachable', domain };
}

function cachePolicy(stack: LocalStack, id: string): CachePolicy {
  if (managedCachePolicies[id]) return managedCachePolicies[id];
  const config = find(stack, 'AWS::CloudFront::CachePolicy', id).properties.CachePolicyConfig;
  const key = config.ParametersInCacheKeyAndForwardedToOrigin;
  const named = (kind: string, which: string, names: string[] | undefined): string[] | true => {
    if (which === 'none') return [];
    if (which === 'all') return true;
    if (which === 'whitelist') return names ?? [];
    throw new Error(`cache policy '${id}': the local CDN front does not know ${kind} behaviour '${which}'`);
  };
  return {
    minTtl: Number(config.MinTTL), defaultTtl: Number(config.DefaultTTL), maxTtl: Number(config.MaxTTL),
    headers: named('header', key.HeadersConfig.HeaderBehavior, key.HeadersConfig.Headers) as string[],
    cookies: named('cookie', key.CookiesConfig.CookieBehavior, key.CookiesConfig.Cookies),
    queries: named('query string', key.QueryStringsConfig.QueryStringBehavior, key.QueryStringsConfig.QueryStrings),
  };
}

/** Reads one behaviour of the distribution and all that it refers to. */
function behavior(stack: LocalStack, origins: Map<string, Origin>, properties: Record<string, any>): Behavior {
  const what = `behaviour '${properties.PathPattern ?? 'default'}'`;
  onlyKnown(what, properties, 'PathPattern TargetOriginId AllowedMethods CachedMethods CachePolicyId OriginRequestPolicyId '
    + 'ResponseHeadersPolicyId FunctionAssociations TrustedKeyGroups ViewerProtocolPolicy Compress');
  const target = origins.get(properties.TargetOriginId);
  if (!target) throw new Error(`${what}: there is no origin '${properties.TargetOriginId}'`);
  // Without this policy CloudFront would keep headers, cookies and query from the API, and the sign-in would only work here.
  const requestPolicy: string | undefined = properties.OriginRequestPolicyId;
  if ((requestPolicy ?? target.kind === 'api') && requestPolicy !== allViewerExceptHostHeader) {
    throw new Error(`${what}: the local CDN front does not know origin request policy '${requestPolicy}'`);
  }
  const cache = cachePolicy(stack, properties.CachePolicyId);
  if (target.kind === 'api' && cache.maxTtl > 0) throw new Error(`${what}: the local CDN front caches no API`);
  const policy: string | undefined = properties.ResponseHeadersPolicyId;
  const pattern: string = properties.PathPattern ?? '*';
  return {
    matches: wildcard(pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`),
    origin: target,
    methods: properties.AllowedMethods ?? ['GET', 'HEAD'],
    cache,
    keyGroups: properties.TrustedKeyGroups?.flatMap((id: string) => find(stack, 'AWS::CloudFront::KeyGroup', id).properties.KeyGroupConfig.Items),
    functions: Object.fromEntries((properties.FunctionAssociations ?? [])
      .map((each: Record<string, string>) => [each.EventType, stack.byArn(each.FunctionARN).properties.FunctionCode])),
    responseHeaders: policy === undefined ? undefined
      : managedResponseHeaders[policy] ?? find(stack, 'AWS::CloudFront::ResponseHeadersPolicy', policy).properties.ResponseHeadersPolicyConfig,
  };
}

/** The template's one distribution as the front serves it. */
export function readDistribution(stack: LocalStack) {
  const [distribution, ...others] = stack.ofType('AWS::CloudFront::Distribution');
  if (!distribution || others.length) throw new Error('the local CDN front serves exactly one AWS::CloudFront::Distribution');
  const config = distribution.properties.DistributionConfig;
  onlyKnown(distribution.logicalId, config, 'Aliases Comment Enabled HttpVersion IPV6Enabled PriceClass ViewerCertificate Logging Staging '
    + 'CacheBehaviors DefaultCacheBehavior Origins DefaultRootObject CustomErrorResponses');
  const origins = new Map<string, Origin>(config.Origins.map((each: Record<string, any>) => [each.Id, origin(stack, each)]));
  return {
    id: distribution.physicalId,
    arn: `arn:aws:cloudfront::${stack.account}:distribution/${distribution.physicalId}`,
    domain: distribution.attributes.DomainName,
    behaviors: [...config.CacheBehaviors ?? [], config.DefaultCacheBehavior].map((each) => behavior(stack, origins, each)),
    rootObject: (config.DefaultRootObject ?? '') as string,
    errors: (config.CustomErrorResponses ?? []) as { ErrorCode: number; ResponseCode?: number; ResponsePagePath?: string }[],
  };
}
