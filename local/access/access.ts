import { randomBytes } from 'crypto';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { keyNeeds, keyStatements, onlyKnownConditions } from './keys';
import { onlyKnown } from '../lookup';
import type { Resource } from '../template/resources';
import { AccessDenied, type LocalStack, type Need, type Principal } from '../types';

interface Credentials { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string }

/** Credentials of a role. Only credentials that AssumeRole returned have an expiration. */
interface Issued extends Credentials { readonly principal: Principal; readonly expiration?: Date }

/** An access decision: the required permission, and whether the policies allow it. */
export interface Decision extends Need { readonly principal: Principal; readonly allowed: boolean }

/**
 * The managed policy that the CDK attaches to each function's role. The policy allows only the actions that write logs. The local stack does not check
 * permissions for logs, so it ignores this policy.
 */
const LOGS_ONLY = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

/** For each service: the resource type that has resource policies, and a function that returns the policy statements of a resource. */
const RESOURCE_POLICIES: Record<string, [type: string, statements: (resource: Resource) => object[]]> = {
  s3: ['AWS::S3::BucketPolicy', ({ properties }) => properties.PolicyDocument.Statement],
  kms: ['AWS::KMS::Key', keyStatements],
  sns: ['AWS::SNS::TopicPolicy', ({ properties }) => properties.PolicyDocument.Statement],
  sqs: ['AWS::SQS::QueuePolicy', ({ properties }) => properties.PolicyDocument.Statement],
  iam: ['AWS::IAM::Role', ({ properties, attributes }) =>
    properties.AssumeRolePolicyDocument.Statement.map((statement: object) => ({ ...statement, Resource: attributes.Arn }))],
  lambda: ['AWS::Lambda::Permission', ({ properties: { Action, FunctionName, Principal: Service, SourceArn, ...others }, logicalId }) => {
    onlyKnown(logicalId, others, '');
    const Condition = SourceArn ? { ArnLike: { 'aws:SourceArn': SourceArn } } : {};
    return [{ Effect: 'Allow', Action, Resource: FunctionName, Principal: { Service }, Condition }];
  }],
};

/** Evaluates the template's policies as IAM would. Logs each denial with the missing action and resource. */
export class TemplateAccess {
  /** Every denied request since the start of the stack. */
  readonly refusals: { principal: string; action: string; resource: string }[] = [];
  private readonly standing = new Map<string, Issued>();
  private readonly byKeyId = new Map<string, Issued>();
  private readonly recorded = new Set<string>();

  /** @param record - receives each distinct decision once, as a line of JSON */
  constructor(private readonly stack: LocalStack, private readonly log: (line: string) => void, private readonly record = (_: string): void => {}) {}

  /** Resolves if the principal has every required permission. Otherwise throws an `AwsError` AccessDenied (403). */
  async require(principal: Principal, needs: Need[]): Promise<void> {
    for (const need of needs.flatMap((each) => [each, ...keyNeeds(this.stack, principal, each)])) {
      if (await this.allows(principal, need)) continue;
      const denied = new AccessDenied(principal, need);
      this.log(`access denied: ${denied.message}`);
      this.refusals.push({ principal: principal.id, action: need.action, resource: need.resource });
      throw denied;
    }
  }

  /** Returns whether the principal has a permission. Unlike `require`, logs no denial, because the request can succeed without this permission. */
  has(principal: Principal, need: Need): Promise<boolean> {
    return this.simulate(principal, need);
  }

  /** Whether a service can assume a role. */
  trusts(roleArn: string, service: string): Promise<boolean> {
    return this.allows({ id: service, kind: 'service' }, { action: 'sts:AssumeRole', resource: roleArn });
  }

  /** Returns credentials for a role of the template. Each call returns the same credentials. */
  credentialsOf(roleArn: string): Credentials {
    const issued = this.standing.get(roleArn) ?? this.issue(roleArn);
    this.standing.set(roleArn, issued);
    return issued;
  }

  /** Returns new credentials for a role of the template. The credentials expire after `seconds`. */
  startSession(roleArn: string, seconds: number): Credentials & { readonly expiration: Date } {
    const expiration = new Date(Date.now() + seconds * 1000);
    return { ...this.issue(roleArn, expiration), expiration };
  }

  /** Returns the role and secret of an access key id, if this stack issued the key. The credentials can have expired. */
  principalOf(accessKeyId: string): Issued | undefined {
    return this.byKeyId.get(accessKeyId);
  }

  private issue(roleArn: string, expiration?: Date): Issued {
    const principal: Principal = { id: this.stack.byArn(roleArn).attributes.Arn, kind: 'role' };
    const random = () => randomBytes(30).toString('hex');
    const issued = { principal, accessKeyId: `ASIA${random().slice(0, 16).toUpperCase()}`, secretAccessKey: random(), sessionToken: random(), expiration };
    this.byKeyId.set(issued.accessKeyId, issued);
    return issued;
  }

  private async allows(principal: Principal, need: Need): Promise<boolean> {
    const allowed = await this.simulate(principal, need);
    const line = JSON.stringify({ principal, ...need, allowed } satisfies Decision);
    if (!this.recorded.has(line)) this.record(line);
    this.recorded.add(line);
    return allowed;
  }

  private async simulate(principal: Principal, need: Need): Promise<boolean> {
    const { action, resource, context } = need;
    const { account: accountId } = this.stack;
    const isRole = principal.kind === 'role';
    const [type = '', statementsOf = () => []] = RESOURCE_POLICIES[resource.split(':')[2]] ?? [];
    const Statement = this.stack.ofType(type).flatMap(statementsOf);
    const identityPolicies = isRole ? this.policiesOf(principal.id) : [];
    if (action.startsWith('kms:')) onlyKnownConditions([identityPolicies, Statement]);
    const answer = await runSimulation({
      request: {
        principal: principal.id,
        action,
        // An S3 object key can contain `*` and `?`. The simulator would treat these characters as wildcards, so they are replaced.
        resource: { resource: resource === '*' ? '*' : resource.replace(/[*?]/g, '_'), accountId },
        contextVariables: { 'aws:SecureTransport': 'true', ...isRole && { 'aws:PrincipalArn': principal.id }, ...!isRole && { 'aws:SourceAccount': accountId }, ...principal.context, ...context },
      },
      identityPolicies,
      permissionBoundaryPolicies: isRole ? this.boundaryOf(principal.id) : undefined,
      resourcePolicy: Statement.length > 0 ? { Version: '2012-10-17', Statement } : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    }, {});
    if (answer.resultType === 'error') throw new Error(`the IAM simulator failed for ${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
    return answer.overallResult === 'Allowed';
  }

  private policiesOf(roleArn: string) {
    const { logicalId, physicalId, properties } = this.stack.byArn(roleArn);
    const { ManagedPolicyArns = [], ...others } = properties;
    onlyKnown(logicalId, others, 'AssumeRolePolicyDocument Description PermissionsBoundary RoleName Tags');
    for (const arn of ManagedPolicyArns) onlyKnown(logicalId, { ManagedPolicyArns: arn }, '', { ManagedPolicyArns: [LOGS_ONLY] });
    const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) => this.stack.ofType(type));
    return policies.filter((policy) => policy.properties.Roles?.includes(physicalId)).map(asPolicy);
  }

  /** Returns the role's permissions boundary, if it has one. Throws for a boundary outside the template, because its content is unknown. */
  private boundaryOf(roleArn: string) {
    const { logicalId, properties: { PermissionsBoundary: boundary } } = this.stack.byArn(roleArn);
    if (!boundary) return undefined;
    const made = this.stack.ofType('AWS::IAM::ManagedPolicy').find(({ physicalId }) => physicalId === boundary);
    if (!made) throw new Error(`${logicalId}: the local stack supports only a PermissionsBoundary that the template creates (iam.ManagedPolicy), got ${boundary}`);
    return [asPolicy(made)];
  }
}

function asPolicy({ logicalId, properties }: Resource): { name: string; policy: unknown } {
  return { name: logicalId, policy: properties.PolicyDocument };
}

/** The public interface of `TemplateAccess`, so that tests can use a fake. */
export type Access = Pick<TemplateAccess, keyof TemplateAccess>;
