import type { Stack } from 'aws-cdk-lib';
import { VodApi } from '../../src/api/vod-api';
import type { VodDeliveryProps } from '../../src/delivery/vod-delivery';
import { deliveryIn, templateOf, testStack } from '../toolkit/stacks';
import { type CloudFormationTemplate, only } from '../toolkit/template';

export function delivered(props: Partial<VodDeliveryProps> & { withApi?: boolean } = {}, stack: Stack = testStack()) {
  const { withApi = true, ...rest } = props;
  const api = withApi ? new VodApi(stack, 'Api') : undefined;
  const delivery = deliveryIn(stack, { api, ...rest });
  // A RestApi without methods fails at synth.
  api?.node.tryRemoveChild('RestApi');
  return { stack, delivery, json: () => templateOf(stack) };
}

export function ofDelivery({ Resources, ...rest }: CloudFormationTemplate): CloudFormationTemplate {
  return { ...rest, Resources: Object.fromEntries(Object.entries(Resources).filter(([id]) => !id.startsWith('Catalog'))) };
}

export const distributionOf = (template: CloudFormationTemplate): any => only(template, 'AWS::CloudFront::Distribution').properties.DistributionConfig;

export function behaviors(template: CloudFormationTemplate): Record<string, any> {
  const { CacheBehaviors = [], DefaultCacheBehavior } = distributionOf(template);
  return Object.fromEntries([...CacheBehaviors.map((each: any) => [each.PathPattern, each]), ['default', DefaultCacheBehavior]]);
}
