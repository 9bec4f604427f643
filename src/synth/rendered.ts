import { CfnElement, Stack } from 'aws-cdk-lib';

/**
 * An element as the template will have it, overrides (`addPropertyOverride`) included. Call it when the app is complete: properties may be lazy.
 *
 * By a method that is CDK's own and no part of its API: without it the element seems to be empty.
 */
export function rendered(element: CfnElement): object {
  const { _toCloudFormation: render } = element as { _toCloudFormation?: () => object };
  return render ? Stack.of(element).resolve(render.call(element)) : {};
}

/** The properties of a resource, as `rendered` has them, by CloudFormation's names. */
export function renderedProperties<T extends object>(resource: CfnElement): Partial<T> {
  const { Resources = {} } = rendered(resource) as { readonly Resources?: Readonly<Record<string, { readonly Properties?: Partial<T> }>> };
  return Object.values(Resources)[0]?.Properties ?? {};
}
