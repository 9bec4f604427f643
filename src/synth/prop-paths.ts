import type { IConstruct } from 'constructs';

const CONTEXT = 'serverless-vod:propNames';

/**
 * Sets the prop names for errors and warnings of all areas in the scope. Call this function before the scope has children.
 *
 * @param names the prop names that the CDK user wrote. The outer key is the construct id of an area, and the inner key is the name of the prop in this area
 */
export function usePropNames(scope: IConstruct, names: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  scope.node.setContext(CONTEXT, names);
}

/** If a construct is used without `ServerlessVod`, returns `prop` unchanged. */
export function propName(area: IConstruct, prop: string): string {
  return area.node.tryGetContext(CONTEXT)?.[area.node.id]?.[prop] ?? prop;
}
