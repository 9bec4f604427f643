import { ENVIRONMENTS, HandlerName } from '../../../src/contract/environment';
import { CloudFormationTemplate, list, ours, references, withoutHash } from '../template';

/** A function of the library, and what runs in it. */
export interface Handler {
  readonly id: string;
  /** `{area}/{verb-noun}` */
  readonly name: HandlerName;
  readonly role: string;
  readonly properties: Record<string, any>;
}

const pascal = (name: string): string => name.split('-').map((part) => part[0].toUpperCase() + part.slice(1)).join('');

/** The handlers of a template. A function's logical id has the area first and the handler's name last. */
export function handlersOf(template: CloudFormationTemplate): Handler[] {
  return ours(template, 'AWS::Lambda::Function').map(({ id, properties }) => {
    const name = (Object.keys(ENVIRONMENTS) as HandlerName[]).find((each) => {
      const [area, verbNoun] = each.split('/').map(pascal);
      return new RegExp(`^Vod${area}\\w*${verbNoun}[0-9A-F]{8}$`).test(id);
    });
    if (!name) throw new Error(`${id} runs no handler of src/contract/environment.ts`);
    return { id, name, role: references(properties.Role)[0], properties };
  });
}

/** A part that stores what the service works on. It may be the user's own: then its logical id is theirs. */
export type Store = 'table' | 'sources' | 'media';

/** Whose environment says where each part is. */
const NAMED_BY: Record<Store, [handler: HandlerName, variable: string, type: string]> = {
  table: ['catalog/read-videos', 'TABLE_NAME', 'AWS::DynamoDB::Table'],
  sources: ['upload/plan-upload', 'SOURCE_BUCKET', 'AWS::S3::Bucket'],
  media: ['transcode/submit-job', 'MEDIA_BUCKET', 'AWS::S3::Bucket'],
};

/** The logical id of a store. */
export function storeOf(template: CloudFormationTemplate, store: Store): string | undefined {
  const [handler, variable, type] = NAMED_BY[store];
  const environment = handlersOf(template).find(({ name }) => name === handler)?.properties.Environment;
  return references(environment?.Variables?.[variable]).find((id) => template.Resources[id]?.Type === type);
}

/** The stores that the template has: logical id and properties. */
export function storesOf(template: CloudFormationTemplate, ...stores: Store[]): { id: string; properties: Record<string, any> }[] {
  return stores.flatMap((store) => list(storeOf(template, store))).map((id) => ({ id, properties: template.Resources[id].Properties ?? {} }));
}

/** The logical id, without its hash, of the customer's key that encrypts a store. */
export function customerKeyOf(template: CloudFormationTemplate, store: Store): string | undefined {
  const [{ properties }] = [...storesOf(template, store), { properties: {} as Record<string, any> }];
  const encryption = [properties.SSESpecification?.KMSMasterKeyId, properties.BucketEncryption?.ServerSideEncryptionConfiguration];
  const key = references(encryption).find((id) => template.Resources[id]?.Type === 'AWS::KMS::Key');
  return key && withoutHash(key);
}
