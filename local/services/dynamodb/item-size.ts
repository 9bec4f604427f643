import type { Json } from '../json';

/** In bytes. */
export const LARGEST_ITEM = 400 * 1024;

/** Returns bytes (see "DynamoDB item sizes and formats" in the DynamoDB guide). Dynalite counts characters. */
export function itemSize(item: Json): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize(value: Json): number {
  const [[type, content]] = Object.entries(value);
  switch (type) {
    case 'S': return Buffer.byteLength(content);
    case 'N': return Math.ceil(significantDigits(content) / 2) + 1;
    case 'B': return Buffer.from(content, 'base64').length;
    case 'BOOL': case 'NULL': return 1;
    case 'SS': case 'NS': case 'BS': return content.reduce((sum: number, each: string) => sum + valueSize({ [type[0]]: each }), 0);
    // A list or map has an overhead of 3 bytes, plus 1 byte per element.
    case 'L': return content.reduce((sum: number, each: Json) => sum + 1 + valueSize(each), 3);
    case 'M': return 3 + Object.keys(content).length + itemSize(content);
    default: throw new Error(`DynamoDB has no type ${type}`);
  }
}

function significantDigits(number: string): number {
  const [mantissa] = number.split(/e/i);
  return mantissa.replace(/\D/g, '').replace(/^0+|0+$/g, '').length;
}
