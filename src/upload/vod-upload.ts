import { Annotations, Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IVodUpload } from './upload';
import { grantOnSources } from './upload-connections';
import { expiryOf, expiryProblems, UploadExpiryOptions } from './upload-expiry';
import { fileLimitsOf, fileProblems, UploadFileOptions } from './upload-files';
import { quotaProblems, quotasOf, UploadQuotas } from './upload-quotas';
import { serveArea } from '../api/serve-area';
import type { VodApi } from '../api/vod-api';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { UploadSettings } from '../contract/upload';
import { SOURCE_PREFIX } from '../domain/object-keys';
import { INCOMPLETE_UPLOAD_DAYS } from '../domain/upload-limits';
import { VideoVisibility } from '../domain/visibility';
import { acknowledge } from '../synth/acknowledge';
import type { Area } from '../synth/area';
import { connection, permission } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { addCorsRule, bucketProblems, checkBucket, isImportedBucket, sendEventsToEventBridge } from '../synth/existing-bucket';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { appOriginsProblems, checkAppOrigins } from '../synth/origin';
import { privateBucket } from '../synth/private-bucket';
import { enumProblem, keyProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { removalPolicyProblem } from '../synth/removal-policy';
import { SourceLifecycle, sourceLifecycleProblems } from '../synth/source-lifecycle';

/** Checksum headers in S3's response to an upload (see PutObject in the Amazon S3 API Reference). S3's CORS rules allow no wildcard for exposed headers. */
const CHECKSUM_HEADERS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'type'].map((name) => `x-amz-checksum-${name}`);

const ABORT_AFTER = Duration.days(INCOMPLETE_UPLOAD_DAYS);

/** Options for uploads. */
export interface VodUploadOptions {
  /**
   * An existing private bucket in the stack's region. Sources are objects with the prefix `source/`.
   *
   * If the bucket is defined in this app, the construct adds the CORS rule and turns EventBridge events on. The construct also grants permissions on the
   * KMS key of the bucket. A public bucket is rejected at synth. A bucket without `enforceSSL` causes a warning.
   *
   * An imported bucket is not changed or checked, but a warning at synth lists the settings that the bucket needs. Make sure that an imported bucket blocks
   * public access and denies requests without TLS.
   *
   * @default - a new private bucket, encrypted with S3 managed keys
   */
  readonly bucket?: s3.IBucket;

  /**
   * The files that users can upload: size and content type.
   *
   * @default - the defaults of `UploadFileOptions`
   */
  readonly files?: UploadFileOptions;

  /**
   * The visibility of a video if its upload request contains no visibility.
   *
   * @default VideoVisibility.SIGNED_IN
   */
  readonly defaultVisibility?: VideoVisibility;

  /**
   * The times after which signed URLs and incomplete uploads expire.
   *
   * @default - the defaults of `UploadExpiryOptions`
   */
  readonly expiry?: UploadExpiryOptions;

  /**
   * What happens to the source file of a video after the video is ready.
   *
   * Lifecycle rules are added to a new bucket and to a bucket that is defined in this app. For an imported bucket, a warning at synth describes the rule that
   * the bucket needs.
   *
   * @default SourceLifecycle.keep()
   */
  readonly sourceLifecycle?: SourceLifecycle;

  /**
   * The limits of each user. Admins have no limits.
   *
   * @default - the defaults of `UploadQuotas`
   */
  readonly quotas?: UploadQuotas;

  /**
   * Options for the Lambda function of uploads.
   *
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * The removal policy of the new bucket. Has no effect on an existing bucket.
   *
   * With `DESTROY`, all uploaded files are deleted together with the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties for `VodUpload`. */
export interface VodUploadProps extends VodUploadOptions {
  /** The catalog that stores the videos. The catalog's roles define which users can upload. Web pages at the catalog's `url` can upload. */
  readonly catalog: IVodCatalog;

  /**
   * Additional origins whose web pages can upload: https origins, or http origins on localhost, such as `http://localhost:5173`.
   *
   * If the bucket is imported, add a CORS rule for these origins in the app that creates the bucket.
   *
   * @default - none
   */
  readonly appOrigins?: string[];
}

export const UPLOAD_OPTIONS: Record<keyof VodUploadOptions, true> = {
  bucket: true, files: true, defaultVisibility: true, expiry: true, sourceLifecycle: true, quotas: true, functions: true, removalPolicy: true,
};

/**
 * Creates signed URLs with which browsers upload source files directly to a private S3 bucket. With each URL, a browser can upload one file, or one part
 * of a file. S3 rejects a body that does not have the declared size.
 *
 * @example
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * const upload = new VodUpload(this, 'Upload', { catalog });
 * upload.addRoutes(api);
 */
export class VodUpload extends Construct implements IVodUpload {
  /** The bucket of the source files. */
  public readonly bucket: s3.IBucket;
  /** The time after which an incomplete upload expires. */
  public readonly uploadExpiry: Duration;
  /** The time between the expiry of an upload and the removal of its video. */
  public readonly expiredUploadRetention: Duration;
  /** What happens to the source file of a video after the video is ready. */
  public readonly sourceLifecycle: SourceLifecycle;
  /**
   * The role whose sessions sign the URLs of uploads. The role is allowed to put source files, but nothing else in S3. A session of this role lasts one hour.
   */
  public readonly signingRole: iam.Role;
  /** The function that creates videos, signs the URLs of their uploads, and completes or aborts uploads. */
  public readonly manageUploadsFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  private readonly catalog: IVodCatalog;

  constructor(scope: Construct, id: string, props: VodUploadProps) {
    super(checkedScope(scope, id, props), id);
    acknowledge(this, { 'AwsSolutions-S1': 'access logs are not necessary: the catalog records who uploads, and only transcode jobs read the source files' });
    throwIfAny(this, [
      keyProblem<VodUploadProps>('', props, { ...UPLOAD_OPTIONS, catalog: true, appOrigins: true }),
      ...problemsOf(props), ...functionProblems(this, props.functions), ...catalogProblems(this, 'catalog', props.catalog),
      ...bucketProblems(this, propName(this, 'bucket'), props.bucket),
    ]);
    useFunctionOptions(this, props.functions);
    this.catalog = props.catalog;
    const { signedUrl, incompleteUpload, expiredVideo } = expiryOf(props.expiry);
    this.uploadExpiry = incompleteUpload;
    this.expiredUploadRetention = expiredVideo;
    this.sourceLifecycle = props.sourceLifecycle ?? SourceLifecycle.keep();
    this.bucket = props.bucket ?? this.makeBucket(props);
    checkBucket(this, propName(this, 'bucket'), this.bucket);
    checkAppOrigins(this, props.appOrigins);
    this.letPagesPut(props.appOrigins);
    if (isImportedBucket(this.bucket)) this.warnAboutAbandonedParts();
    this.sourceLifecycle._addRule(this, propName(this, 'bucket'), this.bucket, SOURCE_PREFIX);
    const settings: UploadSettings = {
      ...fileLimitsOf(props.files),
      expirySeconds: signedUrl.toSeconds(),
      defaultVisibility: props.defaultVisibility ?? VideoVisibility.SIGNED_IN,
      incompleteExpirySeconds: this.uploadExpiry.toSeconds(),
      quotas: quotasOf(props.quotas),
    };
    const { upload, roles } = connectionsOf(this.catalog);
    this.signingRole = new iam.Role(this, 'SigningRole', {
      description: 'Signs the URLs of uploads',
      // IAM rejects a trust policy whose principal is a role that was created a moment ago, so the policy names the role in a condition.
      assumedBy: new iam.AccountRootPrincipal().withConditions({
        ArnEquals: { 'aws:PrincipalArn': Lazy.string({ produce: () => this.manageUploadsFunction.role!.roleArn }) },
      }),
    });
    grantOnSources(this, this, this.signingRole, ['s3:PutObject']);
    this.manageUploadsFunction = handlerFunction(this, 'ManageUploads', 'upload/manage-uploads', {
      description: 'Creates videos, and manages the uploads of their files',
      // S3 can need more than the default timeout to join the parts of a large file. API Gateway waits at most 29 seconds for a function.
      timeout: Duration.seconds(29),
      uses: [
        upload, roles, permission(['sts:AssumeRole'], [this.signingRole.roleArn]),
        connection({
          environment: {
            SOURCE_BUCKET: this.bucket.bucketName,
            SOURCE_ADDRESS: `https://${this.bucket.bucketRegionalDomainName}`,
            UPLOAD_ROLE_ARN: this.signingRole.roleArn,
          },
          // A role needs `s3:PutObject` to start and complete multipart uploads, and `s3:GetObject` to find out whether an object exists.
          grant: (grantee) => grantOnSources(this, this, grantee, ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']),
        }),
      ],
      environment: { UPLOAD_SETTINGS: settings },
    });
    this._area = { handlers: { 'upload/manage-uploads': this.manageUploadsFunction }, deadLetterQueues: [] };
  }

  /**
   * Adds the routes for uploads.
   *
   * @param api the API to which the routes are added
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.catalog.roles);
  }

  private makeBucket(props: VodUploadProps): s3.Bucket {
    const bucket = privateBucket(this, 'Bucket', {
      removalPolicy: props.removalPolicy,
      lifecycleRules: [{ id: 'AbortIncompleteUploads', abortIncompleteMultipartUploadAfter: ABORT_AFTER }],
    });
    sendEventsToEventBridge(bucket);
    return bucket;
  }

  private warnAboutAbandonedParts(): void {
    Annotations.of(this).addWarningV2('serverless-vod:sourceBucketParts',
      `${propName(this, 'bucket')}: cannot add a lifecycle rule to an imported bucket. Without such a rule, S3 keeps the parts of incomplete uploads and charges for their storage. Add a lifecycle rule that aborts incomplete multipart uploads with the prefix ${SOURCE_PREFIX} after ${INCOMPLETE_UPLOAD_DAYS} days`);
  }

  private letPagesPut(appOrigins?: string[]): void {
    const { url } = this.catalog;
    const allowedHeaders = ['content-type', 'if-none-match', 'x-amz-checksum-*'];
    // A list that is known only at deploy time needs a separate CORS rule, because it can't be combined with another list.
    const lists = appOrigins && Token.isUnresolved(appOrigins) ? [[url], appOrigins] : [[url, ...appOrigins ?? []]];
    const rules = lists.map((allowedOrigins) => ({
      allowedMethods: [s3.HttpMethods.PUT], allowedOrigins, allowedHeaders, exposedHeaders: ['ETag', ...CHECKSUM_HEADERS], maxAge: 3000,
    }));
    // The CORS rule of a bucket in another stack can't contain a web origin of this stack, such as the domain name of the distribution. The reference would be
    // circular.
    const isKnown = lists.every((list) => !Token.isUnresolved(list) && !list.some((each) => Token.isUnresolved(each)));
    const reachable = isKnown || Stack.of(this.bucket) === Stack.of(this);
    if (reachable && rules.every((rule) => addCorsRule(this.bucket, rule))) return;
    Annotations.of(this).addWarningV2('serverless-vod:sourceBucketCors',
      `${propName(this, 'bucket')}: cannot add a CORS rule to this bucket, so web pages cannot upload yet. Add a CORS rule that allows PUT from the service URL and from appOrigins, with the headers ${allowedHeaders.join(', ')}`);
  }
}

function problemsOf(props: VodUploadProps): (string | undefined)[] {
  return [
    ...fileProblems(props.files),
    ...expiryProblems(props.expiry),
    ...sourceLifecycleProblems('sourceLifecycle', props.sourceLifecycle),
    ...quotaProblems(props.quotas),
    ...appOriginsProblems(props.appOrigins),
    enumProblem('defaultVisibility', props.defaultVisibility, { VideoVisibility }),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
  ];
}
