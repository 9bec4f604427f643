import type { IConstruct } from 'constructs';

const CONTEXT = 'serverless-vod:propNames';

/**
 * Sets the prop names that appear in errors and warnings of all areas in the scope. Call it before the scope has children.
 *
 * @param names construct id of the area -> prop of the area -> the name that the CDK user wrote
 */
export function usePropNames(scope: IConstruct, names: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  scope.node.setContext(CONTEXT, names);
}

/** Returns the name of an area's prop for errors and warnings. An area that is used without `ServerlessVod` has its own prop names. */
export function propName(area: IConstruct, prop: string): string {
  return area.node.tryGetContext(CONTEXT)?.[area.node.id]?.[prop] ?? prop;
}
