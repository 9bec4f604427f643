import { Lazy, RemovalPolicy } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { API_OPTIONS, VodApi, VodApiOptions } from './api/vod-api';
import type { Identity } from './auth/identity/identity';
import { OIDC_OPTIONS } from './auth/identity/oidc-identity';
import { USER_POOL_OPTIONS } from './auth/identity/user-pool-identity';
import { VodAuth } from './auth/vod-auth';
import { CATALOG_OPTIONS, VodCatalog, VodCatalogOptions } from './catalog/vod-catalog';
import { domainProblems, serviceUrl } from './delivery/custom-domain';
import { DELIVERY_OPTIONS, VodDelivery, VodDeliveryOptions } from './delivery/vod-delivery';
import { INGEST_OPTIONS, VodIngest, VodIngestOptions } from './ingest/vod-ingest';
import { ROLES, VodRoles } from './roles/vod-roles';
import { SWEEPER_OPTIONS, VodSweeper, VodSweeperOptions } from './sweeper/vod-sweeper';
import type { Area } from './synth/area';
import { checkedScope } from './synth/construct-arguments';
import { throwIfAny } from './synth/errors';
import { FUNCTION_OPTIONS, functionProblems, useFunctionOptions, VodFunctionOptions } from './synth/function-options';
import { overlay } from './synth/overlay';
import { isAbsent, keyProblem, objectProblem } from './synth/prop-checks';
import { usePropNames } from './synth/prop-paths';
import { removalPolicyProblem } from './synth/removal-policy';
import type { TranscodeRung } from './transcode/transcode-rung';
import { TRANSCODE_OPTIONS, VodTranscode, VodTranscodeOptions } from './transcode/vod-transcode';
import { UPLOAD_EXPIRY_OPTIONS } from './upload/upload-expiry';
import { UPLOAD_FILE_OPTIONS } from './upload/upload-files';
import { UPLOAD_OPTIONS, VodUpload, VodUploadOptions } from './upload/vod-upload';

/** Properties of `ServerlessVod`. */
export interface ServerlessVodProps {
  /**
   * The identity provider that authenticates users. Choose the provider before the first upload: the owner of a video is stored as a user id of this provider.
   * @default Identity.userPool() - a new user pool, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * The groups of users that can upload videos, watch videos and manage all videos.
   * @default - every signed-in user can upload and watch; users in the group `admins` of the new user pool can manage all videos
   */
  readonly roles?: VodRoles;

  /**
   * Custom domain names of the distribution. Users can sign in and watch only at the first name, which is the host of the service URL (`url`). For each name,
   * create a DNS record that points to the distribution. For the redirects from the other names, see `VodDeliveryProps.domainNames`.
   * @default - the domain name of the distribution, such as `d111111abcdef8.cloudfront.net`
   */
  readonly domainNames?: string[];

  /**
   * The ACM certificate that covers all `domainNames`, in us-east-1 and in the account of the stack. Required with `domainNames`.
   * @default - none
   */
  readonly certificate?: acm.ICertificate;

  /**
   * The default behavior of the distribution, for all paths except paths below `/api/` and `/v/`. This behavior serves your web app. For the options of a
   * server-rendered app, see `VodDeliveryProps.defaultBehavior`. If an app in the same stack refers to `url` or to the user pool, set `domainNames`. Otherwise,
   * the web app and the distribution would depend on each other.
   * @default - a CloudFront function that returns 404
   */
  readonly defaultBehavior?: cloudfront.BehaviorOptions;

  /**
   * The object that CloudFront requests for the path `/`, such as `index.html`. `defaultBehavior` or `additionalBehaviors` must serve the object.
   * @default - none: `/` is passed to the default behavior unchanged
   */
  readonly defaultRootObject?: string;

  /**
   * Additional behaviors of the distribution for your app, by path pattern. Patterns below `/v/` and `/api/` are rejected.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };

  /**
   * Additional web origins whose pages can use the service, such as `https://app.example.com`, or `http://localhost:5173` for development. Pages of these
   * origins can call the API with a bearer token and upload files. A sign-in can return to these pages. Origins must use https, except origins on localhost.
   * Pages on a different site than the service cannot use the refresh cookie and the playback cookies.
   * @default - none: only pages of the service URL
   */
  readonly appOrigins?: string[];

  /**
   * The renditions of each video, in any order. MediaConvert charges for each minute of each rendition (Basic tier).
   * @default - H.264 with heights of 1080, 720, 540, 360 and 240 pixels, and at most 6, 4, 2, 1 and 0.35 Mb/s
   */
  readonly ladder?: TranscodeRung[];

  /**
   * The removal policy of the buckets, the table, the user pool and the secrets.
   *
   * The default retains these resources when the stack is deleted, but the rollback of a failed first deployment deletes them. `RETAIN` also retains the
   * resources of a failed first deployment. `DESTROY` deletes the resources with the stack, including all uploaded videos. `SNAPSHOT` is rejected at synth.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether deletion protection is enabled for the table and the user pool. Enable the protection after the first successful deployment, because the rollback
   * of a failed first deployment cannot delete protected resources.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for all Lambda functions, such as memory and VPC. The options of an area, such as `upload.functions`, override these options.
   * @default - the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * Options for the catalog.
   * @default - the defaults of `VodCatalogOptions`
   */
  readonly catalog?: VodCatalogOptions;

  /**
   * Options for uploads.
   * @default - the defaults of `VodUploadOptions`
   */
  readonly upload?: VodUploadOptions;

  /**
   * Turns the ingest on: objects that other pipelines put into S3 become videos.
   * @default - off: only uploads through the API become videos
   */
  readonly ingest?: VodIngestOptions;

  /**
   * Options for transcoding.
   * @default - the defaults of `VodTranscodeOptions`
   */
  readonly transcode?: VodTranscodeOptions;

  /**
   * Options for the distribution and for playback sessions.
   * @default - the defaults of `VodDeliveryOptions`
   */
  readonly delivery?: VodDeliveryOptions;

  /**
   * Options for the REST API.
   * @default - the defaults of `VodApiOptions`
   */
  readonly api?: VodApiOptions;

  /**
   * Options for the sweeper.
   * @default - the defaults of `VodSweeperOptions`
   */
  readonly sweeper?: VodSweeperOptions;
}

/**
 * A serverless video-on-demand service.
 *
 * Users sign in and upload videos. MediaConvert transcodes each video to adaptive HLS. Viewers play videos through CloudFront with signed cookies. Each area
 * of the service is a construct and a public property, such as `vod.upload`.
 *
 * @example
 * const vod = new ServerlessVod(this, 'Vod');
 * new CfnOutput(this, 'Url', { value: vod.url });
 */
export class ServerlessVod extends Construct {
  /** Authentication: the user pool with hosted UI and app client, or another identity provider. */
  public readonly auth: VodAuth;
  /** Uploads: the source bucket and the function that signs upload URLs. */
  public readonly upload: VodUpload;
  /** Transcoding: the MediaConvert queue, and the SQS queue and functions that submit jobs. */
  public readonly transcode: VodTranscode;
  /** The ingest: the queue and the function that create videos for objects of other pipelines. Undefined without the prop `ingest`. */
  public readonly ingest?: VodIngest;
  /** The catalog: the event bus, and the table that stores the videos. */
  public readonly catalog: VodCatalog;
  /** Delivery: the media bucket, the distribution and the signing keys. */
  public readonly delivery: VodDelivery;
  /** The REST API. */
  public readonly api: VodApi;
  /** The sweeper: a function that runs every 15 minutes and searches for videos whose upload event or job event did not arrive. */
  public readonly sweeper: VodSweeper;
  /**
   * The service URL, which users open. Its host is the first of `domainNames`. If `domainNames` is omitted, the host is the domain name of the distribution.
   */
  public readonly url: string;

  /** The resources of all areas. @internal */
  public readonly _areas: readonly Area[];

  constructor(scope: Construct, id: string, props: ServerlessVodProps = {}) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [...problemsOf(this, props), ...functionProblems(this, props.functions)]);
    useFunctionOptions(this, props.functions);
    usePropNames(this, {
      Upload: { bucket: 'upload.bucket' },
      Delivery: { bucket: 'delivery.bucket' },
      Ingest: { sourceBucket: 'upload.bucket', buckets: 'ingest.buckets', defaultOwner: 'ingest.defaultOwner', defaultVisibility: 'ingest.defaultVisibility' },
      Transcode: { sourceBucket: 'upload.bucket', mediaBucket: 'delivery.bucket' },
      Catalog: { table: 'catalog.table', eventBus: 'catalog.eventBus' },
    });
    const { identity, roles, appOrigins, ladder, removalPolicy, deletionProtection } = props;
    const { domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors } = props;
    // The distribution is created after the API and the catalog, so its domain name is not known yet.
    const url = isAbsent(domainNames) ? Lazy.string({ produce: () => this.delivery.url }) : serviceUrl(domainNames);

    // docs/decisions/001-one-origin.md explains the order in which the areas are created.
    this.api = new VodApi(this, 'Api', { ...props.api, appOrigins });
    this.auth = new VodAuth(this, 'Auth', { identity, roles, url, appOrigins, removalPolicy, deletionProtection });
    const catalog = this.catalog = new VodCatalog(this, 'Catalog', {
      ...overlay({ removalPolicy, deletionProtection }, props.catalog), roles: this.auth.roles, url,
    });
    this.delivery = new VodDelivery(this, 'Delivery', {
      ...overlay({ removalPolicy }, props.delivery), catalog, api: this.api,
      domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors,
    });
    this.delivery.signPosters(catalog);
    this.url = this.delivery.url;
    this.upload = new VodUpload(this, 'Upload', { ...overlay({ removalPolicy }, props.upload), catalog, appOrigins });
    this.transcode = new VodTranscode(this, 'Transcode', {
      ...props.transcode, catalog, sourceBucket: this.upload.bucket, mediaBucket: this.delivery.bucket, ladder,
      sourceLifecycle: this.upload.sourceLifecycle, uploadsPerDay: props.upload?.quotas?.uploadsPerDay,
    });
    const { upload, transcode } = this;
    this.ingest = isAbsent(props.ingest) ? undefined : new VodIngest(this, 'Ingest', { ...props.ingest, catalog, upload, transcode });
    this.sweeper = new VodSweeper(this, 'Sweeper', { ...props.sweeper, catalog, upload, ingest: this.ingest, transcode });

    const areas = [this.auth, this.catalog, this.upload, this.delivery, this.transcode, ...this.ingest ? [this.ingest] : [], this.sweeper];
    this._areas = [this.api, ...areas].map(({ _area }) => _area);
    this.auth.guard(this.api);
    for (const { _area } of areas) this.api._serve(_area);
  }
}

const KEYS: Record<keyof ServerlessVodProps, true> = {
  identity: true, roles: true, domainNames: true, certificate: true, defaultBehavior: true, defaultRootObject: true, additionalBehaviors: true,
  appOrigins: true, ladder: true, removalPolicy: true, deletionProtection: true, functions: true, catalog: true, upload: true, ingest: true,
  transcode: true, delivery: true, api: true, sweeper: true,
};

const OPTIONS = {
  upload: UPLOAD_OPTIONS, ingest: INGEST_OPTIONS, transcode: TRANSCODE_OPTIONS, catalog: CATALOG_OPTIONS, delivery: DELIVERY_OPTIONS, api: API_OPTIONS,
  sweeper: SWEEPER_OPTIONS,
};
const AREAS = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];

/**
 * Options that belong in other structs. If an app sets such an option directly on `ServerlessVod`, the error message names the correct path. Each key of this
 * map is a path, in which `*` stands for the option.
 */
const ELSEWHERE = {
  ...Object.fromEntries(AREAS.map((area) => [`${area}.*`, OPTIONS[area]])),
  'upload.files.*': UPLOAD_FILE_OPTIONS,
  'upload.expiry.*': UPLOAD_EXPIRY_OPTIONS,
  'functions.*': FUNCTION_OPTIONS,
  'roles.*': ROLES,
  'identity: Identity.userPool({ * })': USER_POOL_OPTIONS,
  'identity: Identity.oidc({ * })': OIDC_OPTIONS,
};

function problemsOf(scope: Construct, props: ServerlessVodProps): (string | undefined)[] {
  const [sources, media] = [props.upload?.bucket, props.delivery?.bucket];
  return [
    // Names are compared, because an app can create a bucket and also import the same bucket.
    sources?.bucketName && sources.bucketName === media?.bucketName ? 'upload.bucket and delivery.bucket: expected two buckets, got one bucket twice. A single bucket would create a cycle: the CORS rule of the source bucket refers to the distribution, which refers to the media bucket' : undefined,
    ...domainProblems(scope, props),
    keyProblem('', props, KEYS, ELSEWHERE),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
    ...AREAS.map((area) => objectProblem(area, props[area], 'an object of options')),
    ...AREAS.map((area) => keyProblem<object>(area, props[area], OPTIONS[area], {
      ...area === 'upload' && { 'upload.files.*': UPLOAD_FILE_OPTIONS, 'upload.expiry.*': UPLOAD_EXPIRY_OPTIONS },
      [`${area}.functions.*`]: FUNCTION_OPTIONS,
      '*': KEYS,
    })),
  ];
}
