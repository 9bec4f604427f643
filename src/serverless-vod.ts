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
   * Who vouches for the people that call. Choose it before people upload: a video belongs to the id that its uploader had.
   * @default Identity.userPool() - a user pool of the service's own, with sign-in, sessions and sign-out
   */
  readonly identity?: Identity;

  /**
   * Who may upload, who may watch, and who are the admins.
   * @default - everyone signed in may upload and watch; the group `admins` of the service's own pool manages every video
   */
  readonly roles?: VodRoles;

  /**
   * Domain names of your own for the service. The first is its address: `url`, sign-in and its callback, sign-out, the invitation, CORS of uploads and
   * the addresses of media use it. Point each at the distribution by a DNS record of yours. No other distribution may have one of them.
   *
   * People sign in and watch at the first name only, since cookies belong to one name. What `defaultBehavior` serves is redirected to it
   * from the others and from the `cloudfront.net` name, unless that behavior has a function of yours for viewer requests. Viewers need TLS 1.2
   * (`TLSv1.2_2021`).
   * @default - the distribution's own name, such as `d111111abcdef8.cloudfront.net`
   */
  readonly domainNames?: string[];

  /**
   * The certificate for all of `domainNames`. CloudFront takes those of us-east-1 and of the stack's account only, wherever the stack is. Required with
   * `domainNames`.
   * @default - none
   */
  readonly certificate?: acm.ICertificate;

  /**
   * Everything that is neither API nor media: your own web app, with CDK's own options (methods, cache, query strings, functions). Paths below `/api/` and
   * `/v/` never reach it. A behavior without a response headers policy gets CloudFront's managed security headers. Never the media bucket: nothing but
   * `/v/*` asks for a session.
   *
   * By default viewers may GET and HEAD, and answers are cached for everyone, without query and cookies. A server-rendered app needs
   * `AllowedMethods.ALLOW_ALL`, `CachePolicy.CACHING_DISABLED` and `OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`. It then gets the cookies of its
   * viewers, but for those of session and playback, whose paths are the service's. One of the same stack needs `domainNames` to be told `url` or the
   * user pool: without them these wait for the distribution, which waits for the app.
   * @default - a function answers 404
   */
  readonly defaultBehavior?: cloudfront.BehaviorOptions;

  /**
   * What `/` stands for in your own app, such as `index.html`. Needs `defaultBehavior` or `additionalBehaviors`, which serve it.
   * @default - nothing: `/` goes to the default behavior as it is
   */
  readonly defaultRootObject?: string;

  /**
   * More of your own beside the default behavior, by path pattern. Patterns below `/v/` and `/api/` are taken. Viewers come by https, and answers get
   * CloudFront's managed security headers, unless the behavior says otherwise. Never the media bucket.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };

  /**
   * Origins besides the service's own whose pages may call the API with a bearer token, may upload, and to which a sign-in may return: https, or http
   * on localhost, such as `http://localhost:5173`. Pages of another site can use neither the refresh cookie nor the playback cookies.
   * @default - none
   */
  readonly appOrigins?: string[];

  /**
   * The renditions to make, in any order. Each costs by the minute (MediaConvert's Basic tier).
   * @default - H.264 at 1080, 720, 540, 360 and 240, with 6, 4, 2, 1 and 0.35 Mb/s at most
   */
  readonly ladder?: TranscodeRung[];

  /**
   * What happens to buckets, table, user pool and secrets when the stack is deleted. `DESTROY` makes a disposable stack: everything that
   * people uploaded is deleted with it. By default they are retained, except by the rollback of a first deployment that failed; `RETAIN` keeps
   * them even then. `SNAPSHOT` is refused.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether AWS refuses to delete the table and the user pool. Turn it on after the first deployment has succeeded: the rollback of one that fails can't
   * delete what is protected.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Options for all functions: memory, log retention, tracing, VPC, permissions boundary and the like. An area's own `functions` win, option by option.
   * @default - as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;

  /**
   * Tuning of the catalog.
   * @default - as `VodCatalogOptions` says
   */
  readonly catalog?: VodCatalogOptions;

  /**
   * Tuning of uploads.
   * @default - as `VodUploadOptions` says
   */
  readonly upload?: VodUploadOptions;

  /**
   * Tuning of transcoding.
   * @default - as `VodTranscodeOptions` says
   */
  readonly transcode?: VodTranscodeOptions;

  /**
   * Tuning of the distribution and of playback sessions.
   * @default - as `VodDeliveryOptions` says
   */
  readonly delivery?: VodDeliveryOptions;

  /**
   * Tuning of the REST API.
   * @default - as `VodApiOptions` says
   */
  readonly api?: VodApiOptions;

  /**
   * Tuning of the sweeper.
   * @default - as `VodSweeperOptions` says
   */
  readonly sweeper?: VodSweeperOptions;
}

/**
 * A video-on-demand service: people sign in, upload large videos, get adaptive HLS a few minutes later, and play them
 * with every byte protected.
 *
 * @example
 * const vod = new ServerlessVod(this, 'Vod');
 * new CfnOutput(this, 'Url', { value: vod.url });
 */
export class ServerlessVod extends Construct {
  /** Sign-in: user pool, hosted UI, app client. */
  public readonly auth: VodAuth;
  /** Uploads: the source bucket. */
  public readonly upload: VodUpload;
  /** Transcoding: the MediaConvert queue and what feeds it. */
  public readonly transcode: VodTranscode;
  /** The catalog: the table of videos. */
  public readonly catalog: VodCatalog;
  /** Delivery: media bucket, distribution, signing keys. */
  public readonly delivery: VodDelivery;
  /** The REST API. */
  public readonly api: VodApi;
  /** The sweeper: every 15 minutes it moves on what no event has. */
  public readonly sweeper: VodSweeper;
  /**
   * The address that people use: at the first of `domainNames`, else such as `https://d111111abcdef8.cloudfront.net`.
   *
   * The latter waits for the distribution, so an app of this stack behind `defaultBehavior` can be told the address with `domainNames` only.
   */
  public readonly url: string;

  /** What applies to every area iterates over these. @internal */
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
    // The distribution's own name is known after the areas that it serves.
    const url = isAbsent(domainNames) ? Lazy.string({ produce: () => this.delivery.url }) : serviceUrl(domainNames);

    // The order in which it deploys: docs/decisions/001-one-origin.md.
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

/** Where options that are no props stand. */
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
    // By name: the same bucket may also have been imported.
    sources?.bucketName && sources.bucketName === media?.bucketName ? 'upload.bucket and delivery.bucket: expected two buckets, got one: the CORS rule of the sources names the distribution, which names the bucket of the media' : undefined,
    ...domainProblems(scope, props),
    keyProblem('', props, KEYS, ELSEWHERE),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
    ...AREAS.map((area) => objectProblem(area, props[area], 'an object of options')),
    ...AREAS.map((area) => keyProblem<object>(area, props[area], OPTIONS[area], { [`${area}.functions.*`]: FUNCTION_OPTIONS, '*': KEYS })),
  ];
}
