import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { AwsError } from './types';

/** The namespace of S3's responses. */
const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, isArray: (name) => name === 'Part' || name === 'Tag' });

/** Returns an XML document. Undefined values are omitted, and a list becomes one element for each item. S3's errors have no namespace. */
export function xml(name: string, content: object, namespace = S3_NAMESPACE): string {
  const known = JSON.parse(JSON.stringify(content)) as object; // omits undefined values
  return builder.build({ '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' }, [name]: { ...namespace && { '@_xmlns': namespace }, ...known } });
}

/** Returns the content of the root element. Values are strings. */
export function parseXml(text: string, root: string): Record<string, any> {
  try {
    const content: unknown = parser.parse(text, true)[root];
    if (typeof content === 'object' && content !== null) return content;
  } catch {
    // The error below covers malformed XML too.
  }
  throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
}
