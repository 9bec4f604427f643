import type { JsonSchema } from '../contract/schemas';

/**
 * A body without the keys that its schema does not name. TypeScript takes an object with more keys than its type has, so a whole row could be answered
 * by mistake, with the bucket, the key and the claim in it.
 */
export function shapeAnswer(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (Array.isArray(value)) return items ? value.map((each) => shapeAnswer(items, each)) : value;
  // A map, whose keys are the user's own, or a document of any form.
  if (!properties || typeof value !== 'object' || value === null) return value;
  const named = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
  return Object.fromEntries(named.map(([name, each]) => [name, shapeAnswer(properties[name], each)]));
}
