import { CfnElement } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { rendered } from '../synth/rendered';

export function checkCircularDependency(scope: IConstruct, { node: { defaultChild: resource } }: cloudfront.Distribution, hasDomainNames: boolean): void {
  const remedy = hasDomainNames ? 'Pass vod.url to your app instead of a property of the distribution' : 'Set domainNames, so that vod.url and the user pool do not depend on the distribution';
  scope.node.addValidation({
    validate: () => {
      const cycle = CfnElement.isCfnElement(resource) && circularDependency(resource);
      return cycle ? [`defaultBehavior, additionalBehaviors: expected origins that do not depend on the distribution, got a circular dependency (${cycle.join(' -> ')}). ${remedy}`] : [];
    },
  });
}

/** Returns the construct paths of a circular dependency. */
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
      if (to === resource) return pathsOfCycle(resource, cameFrom);
      open.push(to);
    }
  }
  return undefined;
}

function pathsOfCycle(resource: CfnElement, cameFrom: ReadonlyMap<CfnElement, CfnElement>): string[] {
  const cycle = [resource];
  do cycle.unshift(cameFrom.get(cycle[0])!); while (cycle[0] !== resource);
  return cycle.map((each) => (each.node.id === 'Resource' ? each.node.scope! : each as IConstruct).node.path);
}

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
