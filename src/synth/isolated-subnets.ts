import { Annotations, AspectPriority, Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import type { HandlerName, Required, Variable } from '../contract/environment';

/** Each property name is the last part of the endpoint's service name. */
const ENDPOINTS = {
  'dynamodb': 'gateway', 's3': 'gateway', 'secretsmanager': 'interface', 'cognito-idp': 'interface', 'mediaconvert': 'interface', 'events': 'interface',
  'sqs': 'interface', 'sts': 'interface',
} as const;
type Endpoint = keyof typeof ENDPOINTS;

/** The AWS service or the internet host that a handler with this variable calls. Undefined means that the handler calls neither. */
const CALLED_WITH: Record<Variable, { readonly service?: Endpoint; readonly host?: string } | undefined> = {
  EVENT_BUS_NAME: { service: 'events' },
  FAILED_EVENTS_BUCKET: { service: 's3' },
  HOSTED_UI: { host: 'the token endpoint of the user pool\'s domain' },
  QUEUE_ARN: { service: 'mediaconvert' },
  SECRET_ARN: { service: 'secretsmanager' },
  SIGNING_KEYS: { service: 'secretsmanager' },
  TABLE_NAME: { service: 'dynamodb' },
  TOKEN_RULES: { host: 'the key set of the issuer' },
  SOURCE_BUCKET: { service: 's3' },
  SUBMIT_QUEUE_URL: { service: 'sqs' },
  UPLOAD_ROLE_ARN: { service: 'sts' },
  ...nothingCalled('APP_ORIGINS', 'CLIENT_ID', 'HANDLERS', 'INGEST_SETTINGS', 'INGEST_SOURCES', 'ISSUER', 'JOB_ROLE_ARN', 'MAX_RECEIVES', 'MEDIA_BUCKET', 'REFRESH_SECONDS', 'RETURN_ORIGINS',
    'ROLES', 'SERVICE_URL', 'SESSION_SECONDS', 'SOURCE_ADDRESS', 'SOURCE_LIFECYCLE', 'TABLE_ARN', 'TRANSCODE_SETTINGS', 'UPLOADS_PER_DAY', 'UPLOAD_EXPIRY', 'UPLOAD_SETTINGS'),
};

/** Handlers without required variables. `CALLED_BY` must list the services that each of these handlers calls. */
type WithoutVariables = { [H in HandlerName]: [Required<H>] extends [never] ? H : never }[HandlerName];

/**
 * AWS services that a handler calls, although the handler has no environment variable for these services. Custom resources call S3 to send their responses to
 * CloudFormation.
 */
const CALLED_BY: Record<WithoutVariables | 'ingest/ingest-objects' | 'sweeper/sweep-videos', readonly Endpoint[]> = {
  'auth/fill-client-secret': ['cognito-idp', 'secretsmanager', 's3'], 'delivery/make-key-pair': ['secretsmanager', 's3'],
  'ingest/ingest-objects': ['s3'],
  'sweeper/sweep-videos': ['mediaconvert'],
};

function nothingCalled<V extends Variable>(...names: V[]): Record<V, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined])) as Record<V, undefined>;
}

/**
 * If `handler` is undefined, checks only the services that the variables stand for. This function only warns, because routes and endpoints may be created
 * outside of the app.
 */
export function warnOfIsolation(
  scope: IConstruct, handler: HandlerName | undefined, variables: readonly string[],
  { vpc, vpcSubnets }: { readonly vpc?: ec2.IVpc; readonly vpcSubnets?: ec2.SubnetSelection },
): void {
  const isolated = vpc && isolatedAmong(vpc, vpcSubnets);
  if (!isolated) return;
  const called = variables.map((name) => CALLED_WITH[name as Variable]);
  const unreachable = called.flatMap((each) => each?.host ?? []);
  if (unreachable.length > 0) {
    Annotations.of(scope).addWarningV2('serverless-vod:vpcWithoutInternet',
      `functions.vpc: ${isolated} has no route to the internet. This function calls ${unreachable.join(' and ')}, which cannot be reached through a VPC endpoint. Select subnets with a NAT gateway (SubnetType.PRIVATE_WITH_EGRESS), or do not set functions.vpc for the area of this function`);
  }
  const byHandler = handler && (CALLED_BY as Partial<Record<HandlerName, readonly Endpoint[]>>)[handler];
  const needed = [...called.flatMap((each) => each?.service ?? []), ...byHandler ?? []];
  // Runs at the end of synth, because the app may add endpoints after it creates the service.
  Aspects.of(scope).add({ visit: (node) => { if (node === scope) warnOfEndpoints(scope, vpc, isolated, needed); } }, { priority: AspectPriority.READONLY });
}

function warnOfEndpoints(scope: IConstruct, vpc: ec2.IVpc, isolated: string, needed: readonly Endpoint[]): void {
  const names = endpointsOf(vpc);
  const missing = needed.filter((service) => !names.some((name) => name.includes(`.${service}"`)));
  if (missing.length === 0) return;
  Annotations.of(scope).addWarningV2('serverless-vod:vpcWithoutEndpoints',
    `functions.vpc: ${isolated} has no route to the internet. This function calls AWS services for which the app has no VPC endpoint: ${missing.map((service) => `${service} (${ENDPOINTS[service]} endpoint)`).join(', ')}. Add the endpoints to the VPC, or select subnets with a NAT gateway`);
}

function isolatedAmong(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): string | undefined {
  const isolated = vpc.selectSubnets(selection).subnets.find((subnet) => vpc.isolatedSubnets.includes(subnet));
  return isolated && `the subnet ${isolated.node.path}`;
}

/** Each name is JSON text, because a name can contain CDK tokens. */
function endpointsOf(vpc: ec2.IVpc): string[] {
  const text = (resource: CfnResource, value: unknown) => JSON.stringify(Stack.of(resource).resolve(value));
  return vpc.node.root.node.findAll().filter(isEndpoint)
    .filter((endpoint) => text(endpoint, endpoint.vpcId) === text(endpoint, vpc.vpcId))
    .map((endpoint) => text(endpoint, endpoint.serviceName));
}

function isEndpoint(node: IConstruct): node is ec2.CfnVPCEndpoint {
  return CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::EC2::VPCEndpoint';
}
