import { createHash } from 'crypto';
import type { LocalStack, Resource } from '../types';
import { rewriter, type Ports } from './addresses';
import { ENVIRONMENT, type Assembly, type Definition } from './assembly';
import { fault, references, resolve, test, type Scope } from './resolve';
import { asUuid, isCustom, TYPES, type Naming, type TypeEntry } from './resources';

/** What a custom resource's function answered. */
export interface Answer {
  readonly physicalId: string;
  readonly data: Record<string, string>;
}

const memoized = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** A resource whose parts are made when they are first read. */
function lazy(logicalId: string, type: string, parts: { [key in 'physicalId' | 'attributes' | 'properties']: () => Resource[key] }): Resource {
  const physicalId = memoized(parts.physicalId);
  const attributes = memoized(parts.attributes);
  const properties = memoized(parts.properties);
  return {
    logicalId,
    type,
    get physicalId() { return physicalId(); },
    get attributes() { return attributes(); },
    get properties() { return properties(); },
  };
}

/** The synthesized stack. Everything is resolved on demand, since some of it is known only after a custom resource has run. */
export class TemplateStack implements LocalStack {
  readonly region = ENVIRONMENT.region;
  readonly account = ENVIRONMENT.account;
  readonly stackId: string;
  /** As AWS would name them; the only ones that resolution reads, since the table of addresses is made from them. */
  private readonly raw = new Map<string, Resource>();
  /** The same with this machine's addresses. */
  private readonly resources = new Map<string, Resource>();
  private readonly answers = new Map<string, Answer>();
  private readonly rewrite: <T>(value: T) => T;
  private readonly order: string[];

  constructor(private readonly assembly: Assembly, readonly dataFolder: string, ports: Ports) {
    const { stackName, template } = assembly;
    this.stackId = `arn:aws:cloudformation:${this.region}:${this.account}:stack/${stackName}/${asUuid(this.stable(32, ''))}`;
    const rewrite = memoized(() => rewriter([...this.raw.values()].filter(({ type }) => !isCustom(type)), ports, this.region));
    this.rewrite = (value) => rewrite()(value);
    for (const [logicalId, definition] of Object.entries(template.Resources)) {
      const { Condition: condition, Type: type } = definition;
      if (condition && !this.condition(condition)) continue;
      if (!isCustom(type) && !TYPES[type]) throw fault(logicalId, `unknown type ${type}`);
      const raw = isCustom(type) ? this.customResource(logicalId, definition) : this.resource(logicalId, definition);
      this.raw.set(logicalId, raw);
      this.resources.set(logicalId, lazy(logicalId, type, {
        physicalId: () => this.rewrite(raw.physicalId),
        attributes: () => this.rewrite(raw.attributes),
        properties: () => this.rewrite(raw.properties),
      }));
    }
    this.order = this.inOrder();
  }

  ofType(type: string): Resource[] {
    return [...this.resources.values()].filter((resource) => resource.type === type);
  }

  byArn(arn: string): Resource {
    const known = [...this.resources.values()].filter(({ logicalId, type }) => !isCustom(type) || this.answers.has(logicalId));
    const found = known.find(({ attributes, physicalId }) => attributes.Arn === arn || physicalId === arn || attributes.FunctionARN === arn);
    if (!found) throw new Error(`the template has no resource ${arn}`);
    return found;
  }

  assetFolder(s3Key: string): string {
    const folder = this.assembly.assets[s3Key];
    if (!folder) throw new Error(`the assembly has no asset ${s3Key}`);
    return folder;
  }

  /** The stack's outputs by their names. */
  outputs(): Record<string, string> {
    const wanted = Object.entries(this.assembly.template.Outputs ?? {}).filter(([, { Condition: name }]) => !name || this.condition(name));
    return Object.fromEntries(wanted.map(([name, { Value: value }]) => [name, this.rewrite(resolve(value, this.scope(`output ${name}`)))]));
  }

  /** Custom resources, each after those it rests on. */
  customResources(): Resource[] {
    return this.order.map((logicalId) => this.resources.get(logicalId)!).filter(({ type }) => isCustom(type));
  }

  /** Records what a custom resource's function answered. */
  answer(logicalId: string, answer: Answer): void {
    this.answers.set(logicalId, answer);
  }

  /** Resolves all there is, so that what is unknown fails the start and not a request. */
  verify(): void {
    this.resources.forEach(({ physicalId, attributes, properties }) => [physicalId, attributes, properties]);
    this.outputs();
  }

  /** Logical ids, each after those it refers to; an error that names a cycle. */
  private inOrder(): string[] {
    const ordered = new Set<string>();
    const visit = (logicalId: string, path: string[]): void => {
      if (path.includes(logicalId)) throw fault(logicalId, `depends on itself: ${[...path, logicalId].join(' -> ')}`);
      if (ordered.has(logicalId)) return;
      const { DependsOn: after = [], Properties: properties } = this.assembly.template.Resources[logicalId];
      const needed = [...[after].flat(), ...references(properties)].filter((name) => this.raw.has(name));
      new Set(needed).forEach((name) => visit(name, [...path, logicalId]));
      ordered.add(logicalId);
    };
    [...this.raw.keys()].forEach((logicalId) => visit(logicalId, []));
    return [...ordered];
  }

  private resource(logicalId: string, definition: Definition): Resource {
    const { ref, attributes }: TypeEntry = TYPES[definition.Type];
    const given = (property: string) => resolve(definition.Properties?.[property], this.scope(logicalId));
    const stable = (length: number, purpose = '') => this.stable(length, `${logicalId}/${purpose}`);
    const generated = (maxLength = 64) => `${`${this.assembly.stackName}-${logicalId}`.slice(0, maxLength - 13)}-${stable(12).toUpperCase()}`;
    const naming: Omit<Naming, 'ref'> = { logicalId, region: this.region, account: this.account, given, stable, generated };
    const physicalId = memoized(() => ref({ ...naming, ref: '' }));
    return lazy(logicalId, definition.Type, {
      physicalId,
      attributes: () => {
        const complete = { ...naming, ref: physicalId() };
        return Object.fromEntries(Object.entries(attributes).map(([name, make]) => [name, make(complete)]));
      },
      properties: () => this.properties(logicalId, definition),
    });
  }

  private customResource(logicalId: string, definition: Definition): Resource {
    const answer = (): Answer => {
      const found = this.answers.get(logicalId);
      if (!found) throw fault(logicalId, 'this custom resource has not run yet');
      return found;
    };
    return lazy(logicalId, definition.Type, {
      physicalId: () => answer().physicalId,
      attributes: () => answer().data,
      properties: () => this.properties(logicalId, definition),
    });
  }

  private properties(logicalId: string, definition: Definition): Record<string, any> {
    return resolve(definition.Properties ?? {}, this.scope(logicalId));
  }

  private scope(owner: string): Scope {
    const { template: { Mappings: mappings, Parameters: parameters }, stackName } = this.assembly;
    const pseudo: Record<string, unknown> = {
      'AWS::AccountId': this.account,
      'AWS::NoValue': undefined,
      'AWS::Partition': 'aws',
      'AWS::Region': this.region,
      'AWS::StackId': this.stackId,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const existing = (logicalId: string): Resource => {
      const found = this.raw.get(logicalId);
      if (!found) throw fault(owner, `refers to ${logicalId}, which the template does not have`);
      return found;
    };
    return {
      owner,
      condition: (name) => this.condition(name),
      ref: (name) => {
        if (name in pseudo) return pseudo[name];
        if (!parameters?.[name]) return existing(name).physicalId;
        if (parameters[name].Default === undefined) throw fault(owner, `parameter ${name} has no default`);
        return parameters[name].Default;
      },
      attribute: (logicalId, name) => {
        const { attributes, type } = existing(logicalId);
        if (!Object.hasOwn(attributes, name)) throw fault(owner, `unknown attribute ${name} of ${logicalId} (${type})`);
        return attributes[name];
      },
      mapping: (map, key, entry) => {
        const found = mappings?.[map]?.[key]?.[entry];
        if (found === undefined) throw fault(owner, `the template has no mapping ${map}.${key}.${entry}`);
        return found;
      },
    };
  }

  private condition(name: string): boolean {
    const definition = this.assembly.template.Conditions?.[name];
    if (!definition) throw fault(name, 'the template has no such condition');
    return test(definition, this.scope(`condition ${name}`));
  }

  private stable(length: number, purpose: string): string {
    const digest = createHash('sha512').update(`${this.assembly.stackName}/${purpose}`).digest('hex');
    return BigInt(`0x${digest}`).toString(36).slice(1, length + 1);
  }
}
