import { ofType, references, type AnyTemplate, type Found } from './template';
import { ENVIRONMENTS, type HandlerName } from '../../src/contract/environment';

/** A function that runs one of the library's handlers. */
export interface FoundHandler extends Found {
  /** `{area}/{verb-noun}` */
  readonly name: HandlerName;
  /** The logical id of its role. */
  readonly role: string;
  readonly environment: Record<string, any>;
}

const pascal = (name: string): string => name.split('-').map((part) => part[0].toUpperCase() + part.slice(1)).join('');

/** A function's logical id has the area first, below the construct `Vod` where there is one, then the handler's name. */
function nameOf(id: string): HandlerName | undefined {
  return (Object.keys(ENVIRONMENTS) as HandlerName[]).find((each) => {
    const [area, verbNoun] = each.split('/').map(pascal);
    return new RegExp(`^(Vod)?${area}\\w*${verbNoun}Function[0-9A-F]{8}$`).test(id);
  });
}

/** The functions of a template that run handlers: those that the CDK or the user brings are left out. */
export function functionsOf(template: AnyTemplate): FoundHandler[] {
  return ofType(template, 'AWS::Lambda::Function').flatMap((found) => {
    const name = nameOf(found.id);
    return name ? [{ ...found, name, role: references(found.properties.Role)[0], environment: found.properties.Environment?.Variables ?? {} }] : [];
  });
}

/** The one function that runs a handler. Fails if there is none, or another. */
export function functionOf(template: AnyTemplate, name: HandlerName): FoundHandler {
  const found = functionsOf(template).filter((each) => each.name === name);
  if (found.length !== 1) throw new Error(`expected one function of ${name}, got ${found.map(({ id }) => id).join(', ') || 'none'}`);
  return found[0];
}

/** The environment of the one function that runs a handler. */
export function environmentOf(template: AnyTemplate, name: HandlerName): Record<string, any> {
  return functionOf(template, name).environment;
}
