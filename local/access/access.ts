import { randomBytes } from 'crypto';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { AwsError, type Access, type LocalStack, type Need, type Principal, type Resource } from '../types';

interface Policy {
  readonly name: string;
  readonly policy: Record<string, any>;
}

interface Issued {
  readonly principal: Principal;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

const MANAGED_POLICIES: Record<string, Record<string, unknown>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
  },
};

/** Decides by the template's own policies, as IAM would. */
export class TemplateAccess implements Access {
  readonly refusals: { principal: string; action: string; resource: string }[] = [];
  private readonly issued = new Map<string, Issued>();
  private readonly roles = new Map<string, Policy[]>();
  private readonly logged = new Set<string>();

  constructor(private readonly stack: LocalStack, private readonly log: (line: string) => void) {}

  async require(principal: Principal, needs: Need[]): Promise<void> {
    for (const need of needs) {
      if (!await this.allows(principal, need, this.resourcePolicy(need.resource))) throw this.refuse(principal, need);
    }
  }

  /** Whether a service may assume a role: what MediaConvert and Lambda need of the roles they are given. */
  async trusts(roleArn: string, service: string, context: Record<string, string> = {}): Promise<boolean> {
    const { properties: { AssumeRolePolicyDocument: trust } } = this.role(roleArn);
    return this.allows({ id: service, kind: 'service' }, { action: 'sts:AssumeRole', resource: roleArn, context }, trust);
  }

  credentialsOf(roleArn: string): Issued {
    const known = [...this.issued.values()].find(({ principal }) => principal.id === roleArn);
    if (known) return known;
    const issued: Issued = {
      principal: { id: this.role(roleArn).attributes.Arn, kind: 'role' },
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
      sessionToken: randomBytes(60).toString('base64url'),
    };
    this.issued.set(issued.accessKeyId, issued);
    return issued;
  }

  principalOf(accessKeyId: string): Issued | undefined {
    return this.issued.get(accessKeyId);
  }

  private async allows(principal: Principal, { action, resource, context = {} }: Need, resourcePolicy?: Record<string, unknown>): Promise<boolean> {
    const { account } = this.stack;
    const own: Record<string, string> = principal.kind === 'role'
      ? { 'aws:PrincipalArn': principal.id, 'aws:PrincipalAccount': account }
      : { 'aws:SourceAccount': account, 'aws:PrincipalServiceName': principal.id, 'aws:PrincipalIsAWSService': 'true' };
    const answer = await runSimulation({
      request: {
        principal: principal.id,
        action,
        // The simulator takes * and ? in a resource for patterns; in the name of an object they are letters like others.
        resource: { resource: resource === '*' ? '*' : resource.replace(/[*?]/g, '_'), accountId: account },
        contextVariables: { 'aws:SecureTransport': 'true', ...own, ...context },
      },
      identityPolicies: principal.kind === 'role' ? this.policiesOf(principal.id) : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    }, {});
    if (answer.resultType === 'error') throw new Error(`${action} on ${resource} can't be decided: ${JSON.stringify(answer.errors)}`);
    return answer.overallResult === 'Allowed';
  }

  private refuse(principal: Principal, { action, resource }: Need): AwsError {
    const message = `${principal.id} may not ${action} on ${resource}`;
    this.refusals.push({ principal: principal.id, action, resource });
    if (!this.logged.has(message)) this.log(`access denied: ${message}`);
    this.logged.add(message);
    return new AwsError('AccessDenied', message, 403);
  }

  private policiesOf(roleArn: string): Policy[] {
    const known = this.roles.get(roleArn);
    if (known) return known;
    const { physicalId, properties: { Policies: inline = [], ManagedPolicyArns: managed = [] } } = this.role(roleArn);
    const attached = this.stack.ofType('AWS::IAM::Policy').filter(({ properties }) => properties.Roles?.includes(physicalId));
    const policies: Policy[] = [
      ...inline.map((item: Record<string, any>) => ({ name: item.PolicyName, policy: item.PolicyDocument })),
      ...attached.map(({ logicalId, properties }) => ({ name: logicalId, policy: properties.PolicyDocument })),
      ...managed.map((arn: string) => ({ name: arn, policy: managedPolicy(arn, roleArn) })),
    ];
    this.roles.set(roleArn, policies);
    return policies;
  }

  private resourcePolicy(arn: string): Record<string, unknown> | undefined {
    const statements = [
      ...this.stack.ofType('AWS::S3::BucketPolicy').filter(({ properties }) => ownerOf(arn) === `arn:aws:s3:::${properties.Bucket}`),
      ...this.stack.ofType('AWS::SQS::QueuePolicy').filter(({ properties }) => properties.Queues.some((url: string) => this.stack.byArn(url).attributes.Arn === arn)),
    ].flatMap(({ properties }) => properties.PolicyDocument.Statement);
    return statements.length ? { Version: '2012-10-17', Statement: statements } : undefined;
  }

  private role(arn: string): Resource {
    const role = this.stack.byArn(arn);
    if (role.type !== 'AWS::IAM::Role') throw new Error(`${arn} is no role`);
    return role;
  }
}

function managedPolicy(arn: string, roleArn: string): Record<string, unknown> {
  if (!MANAGED_POLICIES[arn]) throw new Error(`${roleArn}: unknown managed policy ${arn}`);
  return MANAGED_POLICIES[arn];
}

/** An object's bucket; any other ARN as it is. */
function ownerOf(arn: string): string {
  return arn.startsWith('arn:aws:s3:::') ? arn.split('/')[0] : arn;
}
