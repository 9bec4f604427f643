import { Annotations, Duration, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { serveArea } from '../api/serve-area';
import type { VodApi } from '../api/vod-api';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { UploadSettings } from '../contract/upload';
import { isMediaTypeRange } from '../domain/media-type';
import { SOURCE_PREFIX } from '../domain/object-keys';
import { MAX_SINGLE_PUT_BYTES, MAX_UPLOAD_EXPIRY_SECONDS, VIDEO_CONTENT_TYPES } from '../domain/upload-limits';
import { VideoVisibility } from '../domain/visibility';
import { acknowledge, acknowledgeWildcard } from '../synth/acknowledge';
import type { Area } from '../synth/area';
import { connection } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { addCorsRule, bucketKey, bucketProblems, checkBucket, sendEventsToEventBridge } from '../synth/existing-bucket';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { grantKey } from '../synth/kms-keys';
import { appOriginsProblems, checkAppOrigins } from '../synth/origin';
import { privateBucket } from '../synth/private-bucket';
import { durationProblem, enumProblem, keyProblem, listProblems, show, sizeProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { removalPolicyProblem } from '../synth/removal-policy';

/** Checksums that S3 answers an upload with (Amazon S3 API Reference, PutObject): CORS takes no wildcard for what it exposes. */
const CHECKSUM_HEADERS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'type'].map((name) => `x-amz-checksum-${name}`);

/** What may be tuned of uploads. */
export interface VodUploadOptions {
  /**
   * A private bucket of your own, in the stack's region. Sources lie below `source/`.
   *
   * A bucket that this app makes gets what it needs: the CORS rule, EventBridge events, and grants on its KMS key. A public one is refused, and one
   * without `enforceSSL` is warned of. An imported bucket can't be changed from here, and a warning at synth says what it needs. Nor can it be judged: see
   * yourself that it blocks public access and denies requests without TLS.
   * @default - a private bucket, encrypted with keys that S3 manages
   */
  readonly bucket?: s3.IBucket;

  /**
   * The largest file, 5 GiB at most.
   * @default Size.gibibytes(5)
   */
  readonly maxSize?: Size;

  /**
   * Media types that may be uploaded, such as `video/mp4`, or whole families, such as `video/*`. Upper and lower case are equal.
   * @default ['video/*', 'application/mp4', 'application/mxf']
   */
  readonly contentTypes?: string[];

  /**
   * Who may find and watch a video whose uploader did not say.
   * @default VideoVisibility.SIGNED_IN
   */
  readonly defaultVisibility?: VideoVisibility;

  /**
   * How long an upload may be started after it was planned, 1 to 15 minutes. An upload that has started by then may go on for longer.
   * A signed URL stops working when the credentials that signed it expire, hence the limit.
   * @default Duration.minutes(15)
   */
  readonly uploadExpiry?: Duration;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;

  /**
   * What happens to the bucket when the stack is deleted; `DESTROY` deletes what people uploaded too. Has no effect on a bucket of your own.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of `VodUpload`. */
export interface VodUploadProps extends VodUploadOptions {
  /** The catalog that stores the videos. Who may upload, and the address whose pages may, are the catalog's. */
  readonly catalog: IVodCatalog;

  /**
   * Origins besides the service's own whose pages may upload: https, or http on localhost, such as `http://localhost:5173`. An imported
   * bucket can't be changed from here: write its CORS rule yourself.
   * @default - none
   */
  readonly appOrigins?: string[];
}

/** Every option. */
export const UPLOAD_OPTIONS: Record<keyof VodUploadOptions, true> = {
  bucket: true, maxSize: true, contentTypes: true, defaultVisibility: true, uploadExpiry: true, functions: true, removalPolicy: true,
};

/**
 * Uploads: a private bucket for sources, and signed addresses that take one declared file each, straight from the browser.
 *
 * @example
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * const upload = new VodUpload(this, 'Upload', { catalog });
 * upload.addRoutes(api);
 */
export class VodUpload extends Construct {
  /** Holds the sources. */
  public readonly bucket: s3.IBucket;
  /** Declares files and plans their uploads. */
  public readonly planUploadFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;

  private readonly catalog: IVodCatalog;

  constructor(scope: Construct, id: string, props: VodUploadProps) {
    super(checkedScope(scope, id, props), id);
    acknowledge(this, { 'AwsSolutions-S1': 'who uploads stands in the catalog, and only the transcode reads' });
    throwIfAny(this, [
      keyProblem<VodUploadProps>('', props, { ...UPLOAD_OPTIONS, catalog: true, appOrigins: true }),
      ...problemsOf(props), ...functionProblems(this, props.functions), ...catalogProblems(this, 'catalog', props.catalog),
      ...bucketProblems(this, propName(this, 'bucket'), props.bucket),
    ]);
    useFunctionOptions(this, props.functions);
    this.catalog = props.catalog;
    this.bucket = props.bucket ?? this.makeBucket(props);
    checkBucket(this, propName(this, 'bucket'), this.bucket);
    checkAppOrigins(this, props.appOrigins);
    this.letPagesPut(props.appOrigins);
    const settings: UploadSettings = {
      maxSize: props.maxSize?.toBytes() ?? MAX_SINGLE_PUT_BYTES,
      contentTypes: props.contentTypes ?? VIDEO_CONTENT_TYPES,
      expirySeconds: props.uploadExpiry?.toSeconds() ?? MAX_UPLOAD_EXPIRY_SECONDS,
      defaultVisibility: props.defaultVisibility ?? VideoVisibility.SIGNED_IN,
    };
    const { create, view } = connectionsOf(this.catalog);
    this.planUploadFunction = handlerFunction(this, 'PlanUpload', 'upload/plan-upload', {
      description: 'Declares files and plans their uploads',
      uses: [create, view, connection({
        environment: { SOURCE_BUCKET: this.bucket.bucketName, SOURCE_ADDRESS: `https://${this.bucket.bucketRegionalDomainName}` },
        grant: (grantee) => this.grantPutSources(grantee),
      })],
      environment: { UPLOAD_SETTINGS: settings },
    });
    this._area = { handlers: { 'upload/plan-upload': this.planUploadFunction }, deadLetterQueues: [] };
  }

  /**
   * Adds the routes of uploads.
   *
   * @param api where to add them
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.catalog.roles);
  }

  /**
   * Lets the grantee put sources, and so sign addresses that do. It may not read them. Through S3 it may use a customer's KMS key of the bucket: to
   * encrypt, and to decrypt, without which S3 can't join the parts of a multipart upload.
   */
  private grantPutSources(grantee: iam.IGrantable): void {
    const sources = this.bucket.arnForObjects(`${SOURCE_PREFIX}*`);
    acknowledgeWildcard(this, sources, 'sources are objects below one prefix, and each upload makes a new one');
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:PutObject'], resourceArns: [sources] });
    grantKey(this, bucketKey(propName(this, 'bucket'), this.bucket), grantee, ['kms:GenerateDataKey', 'kms:Decrypt']);
  }

  private makeBucket(props: VodUploadProps): s3.Bucket {
    const bucket = privateBucket(this, 'Bucket', {
      removalPolicy: props.removalPolicy,
      lifecycleRules: [{ id: 'AbortIncompleteUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    sendEventsToEventBridge(bucket);
    return bucket;
  }

  private letPagesPut(appOrigins?: string[]): void {
    const { url } = this.catalog;
    const allowedHeaders = ['content-type', 'if-none-match', 'x-amz-checksum-*'];
    // A list that is known at deploy time only can't be joined with another: it gets a rule of its own.
    const lists = appOrigins && Token.isUnresolved(appOrigins) ? [[url], appOrigins] : [[url, ...appOrigins ?? []]];
    const rules = lists.map((allowedOrigins) => ({
      allowedMethods: [s3.HttpMethods.PUT], allowedOrigins, allowedHeaders, exposedHeaders: ['ETag', ...CHECKSUM_HEADERS], maxAge: 3000,
    }));
    // A bucket in another stack would have to name this stack's distribution, if that is the origin.
    const isKnown = lists.every((list) => !Token.isUnresolved(list) && !list.some((each) => Token.isUnresolved(each)));
    const reachable = isKnown || Stack.of(this.bucket) === Stack.of(this);
    if (reachable && rules.every((rule) => addCorsRule(this.bucket, rule))) return;
    Annotations.of(this).addWarningV2('serverless-vod:sourceBucketCors',
      `${propName(this, 'bucket')}: its CORS rules can't be changed from here; pages can upload only if a rule allows PUT from the service's and your app's origins with the headers ${allowedHeaders.join(', ')}`);
  }
}

function problemsOf(props: VodUploadProps): (string | undefined)[] {
  return [
    sizeProblem('maxSize', props.maxSize, Size.bytes(MAX_SINGLE_PUT_BYTES), 'the largest object that one PUT makes'),
    ...listProblems('contentTypes', props.contentTypes, contentTypeProblem),
    durationProblem('uploadExpiry', props.uploadExpiry, Duration.minutes(1), Duration.seconds(MAX_UPLOAD_EXPIRY_SECONDS)),
    ...appOriginsProblems(props.appOrigins),
    enumProblem('defaultVisibility', props.defaultVisibility, { VideoVisibility }),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
  ];
}

function contentTypeProblem(name: string, range: unknown): string | undefined {
  return typeof range === 'string' && (Token.isUnresolved(range) || isMediaTypeRange(range))
    ? undefined : `${name}: expected a media type such as "video/mp4" or "video/*", got ${show(range)}`;
}
