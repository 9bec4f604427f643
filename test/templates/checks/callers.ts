import { methodsOfRoutes, pathOf } from './api';
import { Check, exactly } from './check';
import { customerKeyOf, storesOf } from './handlers';
import { statements } from '../../toolkit/permissions';
import { type CloudFormationTemplate, list, ofType, ours, readable, references, withoutHash } from '../../toolkit/template';

/** `lambda:InvokeFunction` of a function, by a service, for a source: what a Lambda permission says, as one text. */
const invocation = (functionId: string, service: string, source: string): string => `${service} for ${source} may call ${withoutHash(functionId)}`;

function functionIn(template: CloudFormationTemplate, value: unknown): string | undefined {
  return references(value).find((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function');
}

function neededPermissions(template: CloudFormationTemplate): string[] {
  const api = (id: string): string => `arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:${withoutHash(id)}`;
  const stage = withoutHash(ours(template, 'AWS::ApiGateway::Stage')[0]?.id ?? 'no stage');
  // In the ARN of a method parameters are wildcards.
  const methods = methodsOfRoutes(template).map(({ properties: { HttpMethod, ResourceId, RestApiId, Integration } }) => invocation(
    functionIn(template, Integration) ?? 'nothing', 'apigateway.amazonaws.com',
    `${api(references(RestApiId)[0] ?? '')}/${stage}/${HttpMethod}${pathOf(template, ResourceId).replace(/{\w+}/g, '*')}`));
  const authorizers = ours(template, 'AWS::ApiGateway::Authorizer').filter(({ properties }) => properties.Type !== 'COGNITO_USER_POOLS')
    .map(({ id, properties }) => invocation(
      functionIn(template, properties.AuthorizerUri) ?? 'nothing', 'apigateway.amazonaws.com',
      `${api(references(properties.RestApiId)[0] ?? '')}/authorizers/${withoutHash(id)}`));
  const rules = ours(template, 'AWS::Events::Rule').flatMap(({ id, properties }) => list(properties.Targets).map((target: any) => functionIn(template, target.Arn))
    .filter((functionId) => functionId !== undefined).map((functionId) => invocation(functionId, 'events.amazonaws.com', `${withoutHash(id)}.Arn`)));
  return [...methods, ...authorizers, ...rules];
}

/** Each function may be called by the methods, authorizer and rules that name it, and by nobody else. */
const functionsAreCalledByThoseThatNameThem: Check = (template) => {
  const found = ours(template, 'AWS::Lambda::Permission').map(({ properties: { Action, FunctionName, Principal, SourceArn } }) => (
    Action === 'lambda:InvokeFunction' ? invocation(references(FunctionName)[0] ?? '', Principal, readable(SourceArn)) : `unknown action ${Action}`));
  return exactly('permissions', found, neededPermissions(template));
};

/** Each queue is written by the rules whose target or dead-letter queue it is, and by no other principal. */
const queuesAreWrittenByTheirRules: Check = (template) => {
  const needed = ours(template, 'AWS::Events::Rule').flatMap(({ id, properties }) => list(properties.Targets)
    .flatMap((target: any) => [target.Arn, target.DeadLetterConfig?.Arn].flatMap(references))
    .filter((target) => template.Resources[target]?.Type === 'AWS::SQS::Queue').map((queue) => `rule ${id} may send to ${queue}`));
  const found = ofType(template, 'AWS::SQS::QueuePolicy').flatMap(({ properties: { Queues, PolicyDocument } }) => statements(PolicyDocument)
    .filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Principal, Resource, Condition }) => {
      const queues = references(Queues);
      const [rule] = references((Condition as any)?.ArnEquals?.['aws:SourceArn']);
      const isNarrow = JSON.stringify(Principal) === '{"Service":"events.amazonaws.com"}' && rule !== undefined && Object.keys(Condition as object).length === 1;
      if (!isNarrow) return [`${JSON.stringify(Principal)} may send to ${queues} under ${JSON.stringify(Condition)}`];
      return Action.includes('sqs:SendMessage') ? Resource.flatMap((resource) => [`rule ${rule} may send to ${references(resource)[0] ?? resource}`]) : [];
    }));
  return exactly('queues', [...new Set(found)], [...new Set(needed)]);
};

/** Who may do what with a bucket by its own policy. */
function allowedByPolicyOf(template: CloudFormationTemplate, bucket: string): string[] {
  return ofType(template, 'AWS::S3::BucketPolicy').filter(({ properties }) => references(properties.Bucket).includes(bucket))
    .flatMap(({ properties }) => statements(properties.PolicyDocument)).filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Principal, Resource, Condition }) => Action.flatMap((action) => Resource.map((resource) => (
      `${JSON.stringify(Principal)} may ${action} on ${readable(resource)} for ${Object.keys(Condition ?? {})} ${readable((Condition as any)?.StringEquals?.['AWS:SourceArn'])}`))));
}

/** The media bucket is read by this distribution only: what is below `v/`, and the list, without which S3 answers 403 for what is not there. */
const mediaIsReadByTheDistribution: Check = (template) => {
  const source = `arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/${withoutHash(ours(template, 'AWS::CloudFront::Distribution')[0]?.id ?? '')}`;
  const by = '{"Service":"cloudfront.amazonaws.com"}';
  return storesOf(template, 'media').flatMap(({ id }) => exactly(id, allowedByPolicyOf(template, id), [
    `${by} may s3:GetObject on ${withoutHash(id)}.Arn/v/* for StringEquals ${source}`, `${by} may s3:ListBucket on ${withoutHash(id)}.Arn for StringEquals ${source}`,
  ]));
};

/** Sources are read by roles of this account only. */
const sourcesAreForRolesOnly: Check = (template) => storesOf(template, 'sources').flatMap(({ id }) => exactly(id, allowedByPolicyOf(template, id), []));

/** A customer's key on the media lets CloudFront decrypt for this account's distributions; one on anything else lets no service in. */
const keysLetCloudFrontDecryptMedia: Check = (template) => {
  const media = customerKeyOf(template, 'media');
  const condition = { ArnLike: { 'AWS:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::', { Ref: 'AWS::AccountId' }, ':distribution/*']] } } };
  return ofType(template, 'AWS::KMS::Key').flatMap(({ id, properties }) => exactly(id,
    statements(properties.KeyPolicy).filter(({ Principal }) => !JSON.stringify(Principal).includes(':root'))
      .map(({ Effect, Action, Principal, Resource, Condition }) => `${Effect} ${JSON.stringify(Principal)} ${Action} on ${Resource} if ${JSON.stringify(Condition)}`),
    withoutHash(id) === media ? [`Allow {"Service":"cloudfront.amazonaws.com"} kms:Decrypt on * if ${JSON.stringify(condition)}`] : []));
};

const noPublicAddress: Check = (template) => ofType(template, 'AWS::Lambda::Url').map(({ id }) => `${id}: a function has an address of its own`);

export const CALLERS: Record<string, Check> = {
  'functions are called by the methods, authorizers and rules that name them': functionsAreCalledByThoseThatNameThem,
  'queues are written by their rules': queuesAreWrittenByTheirRules,
  'media is read by the distribution': mediaIsReadByTheDistribution,
  'sources are read by roles only': sourcesAreForRolesOnly,
  'keys let CloudFront decrypt media': keysLetCloudFrontDecryptMedia,
  'no function has an address of its own': noPublicAddress,
};
