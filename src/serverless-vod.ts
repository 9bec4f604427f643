import { CfnOutput, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { VodApi, VodApiOptions } from './api/vod-api';
import { VodAuth, VodAuthOptions } from './auth/vod-auth';
import { VodCatalog, VodCatalogOptions } from './catalog/vod-catalog';
import { VodDelivery, VodDeliveryOptions } from './delivery/vod-delivery';
import type { Area } from './synth/area';
import { throwIfAny } from './synth/errors';
import { overlay } from './synth/overlay';
import { objectProblem } from './synth/prop-checks';
import { removalPolicyProblem } from './synth/removal-policy';
import { VodTranscode, VodTranscodeOptions } from './transcode/vod-transcode';
import { VodUpload, VodUploadOptions } from './upload/vod-upload';

/** Properties of `ServerlessVod`. */
export interface ServerlessVodProps {
  /**
   * Where CloudFront gets everything that is neither API nor media: your own web app.
   * @default - a function answers 404
   */
  readonly defaultOrigin?: cloudfront.IOrigin;

  /**
   * What happens to buckets, table, user pool and secrets when the stack is deleted. `DESTROY` makes a disposable stack: everything that
   * people uploaded is deleted with it. By default they are retained, except by the rollback of a first deployment that failed; `RETAIN` keeps
   * them even then. `SNAPSHOT` is refused.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Sign-in.
   * @default - as `VodAuthOptions` says
   */
  readonly auth?: VodAuthOptions;

  /**
   * Uploads.
   * @default - as `VodUploadOptions` says
   */
  readonly upload?: VodUploadOptions;

  /**
   * Transcoding.
   * @default - as `VodTranscodeOptions` says
   */
  readonly transcode?: VodTranscodeOptions;

  /**
   * The catalog.
   * @default - as `VodCatalogOptions` says
   */
  readonly catalog?: VodCatalogOptions;

  /**
   * The distribution and playback sessions.
   * @default - as `VodDeliveryOptions` says
   */
  readonly delivery?: VodDeliveryOptions;

  /**
   * The REST API.
   * @default - as `VodApiOptions` says
   */
  readonly api?: VodApiOptions;
}

/**
 * A video-on-demand service: people sign in, upload large videos, get adaptive HLS a few minutes later, and play them
 * with every byte protected.
 *
 * @example
 * /// fixture=areas
 * new ServerlessVod(this, 'Vod');
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
  /** The address that people use, such as `https://d111111abcdef8.cloudfront.net`. */
  public readonly origin: string;

  /** What applies to every area iterates over these. @internal */
  public readonly _areas: readonly Area[];

  constructor(scope: Construct, id: string, props: ServerlessVodProps = {}) {
    super(scope, id);
    const { removalPolicy } = props;
    const [sources, media] = [props.upload?.bucket, props.delivery?.bucket];
    // By name: the same bucket may also have been imported.
    throwIfAny(this, [
      sources?.bucketName && sources.bucketName === media?.bucketName ? 'upload.bucket and delivery.bucket: expected two buckets, got one: the CORS rule of the sources names the distribution, which names the bucket of the media' : undefined,
      removalPolicyProblem('removalPolicy', removalPolicy),
      objectProblem('defaultOrigin', props.defaultOrigin, 'an origin, such as an origins.HttpOrigin', { member: 'bind' }),
      ...(['auth', 'upload', 'transcode', 'catalog', 'delivery', 'api'] as const).map((area) => objectProblem(area, props[area], 'an object of options')),
    ]);
    const origin = Lazy.string({ produce: () => this.delivery.origin });

    // The order in which it deploys: docs/decisions/001-one-origin.md.
    this.api = new VodApi(this, 'Api', props.api ?? {});
    this.auth = new VodAuth(this, 'Auth', { ...overlay({ removalPolicy }, props.auth), origin });
    const catalog = this.catalog = new VodCatalog(this, 'Catalog', { ...overlay({ removalPolicy }, props.catalog), roles: this.auth.roles, origin });
    this.delivery = new VodDelivery(this, 'Delivery', {
      ...overlay({ removalPolicy }, props.delivery), catalog, api: this.api, defaultOrigin: props.defaultOrigin,
    });
    this.origin = this.delivery.origin;
    this.upload = new VodUpload(this, 'Upload', { ...overlay({ removalPolicy }, props.upload), catalog });
    this.transcode = new VodTranscode(this, 'Transcode', { ...props.transcode, catalog, sourceBucket: this.upload.bucket, mediaBucket: this.delivery.bucket });

    const areas = [this.auth, this.catalog, this.upload, this.delivery, this.transcode];
    this._areas = [this.api, ...areas].map(({ _area }) => _area);
    this.auth.guard(this.api);
    for (const { _area } of areas) this.api._serve(_area);

    new CfnOutput(this, 'Origin', { value: this.origin, description: 'The address of the service' });
    if (this.auth._hasSignIn) {
      new CfnOutput(this, 'UserPoolId', { value: this.auth.userPool.userPoolId, description: 'Where to add the people who may sign in' });
    }
  }
}
