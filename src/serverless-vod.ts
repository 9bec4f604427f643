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
import { UPLOAD_OPTIONS, VodUpload, VodUploadOptions } from './upload/vod-upload';

/** Properties of `ServerlessVod`. */
export interface ServerlessVodProps {
  /**
   * The identity provider that authenticates users.
   *
   * Decide before the first upload: the owner of a video is stored as a user id of this identity provider.
   * @default Identity.userPool() - a new user pool, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * The groups of users that can upload videos, watch videos and manage all videos.
   * @default - every signed-in user can upload and watch; users in the group `admins` of the new user pool can manage all videos
   */
  readonly roles?: VodRoles;

  /**
   * Custom domain names of the distribution.
   *
   * The first name is the host of the service URL (`url`), which is used for sign-in, its callback, sign-out, the invitation email, CORS of uploads and the
   * URLs of media. Create a DNS record for each name that points to the distribution. No other CloudFront distribution can have the same name.
   *
   * Users can sign in and watch only at the first name, because cookies belong to one host. Requests for the other names and for the `cloudfront.net` name
   * that `defaultBehavior` serves are redirected to the first name, unless the behavior has a function for viewer requests. Viewers need TLS 1.2
   * (`TLSv1.2_2021`).
   * @default - the domain name of the distribution, such as `d111111abcdef8.cloudfront.net`
   */
  readonly domainNames?: string[];

  /**
   * The ACM certificate that covers all `domainNames`. Required with `domainNames`.
   *
   * It must be in us-east-1 and in the account of the stack, whatever the region of the stack: CloudFront accepts no other certificates.
   * @default - none
   */
  readonly certificate?: acm.ICertificate;

  /**
   * The default behavior of the distribution, which serves your web app: all paths except those below `/api/` and `/v/`.
   *
   * All options of `cloudfront.BehaviorOptions` can be set. A behavior without a response headers policy gets CloudFront's managed security headers. The
   * origin must not be the media bucket, because only `/v/*` requires a playback session.
   *
   * By default, CloudFront allows GET and HEAD, and caches each response for all viewers, without query strings and cookies in the cache key. A
   * server-rendered app requires `AllowedMethods.ALLOW_ALL`, `CachePolicy.CACHING_DISABLED` and `OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`. It then
   * receives the cookies of its viewers, except the refresh cookie and the playback cookies, which are limited to paths of the service.
   *
   * An app in the same stack can refer to `url` or to the user pool only if `domainNames` is set. Otherwise they depend on the distribution, which depends on
   * the app.
   * @default - a CloudFront function that returns 404
   */
  readonly defaultBehavior?: cloudfront.BehaviorOptions;

  /**
   * The object that CloudFront requests for the path `/`, such as `index.html`. Requires `defaultBehavior` or `additionalBehaviors`, which serve the object.
   * @default - none: `/` is passed to the default behavior unchanged
   */
  readonly defaultRootObject?: string;

  /**
   * Additional behaviors of the distribution for your app, by path pattern.
   *
   * Patterns below `/v/` and `/api/` are rejected. HTTP requests are redirected to HTTPS, and responses get CloudFront's managed security headers, unless the
   * behavior sets other options. The origin must not be the media bucket.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };

  /**
   * Additional web origins whose pages can use the service, such as `https://app.example.com`, or `http://localhost:5173` for development.
   *
   * Their pages can call the API with a bearer token and upload files, and a sign-in can return to them. Only https is allowed, or http on localhost. Pages of
   * another site can use neither the refresh cookie nor the playback cookies.
   * @default - none: only pages of the service URL
   */
  readonly appOrigins?: string[];

  /**
   * The renditions of each video, in any order.
   *
   * MediaConvert charges for each minute of each rendition (Basic tier).
   * @default - H.264 with heights of 1080, 720, 540, 360 and 240 pixels, and at most 6, 4, 2, 1 and 0.35 Mb/s
   */
  readonly ladder?: TranscodeRung[];

  /**
   * The removal policy of the buckets, the table, the user pool and the secrets.
   *
   * By default, these resources are retained when the stack is deleted, except when the rollback of a failed first deployment deletes them. `RETAIN` retains
   * them in that case too. `DESTROY` deletes them with the stack, including all uploaded videos. `SNAPSHOT` is rejected at synth.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether deletion protection is enabled for the table and the user pool.
   *
   * Enable it after the first successful deployment: the rollback of a failed first deployment cannot delete protected resources.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for all Lambda functions, such as memory, log retention, tracing, VPC and permissions boundary.
   *
   * Each option can be overridden for one area, with `functions` of the area's options.
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
 * Users sign in and upload videos. MediaConvert transcodes each video to adaptive HLS. Viewers play it through CloudFront with signed cookies. The service
 * consists of one construct for each area, which are public properties, such as `vod.upload` and `vod.catalog`.
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
  /** Transcoding: the MediaConvert queue, and the queue and functions that submit jobs. */
  public readonly transcode: VodTranscode;
  /** The catalog: the table of videos and the event bus. */
  public readonly catalog: VodCatalog;
  /** Delivery: the media bucket, the distribution and the signing keys. */
  public readonly delivery: VodDelivery;
  /** The REST API. */
  public readonly api: VodApi;
  /** The sweeper, which checks every 15 minutes for videos that wait for an event that did not arrive. */
  public readonly sweeper: VodSweeper;
  /**
   * The service URL, which users open: `https://` and the first of `domainNames`, or the domain name of the distribution, such as
   * `https://d111111abcdef8.cloudfront.net`.
   *
   * Without `domainNames`, the URL depends on the distribution. An app in the same stack that `defaultBehavior` serves can then not refer to it.
   */
  public readonly url: string;

  /** The areas, for code that applies to all of them. @internal */
  public readonly _areas: readonly Area[];

  constructor(scope: Construct, id: string, props: ServerlessVodProps = {}) {
    super(checkedScope(scope, id, props), id);
    throwIfAny(this, [...problemsOf(this, props), ...functionProblems(this, props.functions)]);
    useFunctionOptions(this, props.functions);
    usePropNames(this, {
      Upload: { bucket: 'upload.bucket' },
      Delivery: { bucket: 'delivery.bucket' },
      Transcode: { sourceBucket: 'upload.bucket', mediaBucket: 'delivery.bucket' },
      Catalog: { table: 'catalog.table', eventBus: 'catalog.eventBus' },
    });
    const { identity, roles, appOrigins, ladder, removalPolicy, deletionProtection } = props;
    const { domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors } = props;
    // The domain name of the distribution is not known yet: the distribution is created after the API and the catalog.
    const url = isAbsent(domainNames) ? Lazy.string({ produce: () => this.delivery.url }) : serviceUrl(domainNames);

    // The order is explained in docs/decisions/001-one-origin.md.
    this.api = new VodApi(this, 'Api', { ...props.api, appOrigins });
    this.auth = new VodAuth(this, 'Auth', { identity, roles, url, appOrigins, removalPolicy, deletionProtection });
    const catalog = this.catalog = new VodCatalog(this, 'Catalog', {
      ...overlay({ removalPolicy, deletionProtection }, props.catalog), roles: this.auth.roles, url,
    });
    this.delivery = new VodDelivery(this, 'Delivery', {
      ...overlay({ removalPolicy }, props.delivery), catalog, api: this.api,
      domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors,
    });
    this.url = this.delivery.url;
    this.upload = new VodUpload(this, 'Upload', { ...overlay({ removalPolicy }, props.upload), catalog, appOrigins });
    this.transcode = new VodTranscode(this, 'Transcode', {
      ...props.transcode, catalog, sourceBucket: this.upload.bucket, mediaBucket: this.delivery.bucket, ladder,
    });
    this.sweeper = new VodSweeper(this, 'Sweeper', { ...props.sweeper, catalog, transcode: this.transcode });

    const areas = [this.auth, this.catalog, this.upload, this.delivery, this.transcode, this.sweeper];
    this._areas = [this.api, ...areas].map(({ _area }) => _area);
    this.auth.guard(this.api);
    for (const { _area } of areas) this.api._serve(_area);
  }
}

const KEYS: Record<keyof ServerlessVodProps, true> = {
  identity: true, roles: true, domainNames: true, certificate: true, defaultBehavior: true, defaultRootObject: true, additionalBehaviors: true,
  appOrigins: true, ladder: true, removalPolicy: true, deletionProtection: true, functions: true, catalog: true, upload: true, transcode: true,
  delivery: true, api: true, sweeper: true,
};

const AREAS = ['upload', 'transcode', 'catalog', 'delivery', 'api', 'sweeper'] as const;
const OPTIONS = {
  upload: UPLOAD_OPTIONS, transcode: TRANSCODE_OPTIONS, catalog: CATALOG_OPTIONS, delivery: DELIVERY_OPTIONS, api: API_OPTIONS, sweeper: SWEEPER_OPTIONS,
};

/** Options that are not props of `ServerlessVod`, by the path to write in the hint of an error. */
const ELSEWHERE = {
  'upload.*': UPLOAD_OPTIONS,
  'transcode.*': TRANSCODE_OPTIONS,
  'catalog.*': CATALOG_OPTIONS,
  'delivery.*': DELIVERY_OPTIONS,
  'api.*': API_OPTIONS,
  'functions.*': FUNCTION_OPTIONS,
  'roles.*': ROLES,
  'identity: Identity.userPool({ * })': USER_POOL_OPTIONS,
  'identity: Identity.oidc({ * })': OIDC_OPTIONS,
};

function problemsOf(scope: Construct, props: ServerlessVodProps): (string | undefined)[] {
  const [sources, media] = [props.upload?.bucket, props.delivery?.bucket];
  return [
    // Compares names, because one of the props may be an import of the same bucket.
    sources?.bucketName && sources.bucketName === media?.bucketName ? 'upload.bucket and delivery.bucket: expected two buckets, got the same bucket twice. It would create a cycle: the CORS rule of the source bucket refers to the distribution, which refers to the media bucket' : undefined,
    ...domainProblems(scope, props),
    keyProblem('', props, KEYS, ELSEWHERE),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
    ...AREAS.map((area) => objectProblem(area, props[area], 'an object of options')),
    ...AREAS.map((area) => keyProblem<object>(area, props[area], OPTIONS[area], { [`${area}.functions.*`]: FUNCTION_OPTIONS, '*': KEYS })),
  ];
}
