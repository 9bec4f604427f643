import type { JsonSchema } from '../contract/schemas';

/**
 * Returns a response body without the keys that its schema does not contain.
 *
 * TypeScript accepts objects with more keys than their type has. Without this function a handler could return a complete row by mistake, including its
 * bucket, key and claim.
 */
export function shapeAnswer(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (Array.isArray(value)) return items ? value.map((each) => shapeAnswer(items, each)) : value;
  // A schema without `properties` describes a map with keys chosen by the user, or a document of any form.
  if (!properties || typeof value !== 'object' || value === null) return value;
  const named = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
  return Object.fromEntries(named.map(([name, each]) => [name, shapeAnswer(properties[name], each)]));
}
