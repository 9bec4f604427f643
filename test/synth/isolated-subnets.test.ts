import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Identity, type ServerlessVodProps } from '../../src';
import { testStack, vodIn, warningsOf } from '../toolkit/stacks';

const { PRIVATE_ISOLATED, PRIVATE_WITH_EGRESS, PUBLIC } = ec2.SubnetType;
const isolated = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0, subnetConfiguration: [{ name: 'alone', subnetType: PRIVATE_ISOLATED }] });
const mixed = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 1, subnetConfiguration: [PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED].map((subnetType) => ({ name: subnetType, subnetType })),
});

function warnings(id: string, vpcOf: (stack: Stack) => ec2.IVpc, { props = {}, vpcSubnets, later }: {
  props?: ServerlessVodProps; vpcSubnets?: ec2.SubnetSelection; later?: (vpc: ec2.IVpc) => void;
} = {}): string[] {
  const stack = testStack();
  const vpc = vpcOf(stack);
  vodIn(stack, { functions: { vpc, vpcSubnets }, ...props });
  later?.(vpc);
  return warningsOf(stack).filter((warning) => warning.includes(`serverless-vod:${id}]`))
    .map((warning) => warning.replace(/: functions\.vpc: the subnet Test\/\S+ has no route to the internet\. This function calls(?: AWS services for which the app has no VPC endpoint:)?/, ''))
    .map((warning) => warning.replace(/(, which cannot be reached|\. Add the ).*/s, ''));
}

describe('functions in subnets without a route to the internet', () => {
  const ENDPOINTS = [
    '/Test/Vod/Auth/FillClientSecret cognito-idp (interface endpoint), secretsmanager (interface endpoint), s3 (gateway endpoint)',
    '/Test/Vod/Auth/SignIn secretsmanager (interface endpoint)',
    '/Test/Vod/Catalog/EditVideos dynamodb (gateway endpoint)',
    '/Test/Vod/Catalog/Events/PublishEvents events (interface endpoint), s3 (gateway endpoint)',
    '/Test/Vod/Catalog/Events/ResendEvents dynamodb (gateway endpoint), events (interface endpoint), s3 (gateway endpoint)',
    '/Test/Vod/Catalog/ReadVideos dynamodb (gateway endpoint)',
    '/Test/Vod/Catalog/ReadVideos secretsmanager (interface endpoint)',
    '/Test/Vod/Delivery/Keys/MakeKeyPair secretsmanager (interface endpoint), s3 (gateway endpoint)',
    '/Test/Vod/Delivery/StartPlayback dynamodb (gateway endpoint), secretsmanager (interface endpoint)',
    '/Test/Vod/Sweeper/SweepVideos dynamodb (gateway endpoint), sqs (interface endpoint), s3 (gateway endpoint), mediaconvert (interface endpoint)',
    '/Test/Vod/Transcode/RecordJobEvent dynamodb (gateway endpoint)',
    '/Test/Vod/Transcode/RetryVideos dynamodb (gateway endpoint), sqs (interface endpoint)',
    '/Test/Vod/Transcode/SubmitJob dynamodb (gateway endpoint), mediaconvert (interface endpoint)',
    '/Test/Vod/Upload/ManageUploads dynamodb (gateway endpoint), s3 (gateway endpoint), sts (interface endpoint)',
  ];

  test('get a warning that names the required endpoints, and hosts without an endpoint', () => {
    expect(warnings('vpcWithoutEndpoints', isolated).sort()).toEqual(ENDPOINTS);
    expect(warnings('vpcWithoutInternet', isolated)).toEqual(['/Test/Vod/Auth/SignIn the token endpoint of the user pool\'s domain']);
  });

  test('get a warning for the issuer that the authorizer cannot reach', () => {
    const identity = Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'] });
    expect(warnings('vpcWithoutInternet', isolated, { props: { functions: undefined, identity } })).toEqual([]);
    expect(warnings('vpcWithoutInternet', isolated, { props: { identity } })).toEqual(['/Test/Vod/Auth/AuthorizeToken the key set of the issuer']);
  });

  test('get no warning for endpoints that the app adds to the VPC later', () => {
    const later = (vpc: ec2.IVpc) => {
      vpc.addGatewayEndpoint('Table', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
      vpc.addGatewayEndpoint('Buckets', { service: ec2.GatewayVpcEndpointAwsService.S3 });
      vpc.addInterfaceEndpoint('Events', { service: ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE });
      vpc.addInterfaceEndpoint('Secrets', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
    };
    expect(warnings('vpcWithoutEndpoints', isolated, { later })).toEqual([
      '/Test/Vod/Auth/FillClientSecret cognito-idp (interface endpoint)', '/Test/Vod/Upload/ManageUploads sts (interface endpoint)',
      '/Test/Vod/Transcode/SubmitJob mediaconvert (interface endpoint)',
      '/Test/Vod/Transcode/RetryVideos sqs (interface endpoint)',
      '/Test/Vod/Sweeper/SweepVideos sqs (interface endpoint), mediaconvert (interface endpoint)',
    ]);
  });

  test('get a warning in an imported VPC, whose endpoints are not known', () => {
    const imported = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], isolatedSubnetIds: ['subnet-1'] });
    expect(warnings('vpcWithoutEndpoints', imported).sort()).toEqual(ENDPOINTS);
  });

  test('are determined by the selected subnets', () => {
    expect(warnings('vpcWithoutInternet', mixed)).toEqual([]);
    expect(warnings('vpcWithoutEndpoints', mixed)).toEqual([]);
    expect(warnings('vpcWithoutEndpoints', mixed, { vpcSubnets: { subnetType: PRIVATE_ISOLATED } })).toHaveLength(ENDPOINTS.length);
  });
});
