import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { checkCircularDependency } from './circular-dependency';
import { checkDomains, checkUniqueNames, domainProblems, serviceUrl } from './custom-domain';
import { createDistribution, letDistributionRead, patternProblem } from './distribution';
import { checkOrigins } from './media-origin';
import { generationProblems, SigningKeys } from './signing-keys';
import { serveArea } from '../api/serve-area';
import type { IVodApi, VodApi } from '../api/vod-api';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
import type { VodCatalog } from '../catalog/vod-catalog';
import { SigningKeyType } from '../contract/signing-keys';
import { acknowledge } from '../synth/acknowledge';
import type { Area } from '../synth/area';
import type { Connection } from '../synth/connection';
import { checkedScope } from '../synth/construct-arguments';
import { throwIfAny } from '../synth/errors';
import { bucketProblems, checkBucket } from '../synth/existing-bucket';
import { functionProblems, useFunctionOptions, VodFunctionOptions } from '../synth/function-options';
import { handlerFunction } from '../synth/handler-function';
import { privateBucket } from '../synth/private-bucket';
import { durationProblem, enumProblem, isAbsent, keyProblem, libraryObjectProblem, objectProblem, show, stringProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { cloudFrontProblem } from '../synth/region';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

const ORIGIN = 'an origin, such as an origins.HttpOrigin';

/** Options for delivery. */
export interface VodDeliveryOptions {
  /**
   * An existing private bucket for the media.
   *
   * If the bucket is imported or in a different stack, you must change the bucket policy yourself. Allow the service principal `cloudfront.amazonaws.com` to
   * call `s3:ListBucket` on the bucket and `s3:GetObject` on `v/*`. Both permissions need the condition that `AWS:SourceArn` is the ARN of this distribution.
   *
   * If the app creates the bucket, synth rejects a public bucket, and warns about a bucket without `enforceSSL`. Synth cannot check an imported bucket: make
   * sure that the bucket blocks public access and denies requests without TLS. Everyone can read media in a public bucket without a playback session.
   *
   * A customer managed KMS key can encrypt the bucket. If the app does not create the key, the key policy must allow CloudFront to call `kms:Decrypt`. The key
   * `aws/s3` is rejected at synth, because CloudFront cannot use this key.
   * @default - a new private bucket
   */
  readonly bucket?: s3.IBucket;

  /**
   * Options for the Lambda functions of this construct.
   * @default - the options of the parent construct, otherwise the defaults of `VodFunctionOptions`
   */
  readonly functions?: VodFunctionOptions;

  /**
   * Names of the generations of the signing key, oldest first: one to five names of letters, digits and hyphens.
   *
   * A generation is one key pair. CloudFront trusts all generations. The newest generation signs the playback cookies and the poster URLs, starting 15 minutes
   * after its creation. If the secret of the newest generation cannot be read, an older generation signs. To rotate the key, add a generation at the end of the
   * list. Before you remove a generation, wait until all sessions and poster URLs that this generation signed have expired. A poster URL is valid for at most
   * 12 hours. If you remove the generation earlier, these sessions end, and open pages lose their posters.
   * @default ['1']
   */
  readonly keyGenerations?: string[];

  /**
   * Type of new key pairs. Existing key pairs keep their type.
   * @default SigningKeyType.ECDSA_P256
   */
  readonly keyType?: SigningKeyType;

  /**
   * Price class of the distribution. `PRICE_CLASS_100` is the cheapest class, and is slower for viewers who are far from Europe and North America.
   * @default cloudfront.PriceClass.PRICE_CLASS_100
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * Removal policy of the secrets of the signing keys, and of the media bucket that this construct creates. With `DESTROY`, all media are deleted together with
   * the bucket.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a playback session is valid: from one minute to seven days. A player must renew the session if playback, including
   * pauses, takes longer than this duration.
   * @default Duration.hours(6)
   */
  readonly sessionDuration?: Duration;
}

/** Properties of `VodDelivery`. */
export interface VodDeliveryProps extends VodDeliveryOptions {
  /** The catalog that stores the videos. Playback authorizes viewers with the catalog's `roles`. Media URLs begin with the catalog's `url`. */
  readonly catalog: IVodCatalog;

  /**
   * The API that the distribution serves as `/api/*`, so that pages, API and media have the same origin.
   * @default - no API
   */
  readonly api?: IVodApi;

  /**
   * Custom domain names of the service.
   *
   * The first name is the host of the service URL (`url`), and must also be the host of the catalog's `url`. For each name, create a DNS record that points to
   * the distribution. CloudFront rejects a name that a different distribution already has.
   *
   * Users can sign in and watch only at the first name, because a cookie is valid for one name. Requests for all other names, including the `cloudfront.net`
   * name, are redirected to the first name. There is no redirect if `defaultBehavior` has your own function for viewer requests. Viewers need TLS 1.2 or later
   * (`TLSv1.2_2021`).
   * @default - the domain name of the distribution, such as `d111111abcdef8.cloudfront.net`
   */
  readonly domainNames?: string[];

  /**
   * The certificate for all `domainNames`. Required with `domainNames`. CloudFront requires a certificate in us-east-1 and in the stack's account, even if the
   * stack is in another region.
   * @default - none
   */
  readonly certificate?: acm.ICertificate;

  /**
   * The CloudFront behavior of your web app, which serves all requests except API and media requests.
   *
   * By default, http requests are redirected to https (`viewerProtocolPolicy`). The origin must not be the media bucket, because only `/v/*` requires a
   * playback session.
   *
   * By default, viewers can send only GET and HEAD requests, and CloudFront sends no query strings or cookies to the origin. CloudFront then returns the same
   * cached response to all viewers. A server-rendered app needs `AllowedMethods.ALLOW_ALL`, `CachePolicy.CACHING_DISABLED` and
   * `OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`. With these settings, the app receives the cookies of a viewer. The app does not receive the refresh
   * cookie or the playback cookies, because browsers send these cookies only to paths below `/api/` and `/v/`. If your web app is deployed in the same stack
   * and uses `url` or the user pool, set `domainNames`. Otherwise, the web app and the distribution would depend on each other.
   * @default - a function returns 404
   */
  readonly defaultBehavior?: cloudfront.BehaviorOptions;

  /**
   * The file of your app that CloudFront returns for `/`, such as `index.html`. `defaultBehavior` or `additionalBehaviors` must serve the file.
   * @default - none; the default behavior receives `/` unchanged
   */
  readonly defaultRootObject?: string;

  /**
   * More behaviors of your app, by path pattern.
   *
   * Patterns below `/v/` are rejected at synth. If the distribution serves an API, patterns below `/api/` are rejected too. By default, http requests are
   * redirected to https, and responses get CloudFront's managed security headers. The origin must not be the media bucket.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };
}

export const DELIVERY_OPTIONS: Record<keyof VodDeliveryOptions, true> = {
  bucket: true, functions: true, keyGenerations: true, keyType: true, priceClass: true, removalPolicy: true, sessionDuration: true,
};

/**
 * Delivery of media: the media bucket, the CloudFront distribution, the signing keys and the playback sessions.
 *
 * @example
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * const delivery = new VodDelivery(this, 'Delivery', { catalog, api });
 * delivery.addRoutes(api);
 */
export class VodDelivery extends Construct {
  /**
   * The media bucket. CloudFront serves objects below `v/` only to viewers with a playback session. A viewer with a signed URL of a poster needs no session for
   * the poster.
   */
  public readonly bucket: s3.IBucket;
  /** The public keys that verify playback cookies and poster URLs. */
  public readonly keyGroup: cloudfront.IKeyGroup;
  /** The distribution for media, API and your own app. */
  public readonly distribution: cloudfront.Distribution;
  /** The service URL: the first of `domainNames`, otherwise the domain name of the distribution (`https://d111111abcdef8.cloudfront.net`). */
  public readonly url: string;
  /** The function that creates the signing keys. */
  public readonly makeKeyPairFunction: lambda.Function;
  /** The function that starts and renews playback sessions. */
  public readonly startPlaybackFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;
  /** @internal */
  public readonly _signing: Connection<'SIGNING_KEYS'>;

  private readonly catalog: IVodCatalog;

  constructor(scope: Construct, id: string, props: VodDeliveryProps) {
    super(checkedScope(scope, id, props), id);
    const { domainNames } = props;
    acknowledge(this, {
      'AwsSolutions-CFR1': 'you can add geographic restrictions to the distribution',
      'AwsSolutions-CFR2': 'the service creates no web ACL, because a web ACL has a monthly price; you can associate a web ACL with the distribution',
      'AwsSolutions-CFR3': 'access logs cost money, and contain the IP addresses of viewers',
      ...isAbsent(domainNames) && { 'AwsSolutions-CFR4': 'without domainNames, CloudFront also accepts TLS versions older than 1.2; if you set domainNames, viewers need TLS 1.2' },
      'AwsSolutions-S1': 'only CloudFront reads this bucket',
    });
    throwIfAny(this, [
      keyProblem<VodDeliveryProps>('', props, { ...DELIVERY_OPTIONS, catalog: true, api: true, domainNames: true, certificate: true, defaultBehavior: true, defaultRootObject: true, additionalBehaviors: true }),
      cloudFrontProblem(this), ...problemsOf(this, props), ...functionProblems(this, props.functions), ...catalogProblems(this, 'catalog', props.catalog),
      ...bucketProblems(this, propName(this, 'bucket'), props.bucket, { readByCloudFront: true }),
    ]);
    useFunctionOptions(this, props.functions);
    const generations = props.keyGenerations ?? ['1'];
    const session = props.sessionDuration ?? Duration.hours(6);
    const removalPolicy = props.removalPolicy ?? DEFAULT_REMOVAL_POLICY;
    this.catalog = props.catalog;

    this.bucket = props.bucket ?? this.createBucket(removalPolicy);
    checkBucket(this, propName(this, 'bucket'), this.bucket, { readByCloudFront: true });
    const keys = new SigningKeys(this, 'Keys', { generations, keyType: props.keyType ?? SigningKeyType.ECDSA_P256, removalPolicy });
    this.keyGroup = keys.keyGroup;
    this._signing = keys.signing;
    this.makeKeyPairFunction = keys.makeKeyPairFunction;
    this.distribution = createDistribution(this, { ...props, bucket: this.bucket, keyGroup: this.keyGroup });
    checkOrigins(this, this.distribution, this.bucket, !isAbsent(props.defaultBehavior));
    checkCircularDependency(this, this.distribution, !isAbsent(domainNames));
    checkDomains(this, props);
    checkUniqueNames(this, this.distribution, domainNames ?? []);
    this.url = serviceUrl(domainNames ?? [this.distribution.distributionDomainName]);
    letDistributionRead(this, this.bucket, this.distribution);

    const { read, view } = connectionsOf(this.catalog);
    this.startPlaybackFunction = handlerFunction(this, 'StartPlayback', 'delivery/start-playback', {
      description: 'Starts and renews playback sessions',
      uses: [read, view, this._signing],
      environment: { SESSION_SECONDS: session.toSeconds() },
    });
    this._area = {
      handlers: { 'delivery/make-key-pair': this.makeKeyPairFunction, 'delivery/start-playback': this.startPlaybackFunction }, deadLetterQueues: [],
    };
  }

  /**
   * Adds the route that starts playback.
   *
   * @param api the API to add the route to
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.catalog.roles);
  }

  /**
   * Adds the signed URLs of poster images to the responses of a catalog: to its lists and to single videos.
   *
   * The function that reads videos gets access to the signing keys. A viewer who gets a URL needs no playback session for the image. Without this call, only
   * the response that starts playback contains the URL of the poster.
   *
   * @param catalog the catalog of this construct, if it is a `VodCatalog` in the same stack
   */
  public signPosters(catalog: VodCatalog): void {
    throwIfAny(this, [this.posterProblem(catalog)]);
    catalog._signPosters(this._signing);
  }

  private posterProblem(catalog: VodCatalog): string | undefined {
    if (catalog !== this.catalog || !('_signPosters' in catalog)) return `catalog: expected the VodCatalog of this construct, got ${show(catalog)}`;
    if (Stack.of(catalog) !== Stack.of(this)) return 'catalog: expected a catalog in the stack of this construct. The two stacks would depend on each other: the catalog would need the signing keys, and this construct needs the table';
    return catalog._hasPosters ? 'catalog: expected a catalog without signed posters, got a catalog for which signPosters was called before' : undefined;
  }

  private createBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    return privateBucket(this, 'Bucket', {
      removalPolicy,
      // The value is undefined, because S3's default also disables ACLs.
      objectOwnership: undefined,
      minimumTLSVersion: 1.2,
      // Incomplete multipart uploads of an interrupted MediaConvert job cost money, and are not visible in object lists.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
  }
}

function problemsOf(scope: Construct, props: VodDeliveryProps): (string | undefined)[] {
  return [
    ...generationProblems('keyGenerations', props.keyGenerations),
    ...domainProblems(scope, props),
    hostProblem(scope, props),
    libraryObjectProblem('api', props.api, 'a VodApi', { members: ['originDomainName'] }),
    objectProblem('defaultBehavior', props.defaultBehavior, 'a behavior, such as { origin: new origins.HttpOrigin(\'app.example.com\') }'),
    isAbsent(props.defaultBehavior) ? undefined : objectProblem('defaultBehavior.origin', props.defaultBehavior?.origin, ORIGIN, { members: ['bind'], required: true }),
    objectProblem('additionalBehaviors', props.additionalBehaviors, 'an object whose keys are path patterns and whose values are behaviors'),
    ...Object.entries(props.additionalBehaviors ?? {}).flatMap(([pattern, behavior]) => [
      patternProblem(pattern, !isAbsent(props.api)),
      objectProblem(`additionalBehaviors['${pattern}'].origin`, behavior?.origin, ORIGIN, { members: ['bind'], required: true }),
    ]),
    // CloudFront finds no object for a name with a leading slash (CloudFront Developer Guide, "Specify a default root object").
    String(props.defaultRootObject).startsWith('/') ? `defaultRootObject: expected the name of a file without a leading slash, got ${show(props.defaultRootObject)}`
      : stringProblem('defaultRootObject', props.defaultRootObject, 'the name of a file, such as "index.html"'),
    isAbsent(props.defaultRootObject) || !isAbsent(props.defaultBehavior) || Object.keys(props.additionalBehaviors ?? {}).length > 0 ? undefined
      : 'defaultBehavior: expected a behavior that serves the defaultRootObject, got none. Without defaultBehavior, everything except API and media returns 404',
    enumProblem('keyType', props.keyType, { SigningKeyType }),
    enumProblem('priceClass', props.priceClass, { PriceClass: cloudfront.PriceClass }),
    durationProblem('sessionDuration', props.sessionDuration, Duration.minutes(1), Duration.days(7)),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
  ];
}

/** Playback cookies are valid only for the first domain name. */
function hostProblem(scope: Construct, props: VodDeliveryProps): string | undefined {
  const { catalog, domainNames } = props;
  if (isAbsent(domainNames) || typeof catalog?.url !== 'string' || domainProblems(scope, props).some((problem) => problem)) return undefined;
  const url = serviceUrl(domainNames);
  return Token.isUnresolved(url) || Token.isUnresolved(catalog.url) || url === catalog.url
    ? undefined : `domainNames[0]: expected the host of the catalog's url (${show(catalog.url)}), got ${show(domainNames[0])}`;
}
