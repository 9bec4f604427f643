import { CfnElement } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { rendered } from '../synth/rendered';

/** Refuses an app of the user's own that waits for the distribution that waits for it, when the app is complete. */
export function checkCircularDependency(scope: IConstruct, { node: { defaultChild: resource } }: cloudfront.Distribution, hasDomainNames: boolean): void {
  const remedy = hasDomainNames ? 'tell your app nothing of the distribution but vod.url' : 'set domainNames, with which vod.url and the user pool don\'t wait for the distribution';
  scope.node.addValidation({
    validate: () => {
      const way = CfnElement.isCfnElement(resource) && circularDependency(resource);
      return way ? [`defaultBehavior, additionalBehaviors: expected origins that don't wait for the distribution, got a circular dependency (${way.join(' -> ')}): ${remedy}`] : [];
    },
  });
}

/**
 * The way by which a resource waits for itself, as paths of constructs: CloudFormation would refuse it, and CDK doesn't look within a stack.
 * Undefined if there is none.
 */
function circularDependency(resource: CfnElement): string[] | undefined {
  const { stack } = resource;
  const elements = new Map(stack.node.findAll().filter(CfnElement.isCfnElement).filter((each) => each.stack === stack)
    .map((each): [string, CfnElement] => [stack.resolve(each.logicalId), each]));
  const cameFrom = new Map<CfnElement, CfnElement>();
  const open = [resource];
  for (let from = open.shift(); from; from = open.shift()) {
    for (const to of referencesOf(from).flatMap((id) => elements.get(id) ?? [])) {
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, from);
      if (to === resource) return wayTo(resource, cameFrom);
      open.push(to);
    }
  }
  return undefined;
}

/** From the resource to itself. */
function wayTo(resource: CfnElement, cameFrom: ReadonlyMap<CfnElement, CfnElement>): string[] {
  const way = [resource];
  do way.unshift(cameFrom.get(way[0])!); while (way[0] !== resource);
  return way.map((each) => (each.node.id === 'Resource' ? each.node.scope! : each as IConstruct).node.path);
}

/** Logical ids that an element waits for: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`. */
function referencesOf(element: CfnElement): string[] {
  return idsIn(rendered(element));
}

function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    switch (key) {
      case 'Ref': return [String(inner)];
      case 'Fn::GetAtt': return [String(inner).split(/[.,]/)[0]];
      case 'Fn::Sub': return [...Array.from(JSON.stringify(inner).matchAll(/\$\{(\w+)/g), ([, id]) => id), ...idsIn(inner)];
      case 'DependsOn': return [inner].flat().map(String);
      default: return idsIn(inner);
    }
  });
}
