import type { HandlerName } from '../../../src/contract/environment';
import { functionsOf, type FoundHandler } from '../../toolkit/functions';
import { type CloudFormationTemplate, isOurs, list, ours, references, withoutHash } from '../../toolkit/template';

export function handlersOf(template: CloudFormationTemplate): FoundHandler[] {
  const handlers = functionsOf(template).filter(({ id }) => isOurs(id));
  const unknown = ours(template, 'AWS::Lambda::Function').find(({ id }) => !handlers.some((handler) => handler.id === id));
  if (unknown) throw new Error(`${unknown.id} runs no handler of src/contract/environment.ts`);
  return handlers;
}

/** The user's app chooses the logical id of an existing table or bucket. */
export type Store = 'table' | 'sources' | 'media' | 'failed';

const NAMED_BY: Record<Store, [handler: HandlerName, variable: string, type: RegExp]> = {
  table: ['catalog/read-videos', 'TABLE_NAME', /^AWS::DynamoDB::(?:Global)?Table$/],
  sources: ['upload/manage-uploads', 'SOURCE_BUCKET', /^AWS::S3::Bucket$/],
  media: ['transcode/submit-job', 'MEDIA_BUCKET', /^AWS::S3::Bucket$/],
  failed: ['catalog/resend-events', 'FAILED_EVENTS_BUCKET', /^AWS::S3::Bucket$/],
};

export function storeOf(template: CloudFormationTemplate, store: Store): string | undefined {
  const [handler, variable, type] = NAMED_BY[store];
  const environment = handlersOf(template).find(({ name }) => name === handler)?.environment;
  return references(environment?.[variable]).find((id) => type.test(template.Resources[id]?.Type ?? ''));
}

export function storesOf(template: CloudFormationTemplate, ...stores: Store[]): { id: string; properties: Record<string, any> }[] {
  return stores.flatMap((store) => list(storeOf(template, store))).map((id) => ({ id, properties: template.Resources[id].Properties ?? {} }));
}

/** Returns the logical id, without hash, of the customer-managed KMS key that encrypts a table or bucket. */
export function customerKeyOf(template: CloudFormationTemplate, store: Store): string | undefined {
  const [{ properties }] = [...storesOf(template, store), { properties: {} as Record<string, any> }];
  const encryption = [properties.SSESpecification?.KMSMasterKeyId, properties.BucketEncryption?.ServerSideEncryptionConfiguration];
  const key = references(encryption).find((id) => template.Resources[id]?.Type === 'AWS::KMS::Key');
  return key && withoutHash(key);
}
