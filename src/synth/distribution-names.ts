import { CfnResource } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { finalText, finalTexts } from './literal';
import { normalHost } from './origin';

/** `names` contains all domain names of the distribution, in the form that `finalText` returns. */
export interface NamedDistribution {
  readonly resource: IConstruct;
  readonly names: readonly string[];
}

/** Returns all distributions of the app. Call this function at the end of synth, when the app has created all constructs. */
export function distributionsBeside(scope: IConstruct): NamedDistribution[] {
  return scope.node.root.node.findAll().filter(isDistribution).map((resource) => ({ resource, names: namesOf(resource) }));
}

/**
 * Returns the host of a URL, and all other domain names of the distribution that has this host.
 *
 * @param url a result of `finalText`
 */
export function namesBeside(scope: IConstruct, url: string): string[] {
  const host = url.replace('https://', '');
  const beside = distributionsBeside(scope).filter(({ names }) => names.some((name) => isSameName(name, host))).flatMap(({ names }) => names);
  return [host, ...beside.filter((name) => !isSameName(name, host))];
}

export function isSameName(one: string, other: string): boolean {
  const [host, otherHost] = [one, other].map((name) => normalHost(`https://${name}`));
  return host !== undefined && host === otherHost;
}

function isDistribution(node: IConstruct): node is cloudfront.CfnDistribution {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::CloudFront::Distribution';
}

function namesOf(resource: cloudfront.CfnDistribution): readonly string[] {
  const { aliases } = resource.distributionConfig as cloudfront.CfnDistribution.DistributionConfigProperty;
  return [finalText(resource, resource.attrDomainName), ...finalTexts(resource, aliases)];
}
