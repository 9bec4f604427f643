import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';

/** Partitions without a CloudFront endpoint (botocore's endpoints.json, November 2026). */
const WITHOUT_CLOUDFRONT = ['aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f'];

/** Regions with MediaConvert in the partition `aws` (see "AWS Elemental MediaConvert endpoints and quotas" in the AWS General Reference, November 2026). */
const WITH_MEDIACONVERT = [
  'af-south-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-4',
  'ap-southeast-5', 'ca-central-1', 'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'me-central-1', 'sa-east-1',
  'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2',
];

function regionOf(scope: Construct): string | undefined {
  const { region } = Stack.of(scope);
  return Token.isUnresolved(region) ? undefined : region;
}

/** Returns an error message if the region is in a partition where the distribution can't work. */
export function cloudFrontProblem(scope: Construct): string | undefined {
  const region = regionOf(scope);
  const partition = region && RegionInfo.get(region).partition;
  // Source: Amazon CloudFront, "Feature Availability and Implementation Differences" (Getting Started with Amazon Web Services in China).
  if (partition === 'aws-cn') return `env.region: expected a region outside of China, got ${region}. In China, the cloudfront.net name of a distribution does not work`;
  return partition && WITHOUT_CLOUDFRONT.includes(partition) ? `env.region: expected a region where CloudFront is available, got ${region}. The partition ${partition} has no CloudFront` : undefined;
}

/** Synth does not fail, because AWS can add MediaConvert to more regions. */
export function warnWithoutMediaConvert(scope: Construct): void {
  const region = regionOf(scope);
  if (region === undefined || WITH_MEDIACONVERT.includes(region)) return;
  Annotations.of(scope).addWarningV2('serverless-vod:regionWithoutMediaConvert',
    `env.region: MediaConvert was not available in ${region} when this version was released. Check https://docs.aws.amazon.com/general/latest/gr/mediaconvert.html before you deploy`);
}
