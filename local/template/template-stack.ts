import { rewrite, type Ports } from './addresses';
import type { Assembly, Definition } from './assembly';
import { resolve, type Lookup } from './resolve';
import { ENVIRONMENT, isCustom, namesOf, stable, type Names, type Resource } from './resources';

/** Properties are resolved on demand, because some depend on the results of custom resources. */
export class TemplateStack {
  readonly region = ENVIRONMENT.region;
  readonly account = ENVIRONMENT.account;
  readonly stackId: string;
  /** The attributes of a custom resource are added after it has run. */
  readonly names = new Map<string, Names>();
  /** The first domain name is the host of the service URL. */
  readonly domainNames: readonly string[];
  readonly resources: Resource[];

  /** @param dataFolder - the folder for persistent data, with one subfolder per service */
  constructor(private readonly assembly: Assembly, readonly dataFolder: string, private readonly ports: Ports) {
    const { stackName, template } = assembly;
    this.stackId = `arn:aws:cloudformation:${this.region}:${this.account}:stack/${stackName}/${stable(stackName)}`;
    const pseudo = { AccountId: this.account, Partition: 'aws', Region: this.region, StackId: this.stackId, StackName: stackName, URLSuffix: 'amazonaws.com' };
    Object.entries(pseudo).forEach(([name, physicalId]) => this.names.set(`AWS::${name}`, { physicalId, attributes: {} }));
    this.domainNames = domainNamesIn(assembly);
    this.resources = Object.entries(template.Resources).map(([logicalId, definition]) => this.resource(logicalId, definition));
    for (const { logicalId, type } of this.resources) if (!isCustom(type)) this.namesOf(logicalId);
  }

  ofType(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  byArn(arn: string): Resource {
    const found = this.resources.find((each) => !isCustom(each.type) && [each.attributes.Arn, each.physicalId].includes(arn));
    if (!found) throw new Error(`the template has no resource ${arn}`);
    return found;
  }

  assetFolder(s3Key: string): string {
    const folder = this.assembly.assets[s3Key];
    if (!folder) throw new Error(`the assembly has no asset ${s3Key}`);
    return folder;
  }

  /** Returns the values of the stack's outputs. Throws an error if a property of a resource or an output can't be resolved. */
  outputs(): Record<string, string> {
    this.resources.forEach(({ properties }) => properties);
    return Object.fromEntries(Object.entries(this.assembly.template.Outputs ?? {}).map(([name, { Value }]) => [name, this.resolve(name, Value)]));
  }

  here(text: string): string {
    return rewrite(text, this.ports, this.domainNames);
  }

  private resource(logicalId: string, { Type: type, Properties: given = {}, DependsOn: before = [], Condition: condition }: Definition): Resource {
    if (condition) throw new Error(`${logicalId}: the local stack does not support conditions`);
    const names = (): Names => this.namesOf(logicalId);
    let properties: Record<string, any> | undefined;
    // `resolve` throws if DependsOn contains a custom resource that has not run yet.
    const resolved = (): Record<string, any> => this.resolve(logicalId, { given, needed: [before].flat().map((Ref) => ({ Ref })) }).given;
    return {
      logicalId,
      type,
      get physicalId() { return names().physicalId; },
      get attributes() { return names().attributes; },
      get properties() { return properties ??= resolved(); },
    };
  }

  private namesOf(logicalId: string): Names {
    const known = this.names.get(logicalId);
    if (known) return known;
    const { stackName, template: { Resources: { [logicalId]: definition } } } = this.assembly;
    if (!definition) throw new Error(`the template has no resource ${logicalId}`);
    if (isCustom(definition.Type)) throw new Error(`${logicalId}: this custom resource has not run yet`);
    const names = namesOf(stackName, logicalId, definition.Type, (property) => this.resolve(logicalId, { it: definition.Properties?.[property] }).it);
    this.names.set(logicalId, names);
    return names;
  }

  private resolve(owner: string, value: unknown): any {
    const lookup: Lookup = (name, attribute) => attribute ? this.namesOf(name).attributes[attribute] : this.namesOf(name).physicalId;
    return JSON.parse(this.here(JSON.stringify(resolve(owner, value, lookup))));
  }
}

/** Reads the aliases from the unresolved template, because the resolution replaces the domain names. */
function domainNamesIn({ template }: Assembly): string[] {
  const distributions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::CloudFront::Distribution');
  return distributions.flatMap(({ Properties }) => {
    const { Aliases = [] } = Properties!.DistributionConfig as { Aliases?: unknown[] };
    const computed = Aliases.find((name) => typeof name !== 'string');
    if (computed) throw new Error(`Aliases: the local stack requires names that are known at synth, got ${JSON.stringify(computed)}`);
    return Aliases as string[];
  });
}
