import { readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import {
  Assembly, ClassType, CollectionKind, Docs, EnumMember, InterfaceType, isClassOrInterfaceType, isClassType, isCollectionTypeReference, isEnumType,
  isNamedTypeReference, isPrimitiveTypeReference, Method, Parameter, Property, SourceLocatable, Type, TypeReference,
} from '@jsii/spec';
import { Chapter, CHAPTERS, INTRODUCTION, PARAMETERS, PROPERTY_GROUPS } from './api-chapters';

const CDK_REFERENCE = 'https://docs.aws.amazon.com/cdk/api/v2/docs';
const REPOSITORY = 'https://github.com/serverless-vod/serverless-vod/blob/main';
/** Matches a Markdown link, inline code, or the path of a file in the repository. */
const LINKABLE = /\[[^\]]*\]\([^)]*\)|`[^`]+`|(?<![\w/])(?:docs\/[\w/-]+\.md|openapi\.json|README\.md)/g;
const LIST_OR_CODE = /^(?:[-*] |\d+\. |```)/;

type Member = EnumMember | Method | Property;

/** Returns the text of API.md. Throws an error if a public type is in no chapter, or if a docstring is missing. */
export function apiReference(assembly: Assembly, chapters: readonly Chapter[] = CHAPTERS): string {
  const types = Object.values(assembly.types ?? {});
  expectOnce('CHAPTERS', types.map(({ name }) => name), chapters.flatMap((chapter) => chapter.types));
  const reference = new Reference(assembly, types);
  const contents = chapters.map((chapter) => `- ${jump(chapter.title, chapter.title)}: ${chapter.types.map((name) => jump(name, `\`${name}\``)).join(', ')}`);
  return `${blocks(INTRODUCTION, '## Contents', contents.join('\n'), ...chapters.map((chapter) => reference.chapter(chapter)))}\n`;
}

class Reference {
  private readonly types: ReadonlyMap<string, Type>;

  constructor(private readonly assembly: Assembly, types: readonly Type[]) {
    this.types = new Map(types.map((type) => [type.name, type]));
  }

  public chapter({ title, text, types }: Chapter): string {
    return blocks(`## ${anchor(title)}${title}`, this.linked(text), ...types.map((name) => this.entry(this.types.get(name)!)));
  }

  private entry(type: Type): string {
    return blocks(
      `### ${anchor(type.name)}${type.name}`,
      `*${kindOf(type)}.* ${this.text(type.name, type.docs)}`,
      ...this.notes(type.docs),
      isClassType(type) ? this.construction(type) : '',
      isClassOrInterfaceType(type) ? blocks(this.properties(type), this.methods(type)) : this.items(type.name, type.members),
    );
  }

  private construction({ name, initializer }: ClassType): string {
    return initializer ? blocks(`**Constructor:** \`new ${call({ name, ...initializer })}\``, this.parameters(name, initializer.parameters)) : '';
  }

  private properties(type: ClassType | InterfaceType): string {
    const properties = inSourceOrder(type.properties);
    const parents = (type.interfaces ?? []).filter((fqn) => this.isOwn(fqn)).map((fqn) => this.typeLink({ fqn })).join(', ');
    const groups = PROPERTY_GROUPS[type.name];
    if (groups) expectOnce(`PROPERTY_GROUPS.${type.name}`, properties.map(({ name }) => name), Object.values(groups).flat());
    return blocks(
      parents && (isStruct(type) ? `All properties of ${parents}, and these properties:` : `Implements ${parents}.`),
      isStruct(type) || properties.length === 0 ? '' : '**Properties:**',
      ...groups ? Object.entries(groups).map(([title, names]) => blocks(`#### ${title}`, this.items(type.name, properties.filter(({ name }) => names.includes(name)))))
        : [this.items(type.name, properties)],
    );
  }

  /** Groups methods with the same parameters and return type, and describes these parameters once. */
  private methods({ name: typeName, methods }: ClassType | InterfaceType): string {
    if (!methods) return '';
    const signature = ({ parameters, returns }: Method): string => JSON.stringify([parameters, returns]);
    const hasTwin = (method: Method): boolean => methods.some((other) => other !== method && signature(other) === signature(method));
    const isShared = (method: Method): boolean => (method.parameters ?? []).length > 1 && hasTwin(method);
    const sharing = inSourceOrder(methods.filter(isShared));
    return blocks(
      '**Methods:**',
      this.items(typeName, inSourceOrder(methods.filter((method) => !isShared(method)))),
      ...sharing.length > 0 ? ['The following methods have the same parameters:', this.usage(typeName, sharing[0])] : [],
      this.items(typeName, sharing, { briefly: true }),
    );
  }

  private items(typeName: string, members: readonly Member[], { briefly = false } = {}): string {
    return members.map((member) => this.item(`${typeName}.${member.name}`, member, briefly)).join('\n');
  }

  private item(place: string, member: Member, briefly: boolean): string {
    const { docs } = member;
    const [summary, ...remarks] = this.text(place, docs).split('\n\n');
    const defaultLine = docs?.default === undefined ? '' : `*Default:* ${this.linked(defaultText(docs.default))}`;
    const method = isMethod(member) ? member : undefined;
    const head = method ? `**\`${method.static ? 'static ' : ''}${call(method)}\`**` : `**\`${nameOf(member)}\`**${'type' in member ? `: ${this.typeLink(member.type)}` : ''}`;
    const lines = [anchor(place) + head, summary, defaultLine].filter((line) => line !== '').join('\\\n');
    return listItem(blocks(lines, ...remarks, method && !briefly ? this.usage(place, method) : '', ...this.notes(docs)));
  }

  private usage(place: string, { parameters, returns }: Method): string {
    return blocks(this.parameters(place, parameters), returns ? `Returns ${this.typeLink(returns.type)}.` : '');
  }

  private parameters(place: string, parameters: readonly Parameter[] = []): string {
    return parameters.map((parameter) => {
      const text = this.text(`${place}(${parameter.name})`, parameter.docs?.summary ? parameter.docs : { summary: PARAMETERS[parameter.name] });
      return listItem(`\`${nameOf(parameter)}\`: ${this.typeLink(parameter.type)}. ${text.charAt(0).toUpperCase()}${text.slice(1).replace(/[^.!?]$/, '$&.')}`);
    }).join('\n');
  }

  /** Returns the errors, the deprecation, the stability and the example of a type or member. */
  private notes({ custom, deprecated, example, see, stability }: Docs = {}): string[] {
    return [
      custom?.throws ? `*Throws:* ${this.linked(custom.throws)}` : '',
      see ? `*See:* ${this.linked(see)}` : '',
      deprecated === undefined ? '' : `**Deprecated.** ${this.linked(deprecated)}`,
      stability && stability !== this.assembly.docs?.stability ? `**Stability:** ${stability}.` : '',
      example ? `\`\`\`ts\n${example.split('\n').filter((line) => !line.startsWith('///')).join('\n')}\n\`\`\`` : '',
    ];
  }

  /** Returns summary and remarks. jsii ends a summary at its first period or semicolon, and moves the rest to the remarks. */
  private text(place: string, docs: Docs | undefined): string {
    if (!docs?.summary) throw new Error(`${place}: expected a docstring, got none. Add a docstring in src.`);
    const remarks = docs.remarks === undefined ? '' : `${LIST_OR_CODE.test(docs.remarks) ? '\n\n' : ' '}${docs.remarks}`;
    const paragraphs = `${docs.summary}${remarks}`.split(/\n{2,}/).map((paragraph) => (LIST_OR_CODE.test(paragraph) ? paragraph : paragraph.replace(/\s*\n\s*/g, ' ')));
    return this.linked(paragraphs.join('\n\n'));
  }

  private typeLink(type: TypeReference): string {
    const { text, fqn } = describeType(type);
    if (!fqn) return `\`${text}\``;
    return this.isOwn(fqn) ? jump(shortName(fqn), `\`${text}\``) : `[\`${text}\`](${CDK_REFERENCE}/${fqn}.html)`;
  }

  /** Turns the paths of repository files into links to the files. Turns names such as `VodCatalog.table` into links to the type or member. */
  private linked(text: string): string {
    return text.replace(LINKABLE, (part) => {
      if (part.startsWith('[')) return part;
      if (!part.startsWith('`')) return `[${part}](${REPOSITORY}/${part})`;
      const place = part.replace(/^`|(?:\(\))?`$/g, '');
      return this.has(place) ? jump(place, part) : part;
    });
  }

  private has(place: string): boolean {
    const [typeName, member, ...rest] = place.split('.');
    const type = this.types.get(typeName);
    return type !== undefined && rest.length === 0 && (member === undefined || membersOf(type).some(({ name }) => name === member));
  }

  private isOwn(fqn: string): boolean {
    return fqn.startsWith(`${this.assembly.name}.`);
  }
}

function membersOf(type: Type): readonly Member[] {
  return isEnumType(type) ? type.members : [...type.properties ?? [], ...type.methods ?? []];
}

/** Unlike a property, a method has no `type`. Unlike an enum member, a method has a location in the source. */
function isMethod(member: Member): member is Method {
  return !('type' in member) && 'locationInModule' in member;
}

function isStruct(type: ClassType | InterfaceType): boolean {
  return 'datatype' in type && type.datatype === true;
}

function kindOf(type: Type): string {
  if (isEnumType(type)) return 'Enum';
  if (isClassType(type)) return type.base === 'constructs.Construct' ? 'Construct' : 'Class';
  return isStruct(type) ? 'Struct' : 'Interface';
}

function inSourceOrder<T extends SourceLocatable>(members: readonly T[] = []): T[] {
  return [...members].sort((a, b) => (a.locationInModule?.line ?? 0) - (b.locationInModule?.line ?? 0));
}

function expectOnce(list: string, expected: readonly string[], listed: readonly string[]): void {
  const problems = [
    ...expected.filter((name) => !listed.includes(name)).map((name) => `${name} is missing: add it`),
    ...listed.filter((name, index) => !expected.includes(name) || listed.indexOf(name) !== index).map((name) => `${name} is unknown or listed twice: remove it`),
  ];
  if (problems.length > 0) throw new Error(`${list} in build/api-chapters.ts: ${problems.join('; ')}.`);
}

/** Formats a `@default` text in the form `code`, `code - text` or `- text`. */
function defaultText(value: string): string {
  const [, code, text] = /^(.*?)(?:(?:^| )- (.*))?$/s.exec(value.replace(/\s*\n\s*/g, ' '))!;
  return [code && `\`${code}\``, text].filter((part) => part).join(': ');
}

function call({ name, parameters = [] }: Pick<Method, 'name' | 'parameters'>): string {
  return `${name}(${parameters.map(nameOf).join(', ')})`;
}

function nameOf({ name, optional, variadic }: { name: string; optional?: boolean; variadic?: boolean }): string {
  return `${variadic ? '...' : ''}${name}${optional ? '?' : ''}`;
}

function describeType(type: TypeReference): { text: string; fqn?: string } {
  if (isPrimitiveTypeReference(type)) return { text: type.primitive };
  if (isNamedTypeReference(type)) return { text: shortName(type.fqn).replace(/^aws_/, ''), fqn: type.fqn };
  if (!isCollectionTypeReference(type)) throw new Error(`API.md: expected no union or intersection type in the public API, got ${JSON.stringify(type)}. Declare a class, an interface or an enum for the type.`);
  const { text, fqn } = describeType(type.collection.elementtype);
  return { text: type.collection.kind === CollectionKind.Array ? `${text}[]` : `{ [key: string]: ${text} }`, fqn };
}

function shortName(fqn: string): string {
  return fqn.slice(fqn.indexOf('.') + 1);
}

function anchor(place: string): string {
  return `<a id="${slug(place)}"></a>`;
}

function jump(place: string, text: string): string {
  return `[${text}](#${slug(place)})`;
}

/** Returns the anchor of a chapter, a type or a member: `vodcatalog-table` for `VodCatalog.table`. */
function slug(place: string): string {
  return place.toLowerCase().replace(/\W+/g, '-');
}

function blocks(...texts: string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

function listItem(text: string): string {
  return `- ${text.replace(/\n(?=[^\n])/g, '\n  ')}`;
}

if (require.main === module) {
  const root = path.join(__dirname, '..');
  writeFileSync(path.join(root, 'API.md'), apiReference(JSON.parse(readFileSync(path.join(root, '.jsii'), 'utf8'))));
}
