import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { MEDIA_PREFIX } from '../domain/object-keys';
import { bucketsBeside, finalNames } from '../synth/final-names';
import { finalText, finalValue } from '../synth/literal';

export const MEDIA_PATTERN = `/${MEDIA_PREFIX}*`;

/** At the end of synth, rejects behaviors of your app that have the media bucket as their origin. */
export function checkOrigins(scope: Construct, distribution: cloudfront.Distribution, bucket: s3.IBucket, hasDefaultBehavior: boolean): void {
  scope.node.addValidation({ validate: () => originProblems(scope, distribution, bucket, hasDefaultBehavior) });
}

interface DistributionConfig {
  readonly cacheBehaviors: cloudfront.CfnDistribution.CacheBehaviorProperty[];
  readonly defaultCacheBehavior: cloudfront.CfnDistribution.DefaultCacheBehaviorProperty;
  readonly origins: cloudfront.CfnDistribution.OriginProperty[];
  readonly originGroups?: { readonly items: { readonly id: string; readonly members: { readonly items: { readonly originId: string }[] } }[] };
}

function originProblems(scope: Construct, distribution: cloudfront.Distribution, bucket: s3.IBucket, hasDefaultBehavior: boolean): string[] {
  const { distributionConfig } = distribution.node.defaultChild as cloudfront.CfnDistribution;
  const config = finalValue(scope, distributionConfig) as DistributionConfig;
  const isBucket = bucketTest(scope, bucket);
  const isOpen = (target: string): boolean => {
    const group = config.originGroups?.items.find(({ id }) => id === target);
    const ids = group?.members.items.map(({ originId }) => originId) ?? [target];
    return config.origins.filter(({ id }) => ids.includes(id)).some(isBucket);
  };
  const others = [
    ...hasDefaultBehavior ? [{ name: 'defaultBehavior', target: config.defaultCacheBehavior.targetOriginId }] : [],
    ...config.cacheBehaviors.filter(({ pathPattern }) => pathPattern !== MEDIA_PATTERN)
      .map(({ pathPattern, targetOriginId }) => ({ name: `additionalBehaviors['${pathPattern}']`, target: targetOriginId })),
  ];
  return others.filter(({ target }) => isOpen(target)).map(({ name }) =>
    `${name}.origin: expected an origin other than the media bucket, got the media bucket. Anyone could watch the videos in the media bucket without a playback session. `
    + 'Serve your app from another bucket');
}

/** Recognizes the global, regional and dual-stack domain names of the bucket, and origins with the bucket name in the path. */
function bucketTest(scope: Construct, bucket: s3.IBucket): (origin: cloudfront.CfnDistribution.OriginProperty) => boolean {
  const names = finalNames(scope, bucket);
  const domains = bucketsBeside(scope).filter((other) => other.names.some((name) => names.includes(name)))
    .flatMap(({ resource }) => [resource.attrDomainName, resource.attrRegionalDomainName, resource.attrDualStackDomainName])
    .map((name) => finalText(scope, name));
  return ({ domainName, originPath }) => {
    const domain = finalText(scope, domainName).toLowerCase();
    return domains.includes(domain) || names.some((name) => domain.startsWith(`${name}.s3.`) || domain.startsWith(`${name}.s3-`)
      || (/^s3[.-]/.test(domain) && `${finalText(scope, originPath)}/`.startsWith(`/${name}/`)));
  };
}
