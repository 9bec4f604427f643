import type { JsonSchema } from '../contract/schemas';

/**
 * Returns a response body with only those keys that the schema contains. TypeScript accepts an object with more keys than its declared type. Without this
 * function, a handler could therefore return internal attributes of a row.
 */
export function shapeAnswer(schema: JsonSchema, value: unknown): unknown {
  const { properties, items, oneOf } = schema;
  if (oneOf) return shapeAnswer(alternativeOf(oneOf, value), value);
  if (Array.isArray(value)) return items ? value.map((each) => shapeAnswer(items, each)) : value;
  // A schema without `properties` allows any keys, for example in the metadata of a video.
  if (!properties || typeof value !== 'object' || value === null) return value;
  const named = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
  return Object.fromEntries(named.map(([name, each]) => [name, shapeAnswer(properties[name], each)]));
}

/** Returns the first schema whose required properties all exist in the value. */
function alternativeOf(schemas: readonly JsonSchema[], value: unknown): JsonSchema {
  const found = schemas.find(({ required = [] }) => required.every((name) => Object.hasOwn(Object(value), name)));
  if (!found) throw new Error('the value matches no alternative of its schema');
  return found;
}
