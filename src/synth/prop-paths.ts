import type { IConstruct } from 'constructs';

/** Key of the construct tree's context. */
const CONTEXT = 'serverless-vod:propNames';

/** Says how the user of a construct writes what its areas are given, by the area's id and prop. Call it before the scope has children. */
export function usePropNames(scope: IConstruct, names: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  scope.node.setContext(CONTEXT, names);
}

/** A prop of an area as the user wrote it: errors and warnings name it so. An area that is used alone has its own names. */
export function propName(area: IConstruct, prop: string): string {
  return area.node.tryGetContext(CONTEXT)?.[area.node.id]?.[prop] ?? prop;
}
