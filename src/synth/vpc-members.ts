import { CfnResource, Reference, Token, Tokenization } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';

interface Members {
  readonly securityGroups?: ec2.ISecurityGroup[];
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/** A security group or subnet is checked only if its VPC is known. For example, the VPC of a security group that is imported by its id is not known. */
export function vpcMemberProblems(vpc: ec2.IVpc, { securityGroups, vpcSubnets }: Members): (string | undefined)[] {
  return [
    ...(securityGroups ?? []).map((group, index) => memberProblem(`functions.securityGroups[${index}]`, 'security group', group, vpc)),
    ...(vpcSubnets?.subnets ?? []).map((subnet, index) => memberProblem(`functions.vpcSubnets.subnets[${index}]`, 'subnet', subnet, vpc)),
  ];
}

function memberProblem(name: string, what: string, member: IConstruct, vpc: ec2.IVpc): string | undefined {
  const [actual, expected] = [vpcOf(member), identityOf(vpc.vpcId)];
  return actual === undefined || expected === undefined || typeof actual !== typeof expected || actual === expected
    ? undefined : `${name}: expected a ${what} of functions.vpc (${show(expected)}), got a ${what} of another VPC (${show(actual)})`;
}

/** A subnet of an imported VPC has the VPC as its scope. */
function vpcOf({ node }: IConstruct): string | CfnResource | undefined {
  const { vpcId } = (node.defaultChild ?? node.scope ?? {}) as { readonly vpcId?: string };
  return identityOf(vpcId);
}

/** Returns the id of an imported VPC, or the L1 resource of a VPC that the app creates. */
function identityOf(vpcId: string | undefined): string | CfnResource | undefined {
  if (!Token.isUnresolved(vpcId)) return vpcId;
  const reference = Tokenization.reverse(vpcId);
  return Reference.isReference(reference) && CfnResource.isCfnResource(reference.target) && reference.target.cfnResourceType === 'AWS::EC2::VPC' ? reference.target : undefined;
}

function show(vpc: string | CfnResource): string {
  if (typeof vpc === 'string') return vpc;
  return vpc.node.id === 'Resource' ? vpc.node.scope!.node.path : vpc.node.path;
}
