import { CfnElement, Stack } from 'aws-cdk-lib';

/**
 * Returns an element as the template will contain it, including overrides (`addPropertyOverride`). Call it at the end of synthesis, because properties may be
 * lazy.
 *
 * It uses the internal method `_toCloudFormation` of CDK. If a version of CDK lacks the method, the result is an empty object.
 */
export function rendered(element: CfnElement): object {
  const { _toCloudFormation: render } = element as { _toCloudFormation?: () => object };
  return render ? Stack.of(element).resolve(render.call(element)) : {};
}

/** Returns the rendered properties of a resource, by their CloudFormation names. */
export function renderedProperties<T extends object>(resource: CfnElement): Partial<T> {
  const { Resources = {} } = rendered(resource) as { readonly Resources?: Readonly<Record<string, { readonly Properties?: Partial<T> }>> };
  return Object.values(Resources)[0]?.Properties ?? {};
}
