import { rolePolicies } from '../../test/toolkit/permissions';
import { list, ofType, references, type CloudFormationTemplate } from '../../test/toolkit/template';

/** Nodes of the graph that are not resources of the template. */
export const BROWSER = 'browser';
export const SCHEDULE = 'schedule';

/** A connection between two resources of a template. `from` is the active side: it calls `to`, sends to `to`, or starts `to`. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** The part of the template that defines the connection: a route, an IAM action, or the name of a rule. */
  readonly by: string;
  readonly deadLetter?: boolean;
}

type Read = (template: CloudFormationTemplate) => Edge[];

/** Returns the path of a resource of a REST API, such as `/upload`. */
function pathOf(template: CloudFormationTemplate, resourceId: unknown): string {
  const resource = template.Resources[references(resourceId)[0]];
  if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
  return `${pathOf(template, resource.Properties!.ParentId)}/${resource.Properties!.PathPart}`;
}

const routes: Read = (template) => ofType(template, 'AWS::ApiGateway::Method').flatMap(({ properties }) => references(properties.Integration?.Uri)
  .map((to) => ({ from: references(properties.RestApiId)[0], to, by: `${properties.HttpMethod} ${pathOf(template, properties.ResourceId)}` })));

const authorizers: Read = (template) => ofType(template, 'AWS::ApiGateway::Authorizer').flatMap(({ properties }) => (
  references(properties.ProviderARNs).map((to) => ({ from: references(properties.RestApiId)[0], to, by: 'authorizer' }))));

const behaviors: Read = (template) => ofType(template, 'AWS::CloudFront::Distribution').flatMap(({ id, properties: { DistributionConfig: config } }) => [
  ...list(config.CacheBehaviors).flatMap(({ PathPattern, TargetOriginId }: any) => (
    references(config.Origins.find(({ Id }: any) => Id === TargetOriginId).DomainName).map((to) => ({ from: id, to, by: PathPattern })))),
  ...list(config.CacheBehaviors).map(({ PathPattern }: any) => ({ from: BROWSER, to: id, by: PathPattern })),
]);

/** For each method that the CORS rules of a bucket allow, returns a connection from browsers to this bucket. */
const uploads: Read = (template) => ofType(template, 'AWS::S3::Bucket').flatMap(({ id, properties }) => (
  list(properties.CorsConfiguration?.CorsRules).flatMap(({ AllowedMethods }: any) => AllowedMethods.map((by: string) => ({ from: BROWSER, to: id, by })))));

const mappings: Read = (template) => ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(({ properties }) => {
  const to = references(properties.FunctionName)[0];
  return [
    ...references(properties.EventSourceArn).map((from) => ({ from, to, by: 'event source mapping' })),
    ...references(properties.DestinationConfig).map((destination) => ({ from: to, to: destination, by: 'on-failure destination', deadLetter: true })),
  ];
});

/** Returns the sources of a rule's events: the schedule, the custom bus, or the resources in the event pattern. */
function sourcesOf({ ScheduleExpression, EventBusName, EventPattern }: Record<string, any>): string[] {
  if (ScheduleExpression) return [SCHEDULE];
  return EventBusName ? references(EventBusName) : references(EventPattern);
}

const rules: Read = (template) => ofType(template, 'AWS::Events::Rule').flatMap(({ properties }) => list(properties.Targets).flatMap(({ Arn, DeadLetterConfig }: any) => (
  references(Arn).flatMap((to) => [
    ...sourcesOf(properties).map((from) => ({ from, to, by: properties.ScheduleExpression ?? `rule: ${properties.EventPattern['detail-type']}` })),
    ...references(DeadLetterConfig).map((queue) => ({ from: to, to: queue, by: 'dead-letter queue of the rule', deadLetter: true })),
  ]))));

const deadLetterQueues: Read = (template) => [
  ...ofType(template, 'AWS::SQS::Queue').flatMap(({ id, properties }) => references(properties.RedrivePolicy).map((to) => ({ from: id, to, by: 'redrive policy', deadLetter: true }))),
  ...ofType(template, 'AWS::Lambda::Function').flatMap(({ id, properties }) => references(properties.DeadLetterConfig).map((to) => ({ from: id, to, by: 'dead-letter queue of the function', deadLetter: true }))),
];

/**
 * For each role, returns the resources that use the role: functions, or the MediaConvert queues if MediaConvert assumes the role.
 *
 * No function has the signing role of uploads as its execution role, so the list of this role is empty. Clients use the permissions of this role through signed
 * URLs.
 */
function actors(template: CloudFormationTemplate): Record<string, string[]> {
  const queues = ofType(template, 'AWS::MediaConvert::Queue').map(({ id }) => id);
  return Object.fromEntries(ofType(template, 'AWS::IAM::Role').map(({ id, properties }) => [id, JSON.stringify(properties.AssumeRolePolicyDocument).includes('mediaconvert.')
    ? queues : ofType(template, 'AWS::Lambda::Function').filter((found) => references(found.properties.Role)[0] === id).map((found) => found.id)]));
}

const permissions: Read = (template) => {
  const acting = actors(template);
  return Object.entries(rolePolicies(template)).flatMap(([role, statements]) => acting[role].flatMap((from) => statements.flatMap(({ Action, Resource }) => (
    Action.flatMap((by) => references(Resource).map((to) => ({ from, to, by })))))));
};

const READERS = [routes, authorizers, behaviors, uploads, mappings, rules, deadLetterQueues, permissions];

export function edgesOf(template: CloudFormationTemplate): Edge[] {
  return READERS.flatMap((read) => read(template));
}
