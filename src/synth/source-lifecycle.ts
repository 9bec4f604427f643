import { Annotations, Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { addLifecycleRule } from './existing-bucket';
import { durationProblem, libraryObjectProblem, show } from './prop-checks';
import { ARCHIVE_TAG, type SourceLifecycleSettings } from '../contract/upload';

/** The storage classes whose objects must be restored before a job can read them. */
const ARCHIVES = [s3.StorageClass.GLACIER, s3.StorageClass.DEEP_ARCHIVE].map(({ value }) => value);
const [LEAST, MOST] = [Duration.days(1), Duration.days(3650)];

/**
 * What happens to the source file of a video after the video is ready.
 *
 * Source files are deleted or archived only if the video becomes ready after the lifecycle was deployed. Source files of videos that failed are kept.
 */
export class SourceLifecycle {
  /** Keeps all source files in S3 Standard. */
  public static keep(): SourceLifecycle {
    return new SourceLifecycle({});
  }

  /**
   * Deletes the source file some time after the video is ready. After the deletion, the video cannot be transcoded again.
   *
   * The size of the deleted file no longer counts for the quota `storedBytes` of the owner. In a bucket with versioning, S3 keeps the deleted files as
   * noncurrent versions until a lifecycle rule of the bucket deletes them.
   *
   * @param after the time after which the file is deleted, from 1 to 3650 days
   *
   * @example
   * new ServerlessVod(this, 'Vod', { upload: { sourceLifecycle: SourceLifecycle.deleteAfterReady(Duration.days(30)) } });
   */
  public static deleteAfterReady(after: Duration): SourceLifecycle {
    return new SourceLifecycle({ after, action: 'delete' });
  }

  /**
   * Archives the source file some time after the video is ready. To transcode the video again, restore the file first.
   *
   * Files smaller than 128 KiB are kept, because S3 does not archive them by default.
   *
   * @param after the time after which the file is archived, from 1 to 3650 days
   * @param storageClass `StorageClass.GLACIER` (default), or `StorageClass.DEEP_ARCHIVE`
   *
   * @example
   * new ServerlessVod(this, 'Vod', {
   *   upload: { sourceLifecycle: SourceLifecycle.archiveAfterReady(Duration.days(30), s3.StorageClass.DEEP_ARCHIVE) },
   * });
   */
  public static archiveAfterReady(after: Duration, storageClass?: s3.StorageClass): SourceLifecycle {
    return new SourceLifecycle({ after, action: 'archive', storageClass: storageClass ?? s3.StorageClass.GLACIER });
  }

  /**
   * Moves each source file to S3 Intelligent-Tiering, within about a day after the upload. S3 then chooses the access tier by the last access. The files can
   * always be read without a restore.
   */
  public static intelligentTiering(): SourceLifecycle {
    return new SourceLifecycle({ storageClass: s3.StorageClass.INTELLIGENT_TIERING });
  }

  private constructor(private readonly choice: Choice) {}

  /** @internal */
  public _problems(name: string): (string | undefined)[] {
    const { action, after, storageClass } = this.choice;
    if (!action) return [];
    const isArchive = action === 'delete' || ARCHIVES.includes((storageClass as Partial<s3.StorageClass>).value!);
    return [
      after === undefined || after === null ? `${name} (after): expected a Duration, such as Duration.days(30), got ${show(after)}` : durationProblem(`${name} (after)`, after, LEAST, MOST),
      isArchive ? undefined : `${name} (storageClass): expected StorageClass.GLACIER or StorageClass.DEEP_ARCHIVE, got ${showClass(storageClass)}`,
    ];
  }

  /** The settings of the handlers, or undefined if the handlers change no source file. @internal */
  public _settings(): SourceLifecycleSettings | undefined {
    const { action, after } = this.choice;
    return action && { action, afterSeconds: after!.toSeconds() };
  }

  /**
   * Adds the lifecycle rule for sources with this prefix to the bucket.
   *
   * @internal
   */
  public _addRule(scope: IConstruct, prop: string, bucket: s3.IBucket, prefix: string): void {
    const { action, storageClass } = this.choice;
    if (!storageClass) return;
    const transitions = [{ storageClass, transitionAfter: Duration.days(0) }];
    const { key, value } = ARCHIVE_TAG;
    const rule = action === 'archive' ? { id: `Archive ${prefix}`, prefix, tagFilters: { [key]: value }, transitions } : { id: `Tier ${prefix}`, prefix, transitions };
    if (addLifecycleRule(bucket, rule)) return;
    const which = action === 'archive' ? ` and the tag ${key}=${value}` : '';
    Annotations.of(scope).addWarningV2('serverless-vod:sourceBucketLifecycle',
      `${prop}: cannot add a lifecycle rule to this bucket, so S3 does not change the storage class of source files yet. Add a lifecycle rule that transitions objects with the prefix ${prefix}${which} to ${storageClass.value} after 0 days`);
  }
}

function showClass(given: unknown): string {
  const [name] = Object.entries(s3.StorageClass).find(([, { value }]) => value === (given as Partial<s3.StorageClass>).value) ?? [];
  return name === undefined ? show(given) : `StorageClass.${name}`;
}

interface Choice {
  readonly action?: SourceLifecycleSettings['action'];
  readonly after?: Duration;
  readonly storageClass?: s3.StorageClass;
}

export function sourceLifecycleProblems(name: string, lifecycle: SourceLifecycle | undefined): (string | undefined)[] {
  const expected = 'a SourceLifecycle, such as SourceLifecycle.keep()';
  if (typeof lifecycle === 'function') return [`${name}: expected ${expected}, got the function itself. Call the function, as in SourceLifecycle.keep()`];
  const wrong = libraryObjectProblem(name, lifecycle, expected, { members: ['_problems', '_settings', '_addRule'] });
  return wrong ? [wrong] : lifecycle?._problems(name) ?? [];
}
