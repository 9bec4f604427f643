import type { Check } from './check';
import { handlersOf } from './handlers';
import { CloudFormationTemplate, isOurs, list, ours, references, waitsFor } from '../../toolkit/template';

const referencesExist: Check = (template) => {
  const parameters = Object.keys((template as { Parameters?: object }).Parameters ?? {});
  return Object.entries(template.Resources).flatMap(([id, { Properties, DependsOn }]) => [...references(Properties), ...list(DependsOn)]
    .filter((name) => !name.startsWith('AWS') && !(name in template.Resources) && !parameters.includes(name)).map((name) => `${id}: refers to ${name}, which does not exist`));
};

const noCycle: Check = (template) => Object.keys(template.Resources).filter((id) => waitsFor(template, id).has(id)).map((id) => `${id}: depends on itself`);

/** A deployment of API Gateway is a snapshot of the API. It contains only the resources that CloudFormation created before the deployment. */
const deploymentDependsOnTheApi: Check = (template) => {
  const parts = ['Method', 'Resource', 'GatewayResponse', 'Model', 'RequestValidator', 'Authorizer'].flatMap((kind) => ours(template, `AWS::ApiGateway::${kind}`).map(({ id }) => id));
  return ours(template, 'AWS::ApiGateway::Deployment').flatMap(({ id }) => {
    const before = waitsFor(template, id);
    return parts.filter((part) => !before.has(part)).map((part) => `${id}: can be created before ${part}`);
  });
};

/**
 * Custom resources and event source mappings invoke a function as soon as they exist. Without the policy of the function's role, the function's requests to AWS
 * would fail.
 */
const functionsDependOnTheirPolicies: Check = (template) => handlersOf(template).flatMap(({ id, role }) => {
  const before = waitsFor(template, id);
  return ours(template, 'AWS::IAM::Policy').filter(({ properties }) => references(properties.Roles).includes(role) && !before.has(properties && idOf(template, properties)))
    .map((policy) => `${id}: can be invoked before ${policy.id} exists`);
});

function idOf(template: CloudFormationTemplate, properties: object): string {
  return Object.keys(template.Resources).find((id) => template.Resources[id].Properties === properties)!;
}

/** Logical ids (without hash) of two resources, and the reason why the first resource must depend on the second. */
const ORDER: [follower: string, before: string, why: string][] = [
  ['VodAuthSignInFunction', 'VodAuthFilledClientSecret', 'the function must not use a new client id with the old secret'],
  ['VodDeliveryStartPlaybackFunction', 'VodDeliveryKeysKeyGroup', 'the function must not sign with a key that the group does not trust yet'],
  ['VodCatalogReadVideosFunction', 'VodDeliveryKeysKeyGroup', 'the function must not sign with a key that the group does not trust yet'],
  ['VodAuthFirstAdmin', 'VodAuthUserPoolDomain', 'the invitation links to the sign-in page'],
  ['VodAuthFirstAdmin', 'VodAuthSignInFunction', 'the invitation links to the sign-in page'],
];

const orderHolds: Check = (template) => ORDER.flatMap(([follower, before, why]) => {
  const pattern = (name: string): RegExp => new RegExp(`^${name}[0-9A-F]{8}$`);
  const [first] = Object.keys(template.Resources).filter((id) => pattern(before).test(id));
  const followers = Object.keys(template.Resources).filter((id) => pattern(follower).test(id) && ['AWS::Lambda::Function', 'AWS::Cognito::UserPoolUser'].includes(template.Resources[id].Type));
  return followers.filter((id) => !first || !waitsFor(template, id).has(first)).map((id) => `${id}: can be created before ${before}, but ${why}`);
});

function timeoutOf(template: CloudFormationTemplate, { ServiceToken }: Record<string, any>): number {
  return Number(template.Resources[references(ServiceToken)[0]]?.Properties?.Timeout);
}

/** CloudFormation's timeout for a custom resource is a little longer than the timeout of the function. */
const customResourcesNameTheirFunction: Check = (template) => Object.entries(template.Resources)
  .filter(([id, { Type }]) => isOurs(id) && Type.startsWith('Custom::Vod'))
  .flatMap(([id, { Properties = {} }]) => [
    ...template.Resources[references(Properties.ServiceToken)[0]]?.Type === 'AWS::Lambda::Function' ? [] : [`${id}: has no function`],
    // If a response were lost, CloudFormation would wait for the default timeout of one hour.
    ...Number(Properties.ServiceTimeout) <= 600 ? [] : [`${id}: ServiceTimeout is ${Properties.ServiceTimeout ?? 3600} seconds, expected at most 600 seconds`],
    ...timeoutOf(template, Properties) >= 90 ? [] : [`${id}: the timeout of its function is below the 90 seconds that a new IAM policy can need to take effect`],
    ...Number(Properties.ServiceTimeout) > timeoutOf(template, Properties) ? [] : [`${id}: CloudFormation stops waiting before the function times out`],
  ]);

export const DEPENDENCIES: Record<string, Check> = {
  'references exist': referencesExist,
  'the template has no cycle': noCycle,
  'the deployment depends on the whole API': deploymentDependsOnTheApi,
  'functions depend on their policies': functionsDependOnTheirPolicies,
  'resources are created in the required order': orderHolds,
  'custom resources have a function and a timeout': customResourcesNameTheirFunction,
};
