const { App, Bitrate, Duration, RemovalPolicy, Size, Stack } = require('aws-cdk-lib');
const { Certificate } = require('aws-cdk-lib/aws-certificatemanager');
const { AllowedMethods, CachePolicy, OriginRequestPolicy, PriceClass } = require('aws-cdk-lib/aws-cloudfront');
const { HttpOrigin } = require('aws-cdk-lib/aws-cloudfront-origins');
const { FeaturePlan, Mfa, UserPool, UserPoolClient } = require('aws-cdk-lib/aws-cognito');
const { Tracing } = require('aws-cdk-lib/aws-lambda');
const { RetentionDays } = require('aws-cdk-lib/aws-logs');
const { Bucket } = require('aws-cdk-lib/aws-s3');
const { Access, Identity, OidcToken, ServerlessVod, SigningKeyType, SourceLifecycle, VideoVisibility } = require('serverless-vod');
const app = new App();
const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';

/** The service with every group of props. If the environment variable `CHANGED` is set, one prop has a different value. */
const props = new Stack(app, 'Props');
const origin = new HttpOrigin('app.example.com');
new ServerlessVod(props, 'Vod', {
  identity: Identity.userPool({
    firstAdmin: 'ada@example.com',
    userPool: { featurePlan: FeaturePlan.ESSENTIALS, mfa: Mfa.REQUIRED, mfaSecondFactor: { otp: true, sms: false }, passwordPolicy: { minLength: 16 } },
    userPoolClient: { idTokenValidity: Duration.minutes(15), refreshTokenValidity: Duration.days(7) },
    domain: { cognitoDomain: { domainPrefix: 'videos-example' } },
    refreshTokenRotation: true,
    publicClient: { callbackUrls: ['com.example.videos://callback'] },
  }),
  roles: { uploaders: Access.group('creators'), viewers: Access.signedIn(), admins: Access.group('video-admins') },
  domainNames: ['videos.example.com', 'www.example.com'],
  certificate: Certificate.fromCertificateArn(props, 'Certificate', certificateArn),
  defaultBehavior: {
    origin,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  },
  defaultRootObject: 'index.html',
  appOrigins: ['http://localhost:5173'],
  ladder: [
    { height: 1080, maxBitrate: Bitrate.mbps(6) },
    { height: 360, maxBitrate: Bitrate.kbps(800) },
  ],
  removalPolicy: RemovalPolicy.DESTROY,
  deletionProtection: false,
  functions: { memorySize: 1024, logRetention: RetentionDays.ONE_YEAR, tracing: Tracing.ACTIVE, timeout: Duration.seconds(20) },
  api: { throttlingRateLimit: 200, openThrottlingRateLimit: 20 },
  upload: {
    files: { maxSize: Size.gibibytes(process.env.CHANGED ? 3 : 2), contentTypes: ['video/mp4', 'video/quicktime'] },
    expiry: { signedUrl: Duration.minutes(10) },
    defaultVisibility: VideoVisibility.PRIVATE,
    sourceLifecycle: SourceLifecycle.deleteAfterReady(Duration.days(30)),
  },
  ingest: {
    defaultOwner: 'newsroom',
    buckets: [{ bucket: Bucket.fromBucketName(props, 'Exports', 'example-exports'), prefix: 'finished/', deleteSources: true }],
  },
  transcode: { maxDuration: Duration.hours(2), maxFrameRate: 60, segmentDuration: Duration.seconds(4), concurrentJobs: 10, maxConcurrency: 4 },
  catalog: { deletionProtection: false, functions: { memorySize: 2048 } },
  delivery: { priceClass: PriceClass.PRICE_CLASS_ALL, sessionDuration: Duration.hours(2), keyType: SigningKeyType.RSA_2048, keyGenerations: ['1', '2'] },
  sweeper: { functions: { memorySize: 512 } },
});

/** The service with an OpenID Connect issuer, and with additional behaviors for two path patterns. */
const oidc = new Stack(app, 'Oidc');
const pages = new HttpOrigin('pages.example.com');
new ServerlessVod(oidc, 'Vod', {
  identity: Identity.oidc({
    issuer: 'https://example.eu.auth0.com/',
    audiences: ['https://videos.example.com/api', 'https://other.example.com/api'],
    token: OidcToken.ACCESS_TOKEN,
    groupsClaim: 'https://example.com/groups',
    cacheTtl: Duration.minutes(2),
  }),
  roles: { uploaders: Access.group('editors'), admins: Access.nobody() },
  defaultBehavior: { origin: pages },
  additionalBehaviors: { '/assets/*': { origin: pages }, '/forms/*': { origin: pages, allowedMethods: AllowedMethods.ALLOW_ALL } },
});

/** The service with an imported user pool that has two clients. */
const pool = new Stack(app, 'Pool');
new ServerlessVod(pool, 'Vod', {
  identity: Identity.fromUserPool(
    UserPool.fromUserPoolId(pool, 'Users', 'us-east-1_EXAMPLE'),
    UserPoolClient.fromUserPoolClientId(pool, 'Web', '1example23456789'),
    UserPoolClient.fromUserPoolClientId(pool, 'Mobile', '2example23456789'),
  ),
});

app.synth();
