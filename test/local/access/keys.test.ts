import { aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { TemplateAccess } from '../../../local/access/access';
import type { Need, Principal } from '../../../local/types';
import { synthesized } from '../template/stacks';

const DISTRIBUTION = 'arn:aws:cloudfront::123456789012:distribution/E1';
const ROLE: Principal = { id: 'arn:aws:iam::123456789012:role/reader', kind: 'role' };
const CLOUDFRONT: Principal = { id: 'cloudfront.amazonaws.com', kind: 'service', context: { 'aws:SourceArn': DISTRIBUTION } };

function sample({ role = [], service = [], conditions, keyPolicy, encryption, alias = false }: {
  role?: string[];
  service?: string[];
  conditions?: Record<string, Record<string, unknown>>;
  /** @default - a key policy that leaves access control to IAM policies */
  keyPolicy?: (stack: Stack) => iam.PolicyStatement[];
  encryption?: s3.BucketEncryption;
  alias?: boolean;
}) {
  return synthesized((stack) => {
    const policy = keyPolicy && new iam.PolicyDocument({ statements: keyPolicy(stack) });
    const key = new kms.Key(stack, 'Key', { policy });
    const encryptionKey = encryption ? undefined : alias ? new kms.Alias(stack, 'Alias', { aliasName: 'media', targetKey: key }) : key;
    const bucket = new s3.Bucket(stack, 'Media', { bucketName: 'media', encryption, encryptionKey });
    const table = new dynamodb.Table(stack, 'Table', {
      tableName: 'videos', partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, encryptionKey: key,
    });
    const films = new dynamodb.CfnGlobalTable(stack, 'Films', {
      tableName: 'films', keySchema: [{ attributeName: 'pk', keyType: 'HASH' }], attributeDefinitions: [{ attributeName: 'pk', attributeType: 'S' }],
      sseSpecification: { sseEnabled: true, sseType: 'KMS' }, replicas: [{ region: stack.region, sseSpecification: { kmsMasterKeyId: key.keyArn } }],
    });
    const reader = new iam.Role(stack, 'Reader', { roleName: 'reader', assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const allow = (actions: string[], resources: string[], when?: typeof conditions) =>
      reader.addToPolicy(new iam.PolicyStatement({ actions, resources, conditions: when }));
    allow(['s3:GetObject', 's3:PutObject'], [bucket.arnForObjects('*')]);
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], [table.tableArn, `${table.tableArn}/index/*`, films.attrArn]);
    allow(['dynamodb:GetRecords'], [films.attrStreamArn]);
    if (role.length > 0) allow(role, [key.keyArn], conditions);
    const cloudFront = new iam.ServicePrincipal('cloudfront.amazonaws.com');
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      principals: [cloudFront], actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')], conditions: { StringEquals: { 'AWS:SourceArn': DISTRIBUTION } },
    }));
    if (service.length > 0) key.addToResourcePolicy(new iam.PolicyStatement({ principals: [cloudFront], actions: service, resources: ['*'], conditions }));
  });
}

const get: Need = { action: 's3:GetObject', resource: 'arn:aws:s3:::media/v/1' };
const put: Need = { action: 's3:PutObject', resource: 'arn:aws:s3:::media/v/1' };
const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/videos';
const films = 'arn:aws:dynamodb:us-east-1:123456789012:table/films';

async function refused(options: Parameters<typeof sample>[0], principal: Principal, need: Need): Promise<string | undefined> {
  const access = new TemplateAccess(await sample(options), () => {});
  await access.require(principal, [need]).catch((error) => { if (error.code !== 'AccessDenied') throw error; });
  return access.refusals[0]?.action;
}

describe('data under a customer\'s key', () => {
  const via = (service: string) => ({ StringEquals: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` } });

  test.each<[string, Parameters<typeof sample>[0], Need, string | undefined]>([
    ['reading', {}, get, 'kms:Decrypt'],
    ['reading', { role: ['kms:Decrypt'] }, get, undefined],
    ['reading with what writing takes', { role: ['kms:GenerateDataKey'] }, get, 'kms:Decrypt'],
    ['comparing the ETag', {}, { ...get, readsContent: false }, undefined],
    ['writing', {}, put, 'kms:GenerateDataKey'],
    ['writing', { role: ['kms:GenerateDataKey'] }, put, undefined],
    ['writing in parts', { role: ['kms:GenerateDataKey'] }, { ...put, parts: true }, 'kms:Decrypt'],
    ['writing in parts', { role: ['kms:GenerateDataKey', 'kms:Decrypt'] }, { ...put, parts: true }, undefined],
    ['reading through S3', { role: ['kms:Decrypt'], conditions: via('s3') }, get, undefined],
    ['reading through S3, allowed through DynamoDB', { role: ['kms:Decrypt'], conditions: via('dynamodb') }, get, 'kms:Decrypt'],
    ['reading under an alias', { alias: true }, get, 'kms:Decrypt'],
    ['reading under an alias', { alias: true, role: ['kms:Decrypt'] }, get, undefined],
    ['reading a row', {}, { action: 'dynamodb:GetItem', resource: table }, 'kms:Decrypt'],
    ['reading a row', { role: ['kms:Decrypt'], conditions: via('dynamodb') }, { action: 'dynamodb:GetItem', resource: table }, undefined],
    ['writing a row', { role: ['kms:GenerateDataKey'] }, { action: 'dynamodb:PutItem', resource: table }, 'kms:Decrypt'],
    ['reading an index', {}, { action: 'dynamodb:Query', resource: `${table}/index/byOwner` }, 'kms:Decrypt'],
    ['reading a global table', {}, { action: 'dynamodb:GetItem', resource: films }, 'kms:Decrypt'],
    ['reading a global table', { role: ['kms:Decrypt'] }, { action: 'dynamodb:GetItem', resource: films }, undefined],
    ['reading a stream', {}, { action: 'dynamodb:GetRecords', resource: `${films}/stream/2026-01-01T00:00:00.000` }, 'kms:Decrypt'],
    ['reading under S3\'s own key', { encryption: s3.BucketEncryption.S3_MANAGED }, get, undefined],
    ['reading under the key aws/s3', { encryption: s3.BucketEncryption.KMS_MANAGED }, get, undefined],
  ])('of a role: %s %#', async (_, options, need, expected) => {
    expect(await refused(options, ROLE, need)).toBe(expected);
  });

  const admin = new iam.PolicyStatement({ principals: [new iam.ArnPrincipal('arn:aws:iam::123456789012:role/admin')], actions: ['kms:*'], resources: ['*'] });
  test.each<[string, iam.PolicyStatement[], string | undefined]>([
    ['that names an administrator only', [admin], 'kms:Decrypt'],
    ['that names the role', [admin, new iam.PolicyStatement({ principals: [new iam.ArnPrincipal(ROLE.id)], actions: ['kms:Decrypt'], resources: ['*'] })], undefined],
    ['that denies', [
      new iam.PolicyStatement({ principals: [new iam.AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'] }),
      new iam.PolicyStatement({ effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }),
    ], 'kms:Decrypt'],
  ])('by a key policy %s', async (_, statements, expected) => {
    expect(await refused({ role: ['kms:Decrypt'], keyPolicy: () => statements }, ROLE, get)).toBe(expected);
  });

  test('an unsupported condition throws an error, not AccessDenied', async () => {
    const conditions = { StringEquals: { 'kms:EncryptionContext:aws:s3:arn': get.resource } };
    await expect(refused({ role: ['kms:Decrypt'], conditions }, ROLE, get)).rejects.toThrow('does not support conditions on kms:EncryptionContext');
  });

  const from = (arn: string) => ({ ArnLike: { 'AWS:SourceArn': arn } });
  test.each<[string, Parameters<typeof sample>[0], string | undefined]>([
    ['without a statement', {}, 'kms:Decrypt'],
    ['with one for its distribution', { service: ['kms:Decrypt'], conditions: from(DISTRIBUTION) }, undefined],
    ['with one for the account\'s distributions', { service: ['kms:Decrypt'], conditions: from('arn:aws:cloudfront::123456789012:distribution/*') }, undefined],
    ['with one for another distribution', { service: ['kms:Decrypt'], conditions: from(`${DISTRIBUTION}2`) }, 'kms:Decrypt'],
    ['with one to encrypt', { service: ['kms:Encrypt'], conditions: from(DISTRIBUTION) }, 'kms:Decrypt'],
    ['under the key aws/s3, which lets no service in', { encryption: s3.BucketEncryption.KMS_MANAGED }, 'kms:Decrypt'],
  ])('of CloudFront %s', async (_, options, expected) => {
    expect(await refused(options, CLOUDFRONT, get)).toBe(expected);
  });
});
