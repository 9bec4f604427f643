import { Annotations, Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { generationProblems, SigningKeys } from './signing-keys';
import type { VodApi } from '../api/vod-api';
import { inheritRoles, openRoleProblems, renderRoles, rolesProblems, VodRoles } from '../auth/roles';
import type { VodCatalog } from '../catalog/vod-catalog';
import { API_STAGE } from '../contract/routes';
import { MEDIA_PREFIX } from '../domain/object-keys';
import { acknowledge } from '../synth/acknowledge';
import { durationProblem, enumProblem, isAbsent, objectProblem, show, stringProblem } from '../synth/checks';
import { throwIfAny } from '../synth/errors';
import { globalName } from '../synth/global-name';
import { handlerFunction } from '../synth/handler-function';
import { letCloudFrontDecrypt } from '../synth/keys';
import { bucketKey, bucketProblems, checkBucketKey } from '../synth/own-bucket';
import { cloudFrontProblem } from '../synth/region';
import { DEFAULT_REMOVAL_POLICY, removalPolicyProblem } from '../synth/removal-policy';

const ORIGIN = 'an origin, such as an origins.HttpOrigin';

/** Path patterns that are ours. */
const MEDIA_PATTERN = `/${MEDIA_PREFIX}*`;
const API_PATTERN = `/${API_STAGE}/*`;

/** Errors that CloudFront caches for 10 s by default, for every caller and despite `no-store`, and 403, which it may cache. */
const UNCACHED_ERRORS = [403, 404, 414, 500, 501, 502, 503, 504];

/** Kind of key pair that signs playback. */
export enum SigningKeyType {
  /** ECDSA on P-256: short signatures, and so small cookies. */
  ECDSA_P256 = 'ecdsa-p256',
  /** RSA of 2048 bits. */
  RSA_2048 = 'rsa-2048',
}

/** What may be tuned of delivery. */
export interface VodDeliveryOptions {
  /**
   * More of your own beside the default origin, by path pattern. Patterns below `/v/`, and with an API below `/api/`, are taken.
   * @default - none
   */
  readonly additionalBehaviors?: { [pathPattern: string]: cloudfront.BehaviorOptions };

  /**
   * A private bucket of your own for the media. In another stack, or imported, its policy is yours to write: CloudFront's service
   * principal, for this distribution's ARN, needs `s3:GetObject` on `v/*` and `s3:ListBucket`.
   *
   * A KMS key of yours may encrypt it, if this app makes the key or its policy allows CloudFront `kms:Decrypt`. The key `aws/s3` may not:
   * CloudFront can't use it.
   * @default - a private bucket
   */
  readonly bucket?: s3.IBucket;

  /**
   * What `/` stands for in your own app, such as `index.html`.
   * @default - nothing: `/` goes to the default origin as it is
   */
  readonly defaultRootObject?: string;

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
  /** Where the videos stand. */
  readonly catalog: VodCatalog;

  /**
   * Served as `/api/*` of the distribution, so that pages, API and media are one origin.
   * @default - no API
   */
  readonly api?: VodApi;

  /**
   * Where CloudFront gets everything that is neither API nor media: your own web app. Never the media bucket: nothing but `/v/*` asks
   * for a session.
   * @default - a function answers 404
   */
  readonly defaultOrigin?: cloudfront.IOrigin;

  /**
   * Who may watch. A role that is left out is the catalog's.
   * @default - as in the catalog
   */
  readonly roles?: VodRoles;
}

/**
 * Delivery: the media bucket, the CloudFront distribution before it, the keys that sign, and playback sessions.
 *
 * @example
 * /// fixture=areas
 * declare const api: VodApi;
 * declare const catalog: VodCatalog;
 * const delivery = new VodDelivery(this, 'Delivery', { catalog, api });
 * delivery.addRoutes(api);
 */
export class VodDelivery extends Construct {
  /** Who may do what: the roles that were given, over those of the catalog. */
  public readonly roles: VodRoles;
  /** The media: everything below `v/` is served, with a session only. */
  public readonly bucket: s3.IBucket;
  /** The keys that playback cookies may be signed with. */
  public readonly keyGroup: cloudfront.IKeyGroup;
  /** The one distribution for media, API and your own app. */
  public readonly distribution: cloudfront.Distribution;
  /** The address that people use, such as `https://d111111abcdef8.cloudfront.net`. */
  public readonly origin: string;
  /** Makes the signing keys. */
  public readonly makeKeyPairFunction: lambda.Function;
  /** Starts playback sessions. */
  public readonly startPlaybackFunction: lambda.Function;

  constructor(scope: Construct, id: string, props: VodDeliveryProps) {
    super(scope, id);
    acknowledge(this, {
      'AwsSolutions-CFR1': 'where videos may be watched is the user\'s choice',
      'AwsSolutions-CFR2': 'a web ACL costs by the month: associate yours with the distribution',
      'AwsSolutions-CFR3': 'access logs cost, and hold the addresses of those who watch',
      'AwsSolutions-CFR4': 'the default certificate takes older TLS; a domain of one\'s own sets its least version',
      'AwsSolutions-S1': 'only CloudFront reads this bucket',
    });
    throwIfAny(this, [cloudFrontProblem(this), ...problemsOf(props), ...bucketProblems(this, 'bucket', props.bucket, { readByCloudFront: true })]);
    const generations = props.keyGenerations ?? ['1'];
    const session = props.sessionDuration ?? Duration.hours(6);
    const removalPolicy = props.removalPolicy ?? DEFAULT_REMOVAL_POLICY;
    this.roles = inheritRoles(props.catalog.roles, props.roles);

    this.bucket = props.bucket ?? this.makeBucket(removalPolicy);
    checkBucketKey(this, 'bucket', this.bucket, { readByCloudFront: true });
    const keys = new SigningKeys(this, 'Keys', { generations, keyType: props.keyType ?? SigningKeyType.ECDSA_P256, removalPolicy });
    this.keyGroup = keys.keyGroup;
    this.makeKeyPairFunction = keys.makeKeyPairFunction;
    this.distribution = this.makeDistribution(props);
    this.origin = `https://${this.distribution.distributionDomainName}`;
    this.letDistributionRead();

    this.startPlaybackFunction = handlerFunction(this, 'StartPlayback', 'delivery/start-playback', {
      description: 'Starts and renews playback sessions',
      environment: {
        TABLE_NAME: props.catalog.table.tableName,
        ORIGIN: this.origin,
        SIGNING_KEYS: Stack.of(this).toJsonString(keys.references),
        SESSION_SECONDS: Tokenization.stringifyNumber(session.toSeconds()),
        ROLES: renderRoles(this, this.roles),
      },
    });
    // It must not sign with a key before the group trusts it.
    this.startPlaybackFunction.node.addDependency(keys.keyGroup);
    props.catalog.grantReadVideos(this.startPlaybackFunction);
    keys.grantSign(this.startPlaybackFunction);
  }

  /**
   * Adds the route that starts playback.
   *
   * @param api where to add it
   */
  public addRoutes(api: VodApi): void {
    throwIfAny(this, openRoleProblems(this.roles, api._roles));
    api._serve('delivery/start-playback', this.startPlaybackFunction);
  }

  private makeBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    return new s3.Bucket(this, 'Bucket', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // What a transcode that died left half written costs, and shows nowhere.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
  }

  private makeDistribution(props: VodDeliveryProps): cloudfront.Distribution {
    const control = new cloudfront.S3OriginAccessControl(this, 'AccessControl', { originAccessControlName: globalName(this, 'media') });
    // The L2 origin would open the whole bucket, and warn of listing it through a default behaviour that never gets there.
    const media = origins.S3BucketOrigin.withBucketDefaults(this.bucket, { originAccessControlId: control.originAccessControlId });
    const { HTTPS_ONLY, REDIRECT_TO_HTTPS } = cloudfront.ViewerProtocolPolicy;
    const { SECURITY_HEADERS: responseHeadersPolicy } = cloudfront.ResponseHeadersPolicy;
    const cached = {
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED, allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD, responseHeadersPolicy,
    };
    return new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Video on demand',
      priceClass: props.priceClass ?? cloudfront.PriceClass.PRICE_CLASS_100,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultRootObject: props.defaultRootObject,
      // Caching times only: error pages apply to all behaviors, and would replace the API's own 403 and 404.
      errorResponses: UNCACHED_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      defaultBehavior: {
        ...cached,
        viewerProtocolPolicy: REDIRECT_TO_HTTPS,
        ...(props.defaultOrigin ? { origin: props.defaultOrigin } : { origin: media, functionAssociations: [this.answerNotFound()] }),
      },
      // In the order of precedence: nobody's pattern comes before ours.
      additionalBehaviors: {
        [MEDIA_PATTERN]: { ...cached, origin: media, viewerProtocolPolicy: HTTPS_ONLY, trustedKeyGroups: [this.keyGroup] },
        ...(props.api && {
          [API_PATTERN]: {
            origin: new origins.HttpOrigin(props.api.originDomainName),
            viewerProtocolPolicy: HTTPS_ONLY,
            allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
            cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
            originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            responseHeadersPolicy,
          },
        }),
        ...props.additionalBehaviors,
      },
    });
  }

  /** Answers before any origin is asked. */
  private answerNotFound(): cloudfront.FunctionAssociation {
    const code = `function handler() {
  return { statusCode: 404, statusDescription: 'Not Found', headers: { 'cache-control': { value: 'no-store' } } };
}`;
    return {
      eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
      function: new cloudfront.Function(this, 'NotFound', {
        functionName: globalName(this, 'not-found'),
        comment: 'Answers 404 to everything',
        runtime: cloudfront.FunctionRuntime.JS_2_0,
        code: cloudfront.FunctionCode.fromInline(code),
      }),
    };
  }

  /** Media only; and to list, without which S3 answers 403 for what is not there. */
  private letDistributionRead(): void {
    const allow = (action: string, resource: string) => new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
      actions: [action],
      resources: [resource],
      conditions: { StringEquals: { 'AWS:SourceArn': this.distribution.distributionArn } },
    });
    const statements = [allow('s3:GetObject', this.bucket.arnForObjects(`${MEDIA_PREFIX}*`)), allow('s3:ListBucket', this.bucket.bucketArn)];
    // A policy in another stack would have to name this stack's distribution, which names the bucket.
    const added = Stack.of(this.bucket) === Stack.of(this)
      && statements.every((statement) => this.bucket.addToResourcePolicy(statement).statementAdded);
    letCloudFrontDecrypt(this, bucketKey('bucket', this.bucket));
    if (!added) {
      Annotations.of(this).addWarningV2('serverless-vod:mediaBucketPolicy',
        'bucket: its policy can\'t be changed from here; allow cloudfront.amazonaws.com s3:GetObject on v/* and s3:ListBucket where AWS:SourceArn is the distribution\'s ARN. If a KMS key of yours encrypts it, import it by fromBucketAttributes with encryptionKey');
    }
  }
}

function problemsOf(props: VodDeliveryProps): (string | undefined)[] {
  return [
    ...generationProblems('keyGenerations', props.keyGenerations),
    objectProblem('catalog', props.catalog, 'a VodCatalog', { member: 'grantReadVideos', required: true }),
    objectProblem('api', props.api, 'a VodApi', { member: 'originDomainName' }),
    objectProblem('defaultOrigin', props.defaultOrigin, ORIGIN, { member: 'bind' }),
    objectProblem('additionalBehaviors', props.additionalBehaviors, 'behaviors by path pattern'),
    ...Object.entries(props.additionalBehaviors ?? {}).flatMap(([pattern, behavior]) => [
      patternProblem(pattern, !isAbsent(props.api)),
      objectProblem(`additionalBehaviors['${pattern}'].origin`, behavior?.origin, ORIGIN, { member: 'bind', required: true }),
    ]),
    // CloudFront finds nothing by a name that begins with a slash (CloudFront Developer Guide, "Specify a default root object").
    String(props.defaultRootObject).startsWith('/') ? `defaultRootObject: expected the name of a file without a slash before it, got ${show(props.defaultRootObject)}`
      : stringProblem('defaultRootObject', props.defaultRootObject, 'the name of a file, such as "index.html"'),
    enumProblem('keyType', props.keyType, { SigningKeyType }),
    enumProblem('priceClass', props.priceClass, { PriceClass: cloudfront.PriceClass }),
    durationProblem('sessionDuration', props.sessionDuration, Duration.minutes(1), Duration.days(7)),
    removalPolicyProblem('removalPolicy', props.removalPolicy),
    ...rolesProblems(props.roles),
  ];
}

function patternProblem(pattern: string, hasApi: boolean): string | undefined {
  const path = pattern.replace(/^\//, '');
  if (pattern === '*') return 'additionalBehaviors: \'*\' is the default behavior: set defaultOrigin';
  const taken = [MEDIA_PREFIX, ...(hasApi ? [`${API_STAGE}/`] : [])].find((prefix) => path.startsWith(prefix));
  return taken ? `additionalBehaviors: '${pattern}' lies below /${taken}, which is taken` : undefined;
}
