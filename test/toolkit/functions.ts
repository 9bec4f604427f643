import { ofType, references, type AnyTemplate, type Found } from './template';
import { ENVIRONMENTS, type HandlerName } from '../../src/contract/environment';

export interface FoundHandler extends Found {
  /** `{area}/{verb-noun}` */
  readonly name: HandlerName;
  readonly role: string;
  readonly environment: Record<string, any>;
}

const pascal = (name: string): string => name.split('-').map((part) => part[0].toUpperCase() + part.slice(1)).join('');

/** The logical id of a function contains the area and the handler's name. If the whole service is in the stack, the id begins with `Vod`. */
function nameOf(id: string): HandlerName | undefined {
  return (Object.keys(ENVIRONMENTS) as HandlerName[]).find((each) => {
    const [area, verbNoun] = each.split('/').map(pascal);
    return new RegExp(`^(Vod)?${area}\\w*${verbNoun}Function[0-9A-F]{8}$`).test(id);
  });
}

export function functionsOf(template: AnyTemplate): FoundHandler[] {
  return ofType(template, 'AWS::Lambda::Function').flatMap((found) => {
    const name = nameOf(found.id);
    return name ? [{ ...found, name, role: references(found.properties.Role)[0], environment: found.properties.Environment?.Variables ?? {} }] : [];
  });
}

export function functionOf(template: AnyTemplate, name: HandlerName): FoundHandler {
  const found = functionsOf(template).filter((each) => each.name === name);
  if (found.length !== 1) throw new Error(`expected one function of ${name}, got ${found.map(({ id }) => id).join(', ') || 'none'}`);
  return found[0];
}

export function environmentOf(template: AnyTemplate, name: HandlerName): Record<string, any> {
  return functionOf(template, name).environment;
}
