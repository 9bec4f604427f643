import { Bitrate, Duration, Fn, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import {
  Access, type IngestBucket, Identity, OidcIdentityOptions, OidcToken, PublicClientOptions, ServerlessVodProps, SigningKeyType, SourceLifecycle,
  TranscodeRung, type UploadExpiryOptions, type UploadFileOptions, type UploadQuotas, UserPoolIdentityOptions, VideoVisibility,
  VodApiOptions, VodCatalogOptions, VodDeliveryOptions, VodFunctionOptions, VodIngestOptions, VodRoles, VodSweeperOptions, VodTranscodeOptions,
  VodUploadOptions,
} from '../../src';
import { makeTable } from '../../test/templates/customer-keys-stack';

export interface Given {
  /** The scope for constructs that are values of props, such as an existing bucket. */
  readonly mine: Construct;
  readonly other: Stack;
  /** Returns a value that is unknown at synth. */
  token(id: string): string;
  options(struct: string): any;
}

/** For each prop, a map from names to the tested values. Reports show these names. Omitting the prop counts as one more value. */
type Ways<Struct, Others extends keyof Struct = never> = {
  readonly [Prop in keyof Omit<Struct, Others>]-?: Readonly<Record<string, (given: Given) => NonNullable<Struct[Prop & keyof Struct]>>>;
};

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';

const certificate = ({ mine }: Given, id = 'Certificate'): acm.ICertificate => acm.Certificate.fromCertificateArn(mine, id, CERTIFICATE);
const app = (): cloudfront.IOrigin => new origins.HttpOrigin('app.example.com');
const key = (scope: Construct, id: string): kms.Key => new kms.Key(scope, id, { enableKeyRotation: true });
const functions = { memory: (): VodFunctionOptions => ({ memorySize: 1769 }), nothing: (): VodFunctionOptions => ({}) };

function bucket(scope: Construct, id: string, props: s3.BucketProps = {}): s3.Bucket {
  return new s3.Bucket(scope, id, { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true, ...props });
}

function whoCalls(scope: Construct): lambda.Function {
  const code = lambda.Code.fromInline('exports.handler = async () => { throw new Error("Unauthorized"); };');
  return new lambda.Function(scope, 'WhoCalls', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code });
}

const buckets = (id: string) => ({
  'own': ({ mine }: Given) => bucket(mine, id),
  'own with a key': ({ mine }: Given) => bucket(mine, id, { encryptionKey: key(mine, `${id}Key`), bucketKeyEnabled: true }),
  'of another stack': ({ other }: Given) => bucket(other, id),
  'imported': ({ mine }: Given) => s3.Bucket.fromBucketName(mine, id, `example-${id.toLowerCase()}`),
});

const policies = { DESTROY: () => RemovalPolicy.DESTROY, RETAIN: () => RemovalPolicy.RETAIN };
const switches = { on: () => true, off: () => false };

/** The compiler and `missingRows` require values for each prop. */
export const PROPS = {
  ServerlessVodProps: {
    identity: {
      'own pool': ({ options }) => Identity.userPool(options('UserPoolIdentityOptions')),
      'existing pool': ({ mine }) => Identity.fromUserPool(
        cognito.UserPool.fromUserPoolArn(mine, 'People', 'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_EXAMPLE01'), cognito.UserPoolClient.fromUserPoolClientId(mine, 'Web', '1example23456789')),
      'issuer': ({ options }) => Identity.oidc(options('OidcIdentityOptions')),
      'own authorizer': ({ mine }) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(mine, 'Own', { handler: whoCalls(mine) })),
      'own authorizer with a role': ({ mine, other }) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(mine, 'Own', {
        handler: whoCalls(other), assumeRole: new iam.Role(mine, 'Caller', { assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com') }),
      })),
    },
    domainNames: { one: () => ['videos.example.com'], two: () => ['videos.example.com', 'www.example.com'], token: ({ token }) => [token('DomainName')] },
    certificate: { imported: certificate, token: ({ mine, token }) => acm.Certificate.fromCertificateArn(mine, 'Certificate', token('CertificateArn')) },
    defaultBehavior: {
      'app': () => ({ origin: app() }),
      'rendered app': ({ mine }) => ({
        origin: app(), allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL, cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        functionAssociations: [{
          eventType: cloudfront.FunctionEventType.VIEWER_RESPONSE,
          function: new cloudfront.Function(mine, 'Headers', { code: cloudfront.FunctionCode.fromInline('function handler({ response }) { return response; }') }),
        }],
      }),
      'bucket': ({ mine }) => ({ origin: origins.S3BucketOrigin.withOriginAccessControl(bucket(mine, 'Site')) }),
    },
    defaultRootObject: { file: () => 'index.html' },
    additionalBehaviors: { none: () => ({}), one: () => ({ '/live/*': { origin: app() } }), wide: () => ({ '/*': { origin: app() }, '*.js': { origin: app() } }) },
    appOrigins: { none: () => [], two: () => ['https://app.example.net', 'http://localhost:5173'], token: ({ token }) => [`https://${token('AppName')}`] },
    ladder: { one: ({ options }) => [options('TranscodeRung')], two: ({ options }) => [{ height: 144, maxBitrate: Bitrate.bps(50_000) }, options('TranscodeRung')] },
    removalPolicy: policies,
    deletionProtection: switches,
  } satisfies Ways<ServerlessVodProps, 'roles' | 'functions' | 'catalog' | 'upload' | 'ingest' | 'transcode' | 'delivery' | 'api' | 'sweeper'>,
  VodRoles: {
    uploaders: { group: () => Access.group('editors'), nobody: () => Access.nobody() },
    viewers: { group: () => Access.group('viewers'), everyone: () => Access.signedIn() },
    admins: { group: () => Access.group('video-admins'), nobody: () => Access.nobody() },
  } satisfies Ways<VodRoles>,
  UserPoolIdentityOptions: {
    userPool: {
      open: () => ({ selfSignUpEnabled: true, signInAliases: { email: true }, featurePlan: cognito.FeaturePlan.ESSENTIALS }),
      strict: () => ({
        mfa: cognito.Mfa.REQUIRED, featurePlan: cognito.FeaturePlan.PLUS, standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
      }),
    },
    userPoolClient: { short: () => ({ idTokenValidity: Duration.minutes(5), refreshTokenValidity: Duration.hours(1) }) },
    domain: {
      prefix: () => ({ cognitoDomain: { domainPrefix: 'example-videos' } }),
      custom: (given) => ({
        managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        customDomain: { domainName: 'id.example.com', certificate: certificate(given, 'PoolCertificate') },
      }),
    },
    refreshTokenRotation: switches,
    firstAdmin: { address: () => 'ada@example.com', token: ({ token }) => token('FirstAdmin') },
    reservedConcurrentExecutions: { ten: () => 10 },
  } satisfies Ways<UserPoolIdentityOptions, 'publicClient'>,
  PublicClientOptions: {
    callbackUrls: { app: () => ['com.example.videos://callback'], token: ({ token }) => [token('CallbackUrl')] },
    logoutUrls: { none: () => [], app: () => ['com.example.videos://bye'] },
  } satisfies Ways<PublicClientOptions>,
  OidcIdentityOptions: {
    issuer: { address: () => 'https://id.example.com/', token: ({ token }) => token('Issuer') },
    audiences: { one: () => ['https://videos.example.com/api'], tokens: ({ token }) => Fn.split(',', token('Audiences')) },
    token: { access: () => OidcToken.ACCESS_TOKEN, id: () => OidcToken.ID_TOKEN },
    groupsClaim: { path: () => 'realm_access.roles' },
    jwksUri: { address: () => 'https://id.example.com/keys' },
    cacheTtl: { none: () => Duration.seconds(0), hour: () => Duration.hours(1) },
    reservedConcurrentExecutions: { ten: () => 10 },
  } satisfies Ways<OidcIdentityOptions>,
  VodFunctionOptions: {
    memorySize: { least: () => 128, most: () => 10_240 },
    timeout: { least: () => Duration.seconds(10), most: () => Duration.seconds(29) },
    logRetention: { ever: () => logs.RetentionDays.INFINITE, week: () => logs.RetentionDays.ONE_WEEK },
    tracing: { active: () => lambda.Tracing.ACTIVE, off: () => lambda.Tracing.DISABLED },
    vpc: {
      'own': ({ mine }) => new ec2.Vpc(mine, 'Network', { natGateways: 1, restrictDefaultSecurityGroup: false, ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16') }),
      'of another stack': ({ other }) => new ec2.Vpc(other, 'Network', { natGateways: 1, restrictDefaultSecurityGroup: false }),
      'imported': ({ mine }) => ec2.Vpc.fromVpcAttributes(mine, 'Network', {
        vpcId: 'vpc-12345678', availabilityZones: ['us-east-1a', 'us-east-1b'], privateSubnetIds: ['subnet-11111111', 'subnet-22222222'],
        privateSubnetRouteTableIds: ['rtb-11111111', 'rtb-22222222'],
      }),
    },
    vpcSubnets: { private: () => ({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }) },
    securityGroups: { imported: ({ mine }) => [ec2.SecurityGroup.fromSecurityGroupId(mine, 'Group', 'sg-12345678')] },
    permissionsBoundary: { imported: ({ mine }) => iam.ManagedPolicy.fromManagedPolicyName(mine, 'Boundary', 'boundary') },
    layers: {
      imported: ({ mine }) => [lambda.LayerVersion.fromLayerVersionArn(mine, 'Layer', `arn:aws:lambda:${Stack.of(mine).region}:123456789012:layer:observe:1`)],
    },
    environmentEncryption: { 'own': ({ mine }) => key(mine, 'EnvironmentKey'), 'of another stack': ({ other }) => key(other, 'EnvironmentKey') },
    reservedConcurrentExecutions: { one: () => 1, ten: () => 10 },
  } satisfies Ways<VodFunctionOptions>,
  VodCatalogOptions: {
    table: {
      'own': ({ mine }) => makeTable(mine),
      'own with a key': ({ mine }) => makeTable(mine, key(mine, 'TableKey')),
      'of another stack': ({ other }) => makeTable(other),
      'imported': ({ mine }) => dynamodb.Table.fromTableAttributes(mine, 'Videos', { tableName: 'videos', tableStreamArn: Fn.importValue('VideosStream') }),
    },
    eventBus: {
      'own': ({ mine }) => new events.EventBus(mine, 'Bus'),
      'of another stack': ({ other }) => new events.EventBus(other, 'Bus'),
      'imported': ({ mine }) => events.EventBus.fromEventBusName(mine, 'Bus', 'mine'),
    },
    removalPolicy: policies,
    deletionProtection: switches,
    functions,
  } satisfies Ways<VodCatalogOptions>,
  VodUploadOptions: {
    bucket: buckets('Sources'),
    sourceLifecycle: {
      delete: () => SourceLifecycle.deleteAfterReady(Duration.days(1)),
      archive: () => SourceLifecycle.archiveAfterReady(Duration.days(3650), s3.StorageClass.DEEP_ARCHIVE),
      tier: () => SourceLifecycle.intelligentTiering(),
    },
    defaultVisibility: { private: () => VideoVisibility.PRIVATE, unlisted: () => VideoVisibility.UNLISTED },
    removalPolicy: policies,
    functions,
  } satisfies Ways<VodUploadOptions, 'files' | 'expiry' | 'quotas'>,
  UploadFileOptions: {
    maxSize: { byte: () => Size.bytes(1), gibibyte: () => Size.gibibytes(1) },
    multipartThreshold: { byte: () => Size.bytes(1), most: () => Size.gibibytes(5) },
    contentTypes: { one: () => ['video/mp4'], any: () => ['video/*'], tokens: ({ token }) => Fn.split(',', token('ContentTypes')) },
  } satisfies Ways<UploadFileOptions>,
  UploadExpiryOptions: {
    signedUrl: { least: () => Duration.minutes(1), most: () => Duration.minutes(15) },
    incompleteUpload: { least: () => Duration.hours(1), most: () => Duration.days(6) },
    expiredVideo: { least: () => Duration.hours(1), most: () => Duration.days(365) },
  } satisfies Ways<UploadExpiryOptions>,
  UploadQuotas: {
    openUploads: { one: () => 1 },
    videos: { one: () => 1 },
    storedBytes: { byte: () => Size.bytes(1) },
    uploadsPerDay: { one: () => 1 },
  } satisfies Ways<UploadQuotas>,
  VodIngestOptions: {
    defaultOwner: { user: () => 'newsroom', token: ({ token }) => token('DefaultOwner') },
    defaultVisibility: { private: () => VideoVisibility.PRIVATE, unlisted: () => VideoVisibility.UNLISTED },
    buckets: { one: ({ options }) => [options('IngestBucket')] },
    functions,
  } satisfies Ways<VodIngestOptions>,
  IngestBucket: {
    bucket: buckets('Exports'),
    prefix: { all: () => '', folder: () => 'exports/', token: ({ token }) => token('IngestPrefix') },
    deleteSources: switches,
  } satisfies Ways<IngestBucket>,
  VodTranscodeOptions: {
    segmentDuration: { least: () => Duration.seconds(2), most: () => Duration.seconds(10) },
    maxFrameRate: { least: () => 10, most: () => 120 },
    maxDuration: { second: () => Duration.seconds(1), year: () => Duration.days(365) },
    maxConcurrency: { least: () => 2, most: () => 1000 },
    concurrentJobs: { one: () => 1, hundred: () => 100 },
    functions,
  } satisfies Ways<VodTranscodeOptions>,
  TranscodeRung: {
    height: { 1080: () => 1080, 2160: () => 2160 },
    maxBitrate: { '6 Mb/s': () => Bitrate.mbps(6), '50 Mb/s': () => Bitrate.mbps(50) },
  } satisfies Ways<TranscodeRung>,
  VodDeliveryOptions: {
    bucket: buckets('Media'),
    keyGenerations: { one: () => ['2026-11'], five: () => ['1', '2', '3', '4', '5'] },
    keyType: { ECDSA: () => SigningKeyType.ECDSA_P256, RSA: () => SigningKeyType.RSA_2048 },
    priceClass: { least: () => cloudfront.PriceClass.PRICE_CLASS_100, all: () => cloudfront.PriceClass.PRICE_CLASS_ALL },
    sessionDuration: { minute: () => Duration.minutes(1), week: () => Duration.days(7) },
    removalPolicy: policies,
    functions,
  } satisfies Ways<VodDeliveryOptions>,
  VodApiOptions: {
    throttlingRateLimit: { fraction: () => 1.5, thousand: () => 1000 },
    throttlingBurstLimit: { one: () => 1, thousand: () => 1000 },
    openThrottlingRateLimit: { fraction: () => 1.5, thousand: () => 1000 },
    openThrottlingBurstLimit: { one: () => 1, thousand: () => 1000 },
    accessLogGroup: { own: ({ mine }) => new logs.LogGroup(mine, 'AccessLogs', { retention: logs.RetentionDays.ONE_MONTH }) },
    functions,
  } satisfies Ways<VodApiOptions>,
  VodSweeperOptions: { functions } satisfies Ways<VodSweeperOptions>,
};

export type StructName = keyof typeof PROPS;
