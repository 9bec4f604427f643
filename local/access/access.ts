import { randomBytes } from 'crypto';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { AwsError, type LocalStack, type Need, type Principal } from '../types';

interface Credentials { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string }

interface Issued extends Credentials { readonly principal: Principal }

/** What was asked, and what the policies say to it. */
export interface Decision extends Need { readonly principal: Principal; readonly allowed: boolean }

/** Decides by the template's own policies, as IAM would; logs each refusal with the missing action and resource. */
export class TemplateAccess {
  /** Every refusal since the start, for the journey's "zero AccessDenied". */
  readonly refusals: { principal: string; action: string; resource: string }[] = [];
  private readonly issued = new Map<string, Issued>();

  private readonly recorded = new Set<string>();

  /** @param record hears of each decision once, as a line of JSON */
  constructor(private readonly stack: LocalStack, private readonly log: (line: string) => void, private readonly record: (line: string) => void = () => undefined) {}

  /** Resolves when every need is allowed, else throws an `AwsError` AccessDenied (403). */
  async require(principal: Principal, needs: Need[]): Promise<void> {
    for (const need of needs) {
      if (await this.allows(principal, need)) continue;
      const { action, resource } = need;
      const message = `${principal.id} may not ${action} on ${resource}`;
      this.log(`access denied: ${message}`);
      this.refusals.push({ principal: principal.id, action, resource });
      throw new AwsError('AccessDenied', message, 403);
    }
  }

  /** Whether a service may assume a role. */
  trusts(roleArn: string, service: string): Promise<boolean> {
    return this.allows({ id: service, kind: 'service' }, { action: 'sts:AssumeRole', resource: roleArn });
  }

  /** Credentials for a role of the template; the same ones on each call. */
  credentialsOf(roleArn: string): Credentials {
    const known = [...this.issued.values()].find(({ principal }) => principal.id === roleArn);
    if (known) return known;
    const issued: Issued = {
      principal: { id: this.stack.byArn(roleArn).attributes.Arn, kind: 'role' },
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
      sessionToken: randomBytes(60).toString('base64url'),
    };
    this.issued.set(issued.accessKeyId, issued);
    return issued;
  }

  /** The role and secret behind an access key id, if we issued it. */
  principalOf(accessKeyId: string): Issued | undefined {
    return this.issued.get(accessKeyId);
  }

  private async allows(principal: Principal, need: Need): Promise<boolean> {
    const allowed = await this.decide(principal, need);
    const line = JSON.stringify({ principal, ...need, allowed } satisfies Decision);
    if (!this.recorded.has(line)) this.record(line);
    this.recorded.add(line);
    return allowed;
  }

  private async decide({ id, kind }: Principal, { action, resource, context }: Need): Promise<boolean> {
    const { account } = this.stack;
    const own: Record<string, string> = kind === 'role'
      ? { 'aws:PrincipalArn': id, 'aws:PrincipalAccount': account }
      : { 'aws:SourceAccount': account, 'aws:PrincipalServiceName': id, 'aws:PrincipalIsAWSService': 'true' };
    const statements = this.resourcePolicy(resource);
    const answer = await runSimulation({
      request: {
        principal: id,
        action,
        // The simulator takes * and ? in a resource for patterns; in the name of an object they are letters like others.
        resource: { resource: resource === '*' ? '*' : resource.replace(/[*?]/g, '_'), accountId: account },
        contextVariables: { 'aws:SecureTransport': 'true', ...own, ...context },
      },
      identityPolicies: kind === 'role' ? this.policiesOf(id) : [],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: statements.length > 0 ? { Version: '2012-10-17', Statement: statements } : undefined,
    }, {});
    if (answer.resultType === 'error') throw new Error(`${action} on ${resource} can't be decided: ${JSON.stringify(answer.errors)}`);
    return answer.overallResult === 'Allowed';
  }

  private policiesOf(roleArn: string): { name: string; policy: Record<string, unknown> }[] {
    const { logicalId, physicalId, properties } = this.stack.byArn(roleArn);
    if (properties.Policies || properties.ManagedPolicyArns) throw new Error(`${logicalId}: only policies of their own resources are supported`);
    return this.stack.ofType('AWS::IAM::Policy').filter((policy) => policy.properties.Roles.includes(physicalId))
      .map((policy) => ({ name: policy.logicalId, policy: policy.properties.PolicyDocument }));
  }

  /** The statements of what a resource itself says about who may use it. */
  private resourcePolicy(arn: string): object[] {
    const [, , service, , , name] = arn.split(':', 6);
    const of = (type: string, isMeant: (properties: Record<string, any>) => boolean): Record<string, any>[] =>
      this.stack.ofType(type).map(({ properties }) => properties).filter(isMeant);
    switch (service) {
      case 's3':
        return of('AWS::S3::BucketPolicy', ({ Bucket }) => Bucket === name.split('/')[0]).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      case 'sqs':
        return of('AWS::SQS::QueuePolicy', ({ Queues }) => Queues.some((url: string) => url.endsWith(`/${name}`))).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      case 'iam':
        return this.stack.byArn(arn).properties.AssumeRolePolicyDocument.Statement;
      case 'lambda':
        return of('AWS::Lambda::Permission', ({ FunctionName }) => this.stack.byArn(FunctionName).attributes.Arn === arn)
          .map(({ Action, Principal: Service, SourceArn, SourceAccount }) => ({
            Effect: 'Allow', Action, Principal: { Service }, Resource: arn,
            Condition: { ...SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }, ...SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } } },
          }));
      default:
        return [];
    }
  }
}
