import { CfnElement, Stack } from 'aws-cdk-lib';

/**
 * Returns the part of the template that an element creates, including overrides (`addPropertyOverride`). Call this function at the end of synth, because
 * properties may be lazy.
 */
export function rendered(element: CfnElement): object {
  const { _toCloudFormation: render } = element as { _toCloudFormation?: () => object };
  return render ? Stack.of(element).resolve(render.call(element)) : {};
}

export function renderedProperties<T extends object>(resource: CfnElement): Partial<T> {
  const { Resources = {} } = rendered(resource) as { readonly Resources?: Readonly<Record<string, { readonly Properties?: Partial<T> }>> };
  return Object.values(Resources)[0]?.Properties ?? {};
}
