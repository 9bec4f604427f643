import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { checkCircularDependency } from './circular-dependency';
import { letDistributionRead, makeDistribution, patternProblem } from './distribution';
import { addressOf, checkDomains, checkNames, domainProblems } from './domain-names';
import { checkOrigins } from './media-origin';
import { generationProblems, SigningKeys } from './signing-keys';
import { serveArea } from '../api/serve-area';
import type { IVodApi, VodApi } from '../api/vod-api';
import { catalogProblems, IVodCatalog } from '../catalog/catalog';
import { connectionsOf } from '../catalog/catalog-connections';
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
import { durationProblem, enumProblem, isAbsent, keyProblem, objectProblem, ownObjectProblem, show, stringProblem } from '../synth/prop-checks';
import { propName } from '../synth/prop-paths';
import { cloudFrontProblem } from '../synth/region';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

const ORIGIN = 'an origin, such as an origins.HttpOrigin';

/** What may be tuned of delivery. */
export interface VodDeliveryOptions {
  /**
   * A private bucket of your own for the media. In another stack, or imported, its policy is yours to write: CloudFront's service
   * principal, for this distribution's ARN, needs `s3:GetObject` on `v/*` and `s3:ListBucket`.
   *
   * One that this app makes is refused if it is public, and warned of without `enforceSSL`. An imported one can't be judged: see yourself that it blocks
   * public access and denies requests without TLS, or media can be had without a session.
   *
   * A KMS key of yours may encrypt it, if this app makes the key or its policy allows CloudFront `kms:Decrypt`. The key `aws/s3` may not:
   * CloudFront can't use it.
   * @default - a private bucket
   */
  readonly bucket?: s3.IBucket;

  /**
   * Options for the functions of this area.
   * @default - those of the construct above, else as `VodFunctionOptions` says
   */
  readonly functions?: VodFunctionOptions;

  /**
   * Generations of the signing key, oldest first: one to five names of letters, digits and hyphens. All are trusted. The newest signs from
   * 15 minutes after it was made; if its secret can't be read, an older one signs. To rotate, add a generation at the end. Remove the old one when
   * the last session that it signed has expired: removing it ends the sessions that are left.
   * @default ['1']
   */
  readonly keyGenerations?: string[];

  /**
   * Kind of the key pairs to be made. A generation keeps the kind it was made with.
   * @default SigningKeyType.ECDSA_P256
   */
  readonly keyType?: SigningKeyType;

  /**
   * From where CloudFront answers. The cheapest class serves viewers everywhere, those far from Europe and North America more slowly.
   * @default cloudfront.PriceClass.PRICE_CLASS_100
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * What happens to media and secrets when the stack is deleted. `DESTROY` deletes the media too. Has no effect on a bucket of your own.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a playback session lasts unless it is renewed, one minute to seven days. One that outlasts a video and its pauses spares
   * players the renewal.
   * @default Duration.hours(6)
   */
  readonly sessionDuration?: Duration;
}

/** Properties of `VodDelivery`. */
export interface VodDeliveryProps extends VodDeliveryOptions {
  /** The catalog that stores the videos. Who may watch, and the address of playback, are the catalog's. */
  readonly catalog: IVodCatalog;

  /**
   * Served as `/api/*` of the distribution, so that pages, API and media are one origin.
   * @default - no API
   */
  readonly api?: IVodApi;

  /**
   * Domain names of your own for the service. The first is its address, `url`, and has to be that of the catalog, too. Point each at the
   * distribution by a DNS record of yours. No other distribution may have one of them.
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
   * Everything that is neither API nor media: your own web app, with CDK's own options (methods, cache, query strings, functions). Its viewers come by
   * https unless `viewerProtocolPolicy` says otherwise. Never the media bucket: nothing but `/v/*` asks for a session.
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
   * More of your own beside the default behavior, by path pattern. Patterns below `/v/`, and with an API below `/api/`, are taken. Viewers come by https,
   * and answers get CloudFront's managed security headers, unless the behavior says otherwise. Never the media bucket.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };
}

/** Every option. */
export const DELIVERY_OPTIONS: Record<keyof VodDeliveryOptions, true> = {
  bucket: true, functions: true, keyGenerations: true, keyType: true, priceClass: true, removalPolicy: true, sessionDuration: true,
};

/**
 * Delivery: the media bucket, the CloudFront distribution before it, the keys that sign, and playback sessions.
 *
 * @example
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * const delivery = new VodDelivery(this, 'Delivery', { catalog, api });
 * delivery.addRoutes(api);
 */
export class VodDelivery extends Construct {
  /** The media: everything below `v/` is served, with a session only. */
  public readonly bucket: s3.IBucket;
  /** The keys that playback cookies may be signed with. */
  public readonly keyGroup: cloudfront.IKeyGroup;
  /** The one distribution for media, API and your own app. */
  public readonly distribution: cloudfront.Distribution;
  /** The address of the distribution: at the first of its domain names, else such as `https://d111111abcdef8.cloudfront.net`. */
  public readonly url: string;
  /** Makes the signing keys. */
  public readonly makeKeyPairFunction: lambda.Function;
  /** Starts playback sessions. */
  public readonly startPlaybackFunction: lambda.Function;

  /** @internal */
  public readonly _area: Area;
  /** Signs playback with the service's keys. @internal */
  public readonly _signing: Connection<'SIGNING_KEYS'>;

  private readonly catalog: IVodCatalog;

  constructor(scope: Construct, id: string, props: VodDeliveryProps) {
    super(checkedScope(scope, id, props), id);
    const { domainNames } = props;
    acknowledge(this, {
      'AwsSolutions-CFR1': 'where videos may be watched is the user\'s choice',
      'AwsSolutions-CFR2': 'a web ACL costs by the month: associate yours with the distribution',
      'AwsSolutions-CFR3': 'access logs cost, and hold the addresses of those who watch',
      ...isAbsent(domainNames) && { 'AwsSolutions-CFR4': 'the default certificate takes older TLS; one for domainNames does not' },
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

    this.bucket = props.bucket ?? this.makeBucket(removalPolicy);
    checkBucket(this, propName(this, 'bucket'), this.bucket, { readByCloudFront: true });
    const keys = new SigningKeys(this, 'Keys', { generations, keyType: props.keyType ?? SigningKeyType.ECDSA_P256, removalPolicy });
    this.keyGroup = keys.keyGroup;
    this._signing = keys.signing;
    this.makeKeyPairFunction = keys.makeKeyPairFunction;
    this.distribution = makeDistribution(this, { ...props, bucket: this.bucket, keyGroup: this.keyGroup });
    checkOrigins(this, this.distribution, this.bucket, !isAbsent(props.defaultBehavior));
    checkCircularDependency(this, this.distribution, !isAbsent(domainNames));
    checkDomains(this, props);
    checkNames(this, this.distribution, domainNames ?? []);
    this.url = addressOf(domainNames ?? [this.distribution.distributionDomainName]);
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
   * @param api where to add it
   */
  public addRoutes(api: VodApi): void {
    serveArea(this, api, this._area, this.catalog.roles);
  }

  private makeBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    return privateBucket(this, 'Bucket', {
      removalPolicy,
      // S3's default, which is the same.
      objectOwnership: undefined,
      minimumTLSVersion: 1.2,
      // What a transcode that died left half written costs, and shows nowhere.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
  }
}

function problemsOf(scope: Construct, props: VodDeliveryProps): (string | undefined)[] {
  return [
    ...generationProblems('keyGenerations', props.keyGenerations),
    ...domainProblems(scope, props),
    addressProblem(scope, props),
    ownObjectProblem('api', props.api, 'a VodApi', { members: ['originDomainName'] }),
    objectProblem('defaultBehavior', props.defaultBehavior, 'a behavior, such as { origin: new origins.HttpOrigin(\'app.example.com\') }'),
    isAbsent(props.defaultBehavior) ? undefined : objectProblem('defaultBehavior.origin', props.defaultBehavior?.origin, ORIGIN, { members: ['bind'], required: true }),
    objectProblem('additionalBehaviors', props.additionalBehaviors, 'behaviors by path pattern'),
    ...Object.entries(props.additionalBehaviors ?? {}).flatMap(([pattern, behavior]) => [
      patternProblem(pattern, !isAbsent(props.api)),
      objectProblem(`additionalBehaviors['${pattern}'].origin`, behavior?.origin, ORIGIN, { members: ['bind'], required: true }),
    ]),
    // CloudFront finds nothing by a name that begins with a slash (CloudFront Developer Guide, "Specify a default root object").
    String(props.defaultRootObject).startsWith('/') ? `defaultRootObject: expected the name of a file without a slash before it, got ${show(props.defaultRootObject)}`
      : stringProblem('defaultRootObject', props.defaultRootObject, 'the name of a file, such as "index.html"'),
    isAbsent(props.defaultRootObject) || !isAbsent(props.defaultBehavior) || Object.keys(props.additionalBehaviors ?? {}).length > 0 ? undefined
      : 'defaultRootObject: expected defaultBehavior with it, which serves the file, got none: everything but API and media is answered 404',
    enumProblem('keyType', props.keyType, { SigningKeyType }),
    enumProblem('priceClass', props.priceClass, { PriceClass: cloudfront.PriceClass }),
    durationProblem('sessionDuration', props.sessionDuration, Duration.minutes(1), Duration.days(7)),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
  ];
}

/** Playback cookies are signed for the catalog's address: at another name they open nothing. */
function addressProblem(scope: Construct, props: VodDeliveryProps): string | undefined {
  const { catalog, domainNames } = props;
  if (isAbsent(domainNames) || typeof catalog?.url !== 'string' || domainProblems(scope, props).some((problem) => problem)) return undefined;
  const url = addressOf(domainNames);
  return Token.isUnresolved(url) || Token.isUnresolved(catalog.url) || url === catalog.url
    ? undefined : `domainNames[0]: expected the name of the catalog's url, ${show(catalog.url)}, got ${show(domainNames[0])}`;
}
