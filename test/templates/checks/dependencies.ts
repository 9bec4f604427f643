import type { Check } from './check';
import { handlersOf } from './handlers';
import { CloudFormationTemplate, isOurs, list, ours, references, waitsFor } from '../../toolkit/template';

/** Every reference and dependency names a resource, a parameter of CloudFormation's own, or a parameter of the template. */
const referencesExist: Check = (template) => {
  const parameters = Object.keys((template as { Parameters?: object }).Parameters ?? {});
  return Object.entries(template.Resources).flatMap(([id, { Properties, DependsOn }]) => [...references(Properties), ...list(DependsOn)]
    .filter((name) => !name.startsWith('AWS') && !(name in template.Resources) && !parameters.includes(name)).map((name) => `${id}: refers to ${name}, which is not there`));
};

/** CloudFormation can't make resources that wait for each other. */
const noCycle: Check = (template) => Object.keys(template.Resources).filter((id) => waitsFor(template, id).has(id)).map((id) => `${id}: waits for itself`);

/** A deployment is a picture of the API at one moment: what comes later is not in it. */
const deploymentWaitsForTheApi: Check = (template) => {
  const parts = ['Method', 'Resource', 'GatewayResponse', 'Model', 'RequestValidator', 'Authorizer'].flatMap((kind) => ours(template, `AWS::ApiGateway::${kind}`).map(({ id }) => id));
  return ours(template, 'AWS::ApiGateway::Deployment').flatMap(({ id }) => {
    const before = waitsFor(template, id);
    return parts.filter((part) => !before.has(part)).map((part) => `${id}: may be made before ${part}`);
  });
};

/** What has called a function before its policy was there, was refused. Custom resources and event sources call at once. */
const functionsWaitForTheirPolicies: Check = (template) => handlersOf(template).flatMap(({ id, role }) => {
  const before = waitsFor(template, id);
  return ours(template, 'AWS::IAM::Policy').filter(({ properties }) => references(properties.Roles).includes(role) && !before.has(properties && idOf(template, properties)))
    .map((policy) => `${id}: may be called before ${policy.id}`);
});

function idOf(template: CloudFormationTemplate, properties: object): string {
  return Object.keys(template.Resources).find((id) => template.Resources[id].Properties === properties)!;
}

/** Logical ids begin so -> what must be there before. */
const ORDER: [who: string, before: string, why: string][] = [
  ['VodAuthSignInFunction', 'VodAuthFilledClientSecret', 'a new client id never meets the old client\'s secret'],
  ['VodDeliveryStartPlaybackFunction', 'VodDeliveryKeysKeyGroup', 'it must not sign with a key before the group trusts it'],
  ['VodAuthFirstAdmin', 'VodAuthUserPoolDomain', 'the invitation leads to the sign-in page'],
  ['VodAuthFirstAdmin', 'VodAuthSignInFunction', 'the invitation leads to the sign-in page'],
];

const orderHolds: Check = (template) => ORDER.flatMap(([who, before, why]) => {
  const pattern = (name: string): RegExp => new RegExp(`^${name}[0-9A-F]{8}$`);
  const [first] = Object.keys(template.Resources).filter((id) => pattern(before).test(id));
  const followers = Object.keys(template.Resources).filter((id) => pattern(who).test(id) && ['AWS::Lambda::Function', 'AWS::Cognito::UserPoolUser'].includes(template.Resources[id].Type));
  return followers.filter((id) => !first || !waitsFor(template, id).has(first)).map((id) => `${id}: may be made before ${before}: ${why}`);
});

function timeoutOf(template: CloudFormationTemplate, { ServiceToken }: Record<string, any>): number {
  return Number(template.Resources[references(ServiceToken)[0]]?.Properties?.Timeout);
}

/** A custom resource waits for its function, and for no longer than it can take. */
const customResourcesNameTheirFunction: Check = (template) => Object.entries(template.Resources)
  .filter(([id, { Type }]) => isOurs(id) && Type.startsWith('Custom::Vod'))
  .flatMap(([id, { Properties = {} }]) => [
    ...template.Resources[references(Properties.ServiceToken)[0]]?.Type === 'AWS::Lambda::Function' ? [] : [`${id}: has no function`],
    // Else CloudFormation waits an hour for an answer that got lost.
    ...Number(Properties.ServiceTimeout) <= 600 ? [] : [`${id}: CloudFormation waits for ${Properties.ServiceTimeout ?? 3600} s`],
    ...timeoutOf(template, Properties) >= 90 ? [] : [`${id}: its function has less than the minute and a half that IAM may need to know a new policy`],
    ...Number(Properties.ServiceTimeout) > timeoutOf(template, Properties) ? [] : [`${id}: CloudFormation stops waiting before the function ends`],
  ]);

export const DEPENDENCIES: Record<string, Check> = {
  'references exist': referencesExist,
  'there is no cycle': noCycle,
  'the deployment waits for all of the API': deploymentWaitsForTheApi,
  'functions wait for their policies': functionsWaitForTheirPolicies,
  'what must come first does': orderHolds,
  'custom resources have a function, and an end': customResourcesNameTheirFunction,
};
