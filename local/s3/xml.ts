/** What S3's answers are made of. */
export type Xml = string | number | boolean | undefined | Date | Xml[] | { [name: string]: Xml };

const element = (name: string, value: Xml, attributes = ''): string => {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('');
  const inner = value instanceof Date ? value.toISOString() : typeof value === 'object' ? Object.entries(value).map(([key, item]) => element(key, item)).join('')
    : `${value}`.replace(/[&<>"\u0000-\u001f]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<${name}${attributes}>${inner}</${name}>`;
};
/** A document; S3's errors alone have no namespace. */
export const xml = (name: string, value: Xml) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, value, name === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"')}`;

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: '\'', amp: '&' };
/** The contents of all elements of a name, as they stand: the two request bodies of S3 that are read nest no name in itself. */
export const contents = (source: string, name: string) => [...source.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map((found) => found[1]);
/** The text of the first element of a name. */
export const textIn = (source: string, name: string) => contents(source, name)[0]?.replace(/&(?:#(x?)([0-9a-f]+)|(\w+));/gi, (_, hex, code, entity) =>
  (code ? String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)) : ENTITIES[entity as string] ?? ''));
