import { CfnResource, Token } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { normalHost } from './origin';

/** A distribution of the app, and its names as far as synth knows them. */
export interface NamedDistribution {
  readonly resource: IConstruct;
  readonly names: readonly string[];
}

/** Every distribution of the app: complete at the end of synthesis only. */
export function distributionsBeside(scope: IConstruct): NamedDistribution[] {
  return scope.node.root.node.findAll().filter(isDistribution).map((resource) => ({ resource, names: namesOf(resource) }));
}

/** Every name of the distribution that has the host of this address. */
export function namesBeside(scope: IConstruct, url: string): string[] {
  const host = url.replace('https://', '');
  return distributionsBeside(scope).filter(({ names }) => names.some((name) => isSameName(name, host))).flatMap(({ names }) => names);
}

/** Whether two names are one for CloudFront. Those that are known at deploy time only are compared by their tokens. */
export function isSameName(one: string, other: string): boolean {
  const [host, otherHost] = [one, other].map((name) => normalHost(`https://${name}`));
  return one === other || (host !== undefined && host === otherHost);
}

function isDistribution(node: IConstruct): node is cloudfront.CfnDistribution {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::CloudFront::Distribution';
}

function namesOf({ distributionConfig }: cloudfront.CfnDistribution): readonly string[] {
  const { aliases } = distributionConfig as cloudfront.CfnDistribution.DistributionConfigProperty;
  return aliases && !Token.isUnresolved(aliases) ? aliases : [];
}
