import type { Resource } from '../types';
import { rewriter, type Ports } from './addresses';
import { ENVIRONMENT, type Assembly, type Definition } from './assembly';
import { resolve } from './resolve';
import { isCustom, isKnown, namesOf, stable, type Names } from './resources';

/** The synthesized stack. All is resolved on demand, since some of it is known only after a custom resource has run. */
export class TemplateStack {
  readonly region = ENVIRONMENT.region;
  readonly account = ENVIRONMENT.account;
  readonly stackId: string;
  private readonly resources: Map<string, Resource>;
  private readonly names = new Map<string, Names>();
  private readonly rewrite: (text: string) => string;

  /** @param dataFolder where the parts keep what must outlive a run, one folder a part */
  constructor(private readonly assembly: Assembly, readonly dataFolder: string, ports: Ports) {
    const { stackName, template } = assembly;
    const uuid = stable(32, stackName).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    this.stackId = `arn:aws:cloudformation:${this.region}:${this.account}:stack/${stackName}/${uuid}`;
    this.rewrite = rewriter(ports);
    this.resources = new Map(Object.entries(template.Resources).map(([logicalId, definition]) => [logicalId, this.resource(logicalId, definition)]));
  }

  /** The resources of a type, in the template's order. */
  ofType(type: string): Resource[] {
    return [...this.resources.values()].filter((resource) => resource.type === type);
  }

  /** The resource with this ARN (or physical id); an error that names it when there is none. */
  byArn(arn: string): Resource {
    const found = [...this.resources.values()].find((each) => !isCustom(each.type) && [each.attributes.Arn, each.physicalId].includes(arn));
    if (!found) throw new Error(`the template has no resource ${arn}`);
    return found;
  }

  /** The directory of the asset that a function's or deployment's `S3Key` names. */
  assetFolder(s3Key: string): string {
    const folder = this.assembly.assets[s3Key];
    if (!folder) throw new Error(`the assembly has no asset ${s3Key}`);
    return folder;
  }

  /** The stack's outputs by their names. */
  outputs(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.assembly.template.Outputs ?? {}).map(([name, { Value }]) => [name, this.resolve(name, Value)]));
  }

  /** Custom resources, in the template's order. */
  customResources(): Resource[] {
    return [...this.resources.values()].filter(({ type }) => isCustom(type));
  }

  /** Records what a custom resource's function answered. */
  answer(logicalId: string, names: Names): void {
    this.names.set(logicalId, names);
  }

  /** Resolves all there is, so that what is unknown fails the start and not a request. */
  verify(): void {
    this.resources.forEach(({ physicalId, attributes, properties }) => [physicalId, attributes, properties]);
    this.outputs();
  }

  private resource(logicalId: string, { Type: type, Properties: given = {}, DependsOn: before = [], Condition: condition }: Definition): Resource {
    if (condition) throw new Error(`${logicalId}: conditions are not supported`);
    if (!isKnown(type)) throw new Error(`${logicalId}: unknown type ${type}`);
    const names = (): Names => this.namesOf(logicalId);
    let properties: Record<string, any> | undefined;
    const resolved = (): Record<string, any> => {
      // Throws when one of them is a custom resource that has not run.
      [before].flat().forEach((other) => this.namesOf(other));
      return this.resolve(logicalId, given);
    };
    return {
      logicalId,
      type,
      get physicalId() { return names().physicalId; },
      get attributes() { return names().attributes; },
      get properties() { return properties ??= resolved(); },
    };
  }

  private namesOf(logicalId: string): Names {
    const { Type: type, Properties: given = {} } = this.assembly.template.Resources[logicalId] ?? {};
    const known = this.names.get(logicalId);
    if (known) return known;
    if (!type) throw new Error(`refers to ${logicalId}, which the template does not have`);
    if (isCustom(type)) throw new Error(`${logicalId}: this custom resource has not run yet`);
    const { stackName } = this.assembly;
    const names = namesOf(type, { stackName, logicalId, given: (property) => property in given ? this.resolve(logicalId, given[property]) : undefined });
    this.names.set(logicalId, names);
    return names;
  }

  /** The value with its intrinsics resolved and with this machine's addresses. */
  private resolve(owner: string, value: unknown): any {
    const { account, region, stackId, assembly: { stackName } } = this;
    const pseudo: Record<string, string> = {
      'AWS::AccountId': account, 'AWS::Partition': 'aws', 'AWS::Region': region, 'AWS::StackId': stackId, 'AWS::StackName': stackName, 'AWS::URLSuffix': 'amazonaws.com',
    };
    try {
      return JSON.parse(this.rewrite(JSON.stringify(resolve(value, {
        ref: (name) => pseudo[name] ?? this.namesOf(name).physicalId,
        attribute: (logicalId, name) => this.namesOf(logicalId).attributes[name],
      }))));
    } catch (error) {
      throw new Error(`${owner}: ${(error as Error).message}`);
    }
  }
}
