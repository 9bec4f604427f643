import { keyOf, tablesOf } from '../services/dynamodb/tables';
import type { Resource } from '../template/resources';
import type { LocalStack, Need, Principal } from '../types';

/** The KMS actions that S3 calls for an object. A multipart upload also requires kms:Decrypt, because S3 reads the parts to join them. */
const S3_CALLS: Record<string, (need: Need) => string[]> = {
  's3:GetObject': ({ readsContent = true }) => readsContent ? ['kms:Decrypt'] : [],
  's3:PutObject': ({ parts }) => parts ? ['kms:GenerateDataKey', 'kms:Decrypt'] : ['kms:GenerateDataKey'],
};

/**
 * Returns the KMS permissions that a call to S3 or DynamoDB also requires if a customer managed key encrypts the data. S3 and DynamoDB call KMS with the
 * caller's permissions.
 */
export function keyNeeds(stack: LocalStack, { kind }: Principal, need: Need): Need[] {
  const service = need.resource.split(':')[2];
  const { key, actions } = service === 's3' ? ofObject(stack, need) : service === 'dynamodb' ? ofTable(stack, need) : NOTHING;
  // The policy of an AWS managed key allows every principal of its account, but no service principal.
  if (!key || key === AWS_MANAGED && kind === 'role') return [];
  // AWS doesn't document whether requests of a service principal, such as CloudFront, satisfy `kms:ViaService`. In the local stack, only requests of roles
  // satisfy this condition.
  const via: Need['context'] = kind === 'role' ? { 'kms:ViaService': `${service}.${stack.region}.amazonaws.com`, 'kms:CallerAccount': stack.account } : {};
  return actions.map((action) => ({ action, resource: keyArn(stack, key), context: { ...need.context, ...via } }));
}

interface Use { readonly key?: string; readonly actions: string[] }
const AWS_MANAGED = 'alias/aws/s3';
const NOTHING: Use = { actions: [] };

function ofObject(stack: LocalStack, need: Need): Use {
  const bucketArn = need.resource.split('/')[0];
  const bucket = stack.ofType('AWS::S3::Bucket').find(({ attributes }) => attributes.Arn === bucketArn);
  const [rule] = bucket?.properties.BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } = rule?.ServerSideEncryptionByDefault ?? {};
  if (!algorithm || algorithm === 'AES256') return NOTHING;
  return { key: key ?? AWS_MANAGED, actions: S3_CALLS[need.action]?.(need) ?? [] };
}

/** A read and a write both require kms:Decrypt, because DynamoDB decrypts the table key. */
function ofTable(stack: LocalStack, need: Need): Use {
  const tableArn = need.resource.split(/\/(?:index|stream)\//)[0];
  const table = tablesOf(stack).find(({ attributes }) => attributes.Arn === tableArn);
  return { key: table && keyOf(table), actions: ['kms:Decrypt'] };
}

/** Returns the ARN of the key whose ARN, id or alias is `name`. */
function keyArn(stack: LocalStack, name: string): string {
  if (name === AWS_MANAGED) return `arn:aws:kms:${stack.region}:${stack.account}:key/${name}`;
  const aliased = stack.ofType('AWS::KMS::Alias').find(({ physicalId }) => name.endsWith(physicalId))?.properties.TargetKeyId;
  return stack.byArn(aliased ?? name).attributes.Arn;
}

/** Throws for a condition on `kms:EncryptionContext`, because the simulator would evaluate the condition as false. */
export function onlyKnownConditions(policies: unknown): void {
  if (/"kms:EncryptionContext/i.test(JSON.stringify(policies))) throw new Error('the local stack does not support conditions on kms:EncryptionContext');
}

/** Returns the statements of a key policy. In a key policy, the resource `*` means the key itself and is replaced by the key's ARN. */
export function keyStatements({ logicalId, attributes, properties }: Resource): object[] {
  const { KeyPolicy: { Statement } } = properties;
  const others = [Statement].flat().find(({ Resource }) => Resource !== '*');
  if (others) throw new Error(`${logicalId}: the key policy's Resource must be '*', got ${JSON.stringify(others)}`);
  return [Statement].flat().map((statement) => ({ ...statement, Resource: attributes.Arn }));
}
