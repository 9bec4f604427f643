import { methodsOfRoutes, pathOf } from './api';
import { Check, exactly } from './check';
import { customerKeyOf, storesOf } from './handlers';
import { statements } from '../../toolkit/permissions';
import { type CloudFormationTemplate, list, ofType, ours, readable, references, withoutHash } from '../../toolkit/template';

const invocation = (functionId: string, service: string, source: string): string => `${service} for ${source} can invoke ${withoutHash(functionId)}`;

function functionIn(template: CloudFormationTemplate, value: unknown): string | undefined {
  return references(value).find((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function');
}

function neededPermissions(template: CloudFormationTemplate): string[] {
  const api = (id: string): string => `arn:AWS::Partition:execute-api:AWS::Region:AWS::AccountId:${withoutHash(id)}`;
  const stage = withoutHash(ours(template, 'AWS::ApiGateway::Stage')[0]?.id ?? 'no stage');
  // The ARN of a method contains `*` for path parameters.
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

const functionsAreInvokedByTheirCallers: Check = (template) => {
  const found = ours(template, 'AWS::Lambda::Permission').map(({ properties: { Action, FunctionName, Principal, SourceArn } }) => (
    Action === 'lambda:InvokeFunction' ? invocation(references(FunctionName)[0] ?? '', Principal, readable(SourceArn)) : `unknown action ${Action}`));
  return exactly('permissions', found, neededPermissions(template));
};

const queuesAreWrittenByTheirRules: Check = (template) => {
  const needed = ours(template, 'AWS::Events::Rule').flatMap(({ id, properties }) => list(properties.Targets)
    .flatMap((target: any) => [target.Arn, target.DeadLetterConfig?.Arn].flatMap(references))
    .filter((target) => template.Resources[target]?.Type === 'AWS::SQS::Queue').map((queue) => `rule ${id} can send to ${queue}`));
  const found = ofType(template, 'AWS::SQS::QueuePolicy').flatMap(({ properties: { Queues, PolicyDocument } }) => statements(PolicyDocument)
    .filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Principal, Resource, Condition }) => {
      const queues = references(Queues);
      const [rule] = references((Condition as any)?.ArnEquals?.['aws:SourceArn']);
      const isNarrow = JSON.stringify(Principal) === '{"Service":"events.amazonaws.com"}' && rule !== undefined && Object.keys(Condition as object).length === 1;
      if (!isNarrow) return [`${JSON.stringify(Principal)} can send to ${queues} under ${JSON.stringify(Condition)}`];
      return Action.includes('sqs:SendMessage') ? Resource.flatMap((resource) => [`rule ${rule} can send to ${references(resource)[0] ?? resource}`]) : [];
    }));
  return exactly('queues', [...new Set(found)], [...new Set(needed)]);
};

function allowedByPolicyOf(template: CloudFormationTemplate, bucket: string): string[] {
  return ofType(template, 'AWS::S3::BucketPolicy').filter(({ properties }) => references(properties.Bucket).includes(bucket))
    .flatMap(({ properties }) => statements(properties.PolicyDocument)).filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Principal, Resource, Condition }) => Action.flatMap((action) => Resource.map((resource) => (
      `${JSON.stringify(Principal)} can ${action} on ${readable(resource)} for ${Object.keys(Condition ?? {})} ${readable((Condition as any)?.StringEquals?.['AWS:SourceArn'])}`))));
}

/** Without s3:ListBucket, S3 returns 403 instead of 404 for a missing object. */
const mediaIsReadByTheDistribution: Check = (template) => {
  const source = `arn:AWS::Partition:cloudfront::AWS::AccountId:distribution/${withoutHash(ours(template, 'AWS::CloudFront::Distribution')[0]?.id ?? '')}`;
  const by = '{"Service":"cloudfront.amazonaws.com"}';
  return storesOf(template, 'media').flatMap(({ id }) => exactly(id, allowedByPolicyOf(template, id), [
    `${by} can s3:GetObject on ${withoutHash(id)}.Arn/v/* for StringEquals ${source}`, `${by} can s3:ListBucket on ${withoutHash(id)}.Arn for StringEquals ${source}`,
  ]));
};

/** Only roles of this account read sources, so the policy of the source bucket grants no permission. */
const sourcesAreForRolesOnly: Check = (template) => storesOf(template, 'sources').flatMap(({ id }) => exactly(id, allowedByPolicyOf(template, id), []));

/**
 * The policy of the media bucket's KMS key allows CloudFront to decrypt for the distributions of this account. The policies of all other KMS keys allow nothing
 * to a service.
 */
const keysLetCloudFrontDecryptMedia: Check = (template) => {
  const media = customerKeyOf(template, 'media');
  const condition = { ArnLike: { 'AWS:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudfront::', { Ref: 'AWS::AccountId' }, ':distribution/*']] } } };
  return ofType(template, 'AWS::KMS::Key').flatMap(({ id, properties }) => exactly(id,
    statements(properties.KeyPolicy).filter(({ Principal }) => !JSON.stringify(Principal).includes(':root'))
      .map(({ Effect, Action, Principal, Resource, Condition }) => `${Effect} ${JSON.stringify(Principal)} ${Action} on ${Resource} if ${JSON.stringify(Condition)}`),
    withoutHash(id) === media ? [`Allow {"Service":"cloudfront.amazonaws.com"} kms:Decrypt on * if ${JSON.stringify(condition)}`] : []));
};

const noFunctionUrl: Check = (template) => ofType(template, 'AWS::Lambda::Url').map(({ id }) => `${id}: a function has a public URL`);

export const CALLERS: Record<string, Check> = {
  'only methods, authorizers and rules invoke functions': functionsAreInvokedByTheirCallers,
  'queues are written by their rules': queuesAreWrittenByTheirRules,
  'media is read by the distribution': mediaIsReadByTheDistribution,
  'sources are read by roles only': sourcesAreForRolesOnly,
  'keys let CloudFront decrypt media': keysLetCloudFrontDecryptMedia,
  'no function has a public URL': noFunctionUrl,
};
