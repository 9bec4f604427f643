import type { IConstruct } from 'constructs';

const CONTEXT = 'serverless-vod:propNames';

/**
 * Sets the prop names for errors and warnings of all areas in the scope. Call this function before the scope has children.
 *
 * @param names prop names that the CDK user wrote, by area (construct id) and by prop of this area
 */
export function usePropNames(scope: IConstruct, names: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  scope.node.setContext(CONTEXT, names);
}

/** If an area is used without `ServerlessVod`, the name does not change. */
export function propName(area: IConstruct, prop: string): string {
  return area.node.tryGetContext(CONTEXT)?.[area.node.id]?.[prop] ?? prop;
}
