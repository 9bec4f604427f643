import { namesOf, type Resource } from './resources';
import type { TemplateStack } from './template-stack';

/** The first group is the name of a bucket. */
const BUCKET_ARN = /^arn:aws:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/.*)?$/s;
/** The buckets of the CDK's bootstrap stack. The local stack reads assets from the cloud assembly. */
const BOOTSTRAP = /^cdk-[a-z0-9]+-assets-/;

/**
 * Adds each bucket that an IAM policy or an event rule names, and the template does not define. Each added bucket is empty and private, and sends events to
 * EventBridge. On AWS, such a bucket exists before the deployment of the stack, for example the bucket of another pipeline.
 *
 * @returns the names of the added buckets
 */
export function addImportedBuckets(stack: TemplateStack): string[] {
  const type = 'AWS::S3::Bucket';
  const defined = stack.ofType(type).map(({ physicalId }) => physicalId);
  const policies = [...stack.ofType('AWS::IAM::Policy'), ...stack.ofType('AWS::IAM::ManagedPolicy')].flatMap((policy) => bucketsOfPolicy(propertiesOf(policy)));
  const rules = stack.ofType('AWS::Events::Rule').flatMap((rule) => bucketsOfRule(propertiesOf(rule)));
  const names = [...new Set([...policies, ...rules])].filter((name) => !defined.includes(name) && !BOOTSTRAP.test(name)).sort();
  for (const name of names) {
    const logicalId = `the imported bucket ${name}`;
    stack.resources.push({
      logicalId, type, ...namesOf('', logicalId, type, () => name), properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } },
    });
  }
  return names;
}

/** If a property depends on a custom resource that has not run yet, returns an empty object. The buckets that such a resource names are not added. */
function propertiesOf(resource: Resource): Resource['properties'] {
  try {
    return resource.properties;
  } catch {
    return {};
  }
}

function bucketsOfPolicy({ PolicyDocument: document }: Resource['properties']): string[] {
  const resources: unknown[] = [document?.Statement ?? []].flat().flatMap(({ Resource: arns = [] }) => arns);
  return resources.flatMap((arn) => BUCKET_ARN.exec(String(arn))?.[1] ?? []);
}

function bucketsOfRule({ EventPattern: pattern }: Resource['properties']): string[] {
  const { source = [], detail } = pattern ?? {};
  const names: unknown[] = source.includes('aws.s3') ? detail?.bucket?.name ?? [] : [];
  return names.filter((name) => typeof name === 'string');
}
