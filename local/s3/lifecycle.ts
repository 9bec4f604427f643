import type { ObjectMeta, Store } from './store';
import type { Resource } from '../template/resources';
import { firstLines, logLine } from '../text';
import { AwsError, type LocalStack, type Part } from '../types';

/** The storage classes whose objects can't be read before they are restored, from the warmest to the coldest. */
const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'] as const;
type Archive = (typeof ARCHIVES)[number];

/**
 * The smallest object that S3 moves to another storage class. This limit does not apply if the rule has a condition on the size, or if the bucket has another
 * default (see "TransitionDefaultMinimumObjectSize" in "PutBucketLifecycleConfiguration" of the Amazon S3 API Reference).
 */
const MIN_BYTES = 128 * 1024;
const A_DAY = 24 * 3600_000;

/** A rule of AWS::S3::Bucket. Contains only the members that determine whether an object is archived. */
interface Rule {
  readonly Status: string;
  readonly Prefix?: string;
  readonly TagFilters?: { readonly Key: string; readonly Value: string }[];
  readonly ObjectSizeGreaterThan?: string | number;
  readonly ObjectSizeLessThan?: string | number;
  readonly Transition?: Transition;
  readonly Transitions?: Transition[];
}

interface Transition { readonly StorageClass: string; readonly TransitionInDays?: number }

/**
 * Creates the part of the local S3 that archives objects as the lifecycle rules of the template's buckets require. S3 applies the rules once a day, after
 * midnight UTC, and can need many hours (see "Why is there a delay between when a lifecycle rule is satisfied and its action" in AWS re:Post). The local S3
 * applies the rules every few seconds, so an app must not rely on the delay. Other actions, such as the expiration of objects, are not supported.
 */
export function createLifecycle(stack: LocalStack, store: Pick<Store, 'list' | 'update'>, intervalMilliseconds = 2000): Part & { apply(now?: number): void; start(): void } {
  let timer: NodeJS.Timeout | undefined;
  const buckets = () => stack.ofType('AWS::S3::Bucket').filter((bucket) => archivingRules(bucket).length > 0);

  function apply(now = Date.now()): void {
    for (const bucket of buckets()) {
      for (const meta of store.list(bucket.physicalId)) {
        const archive = archiveFor(bucket, meta, now);
        if (archive !== meta.storageClass) store.update(bucket.physicalId, meta.key, { storageClass: archive });
      }
    }
  }

  return {
    apply,
    start() {
      if (buckets().length === 0) return;
      timer = setInterval(() => {
        try {
          apply();
        } catch (error) {
          logLine(`s3: lifecycle rules: ${firstLines(error as Error)}`);
        }
      }, intervalMilliseconds);
    },
    stop: async () => clearInterval(timer),
  };
}

function transitionsOf({ Transition: only, Transitions: several = [] }: Rule): Transition[] {
  return [...several, ...only ? [only] : []].filter(({ StorageClass }) => isArchive(StorageClass));
}

function archivingRules({ properties }: Resource): Rule[] {
  const { Rules: rules = [] }: { Rules?: Rule[] } = properties.LifecycleConfiguration ?? {};
  return rules.filter((rule) => rule.Status === 'Enabled' && transitionsOf(rule).length > 0);
}

/** Returns the coldest storage class among the object's current class and the classes of the rules that apply to the object. */
function archiveFor(bucket: Resource, meta: ObjectMeta, now: number): Archive | undefined {
  const hasMinimum = bucket.properties.LifecycleConfiguration.TransitionDefaultMinimumObjectSize !== 'varies_by_storage_class';
  const due = archivingRules(bucket).filter((rule) => appliesTo(rule, meta, hasMinimum)).flatMap(transitionsOf)
    .filter(({ TransitionInDays: days }) => days !== undefined && now - meta.lastModified.getTime() >= days * A_DAY);
  return [meta.storageClass, ...due.map(({ StorageClass }) => StorageClass as Archive)].reduce((one, other) => rank(other) > rank(one) ? other : one);
}

function appliesTo({ Prefix = '', TagFilters = [], ObjectSizeGreaterThan: above, ObjectSizeLessThan: below }: Rule, { key, size, tags = {} }: ObjectMeta, hasMinimum: boolean): boolean {
  const minimum = hasMinimum && above === undefined && below === undefined ? MIN_BYTES : 0;
  return key.startsWith(Prefix) && TagFilters.every(({ Key, Value }) => Object.hasOwn(tags, Key) && tags[Key] === Value)
    && size >= minimum && size > Number(above ?? -1) && size < Number(below ?? Infinity);
}

const isArchive = (storageClass: string): storageClass is Archive => ARCHIVES.some((archive) => archive === storageClass);
const rank = (storageClass: Archive | undefined): number => storageClass ? ARCHIVES.indexOf(storageClass) : -1;

/** Throws S3's error if an object is archived. */
export function requireReadable({ storageClass }: Pick<ObjectMeta, 'storageClass'>): void {
  if (storageClass) throw new AwsError('InvalidObjectState', "The operation is not valid for the object's storage class", 403, { StorageClass: storageClass });
}
