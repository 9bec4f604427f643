package videos;

import io.github.serverlessvod.Access;
import io.github.serverlessvod.Identity;
import io.github.serverlessvod.IngestBucket;
import io.github.serverlessvod.OidcIdentityOptions;
import io.github.serverlessvod.OidcToken;
import io.github.serverlessvod.PublicClientOptions;
import io.github.serverlessvod.ServerlessVod;
import io.github.serverlessvod.SigningKeyType;
import io.github.serverlessvod.SourceLifecycle;
import io.github.serverlessvod.TranscodeRung;
import io.github.serverlessvod.UploadExpiryOptions;
import io.github.serverlessvod.UploadFileOptions;
import io.github.serverlessvod.UserPoolIdentityOptions;
import io.github.serverlessvod.VideoVisibility;
import io.github.serverlessvod.VodApiOptions;
import io.github.serverlessvod.VodCatalogOptions;
import io.github.serverlessvod.VodDeliveryOptions;
import io.github.serverlessvod.VodFunctionOptions;
import io.github.serverlessvod.VodIngestOptions;
import io.github.serverlessvod.VodRoles;
import io.github.serverlessvod.VodSweeperOptions;
import io.github.serverlessvod.VodTranscodeOptions;
import io.github.serverlessvod.VodUploadOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Bitrate;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Size;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.certificatemanager.Certificate;
import software.amazon.awscdk.services.cloudfront.AllowedMethods;
import software.amazon.awscdk.services.cloudfront.BehaviorOptions;
import software.amazon.awscdk.services.cloudfront.CachePolicy;
import software.amazon.awscdk.services.cloudfront.OriginRequestPolicy;
import software.amazon.awscdk.services.cloudfront.PriceClass;
import software.amazon.awscdk.services.cloudfront.origins.HttpOrigin;
import software.amazon.awscdk.services.cognito.CognitoDomainOptions;
import software.amazon.awscdk.services.cognito.FeaturePlan;
import software.amazon.awscdk.services.cognito.Mfa;
import software.amazon.awscdk.services.cognito.MfaSecondFactor;
import software.amazon.awscdk.services.cognito.PasswordPolicy;
import software.amazon.awscdk.services.cognito.UserPool;
import software.amazon.awscdk.services.cognito.UserPoolClient;
import software.amazon.awscdk.services.cognito.UserPoolClientOptions;
import software.amazon.awscdk.services.cognito.UserPoolDomainOptions;
import software.amazon.awscdk.services.cognito.UserPoolProps;
import software.amazon.awscdk.services.lambda.Tracing;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.s3.Bucket;

/** The same three stacks as the TypeScript app. */
public final class Videos {
  private static final String CERTIFICATE_ARN = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";

  /** The service with every group of props. If the environment variable `CHANGED` is set, one prop has a different value. */
  private static void everyGroup(final App app) {
    final Stack stack = new Stack(app, "Props");
    ServerlessVod.Builder.create(stack, "Vod")
        .identity(Identity.userPool(UserPoolIdentityOptions.builder()
            .firstAdmin("ada@example.com")
            .userPool(UserPoolProps.builder()
                .featurePlan(FeaturePlan.ESSENTIALS)
                .mfa(Mfa.REQUIRED)
                .mfaSecondFactor(MfaSecondFactor.builder().otp(true).sms(false).build())
                .passwordPolicy(PasswordPolicy.builder().minLength(16).build())
                .build())
            .userPoolClient(UserPoolClientOptions.builder().idTokenValidity(Duration.minutes(15)).refreshTokenValidity(Duration.days(7)).build())
            .domain(UserPoolDomainOptions.builder().cognitoDomain(CognitoDomainOptions.builder().domainPrefix("videos-example").build()).build())
            .refreshTokenRotation(true)
            .publicClient(PublicClientOptions.builder().callbackUrls(List.of("com.example.videos://callback")).build())
            .build()))
        .roles(VodRoles.builder().uploaders(Access.group("creators")).viewers(Access.signedIn()).admins(Access.group("video-admins")).build())
        .domainNames(List.of("videos.example.com", "www.example.com"))
        .certificate(Certificate.fromCertificateArn(stack, "Certificate", CERTIFICATE_ARN))
        .defaultBehavior(BehaviorOptions.builder()
            .origin(new HttpOrigin("app.example.com"))
            .allowedMethods(AllowedMethods.ALLOW_ALL)
            .cachePolicy(CachePolicy.CACHING_DISABLED)
            .originRequestPolicy(OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER)
            .build())
        .defaultRootObject("index.html")
        .appOrigins(List.of("http://localhost:5173"))
        .ladder(List.of(
            TranscodeRung.builder().height(1080).maxBitrate(Bitrate.mbps(6)).build(),
            TranscodeRung.builder().height(360).maxBitrate(Bitrate.kbps(800)).build()))
        .removalPolicy(RemovalPolicy.DESTROY)
        .deletionProtection(false)
        .functions(VodFunctionOptions.builder()
            .memorySize(1024).logRetention(RetentionDays.ONE_YEAR).tracing(Tracing.ACTIVE).timeout(Duration.seconds(20)).build())
        .api(VodApiOptions.builder().throttlingRateLimit(200).openThrottlingRateLimit(20).build())
        .upload(VodUploadOptions.builder()
            .files(UploadFileOptions.builder()
                .maxSize(Size.gibibytes(System.getenv("CHANGED") != null ? 3 : 2)).contentTypes(List.of("video/mp4", "video/quicktime")).build())
            .expiry(UploadExpiryOptions.builder().signedUrl(Duration.minutes(10)).build())
            .defaultVisibility(VideoVisibility.PRIVATE)
            .sourceLifecycle(SourceLifecycle.deleteAfterReady(Duration.days(30)))
            .build())
        .ingest(VodIngestOptions.builder()
            .defaultOwner("newsroom")
            .buckets(List.of(IngestBucket.builder()
                .bucket(Bucket.fromBucketName(stack, "Exports", "example-exports")).prefix("finished/").deleteSources(true).build()))
            .build())
        .transcode(VodTranscodeOptions.builder()
            .maxDuration(Duration.hours(2)).maxFrameRate(60).segmentDuration(Duration.seconds(4)).concurrentJobs(10).maxConcurrency(4).build())
        .catalog(VodCatalogOptions.builder().deletionProtection(false).functions(VodFunctionOptions.builder().memorySize(2048).build()).build())
        .delivery(VodDeliveryOptions.builder()
            .priceClass(PriceClass.PRICE_CLASS_ALL)
            .sessionDuration(Duration.hours(2))
            .keyType(SigningKeyType.RSA_2048)
            .keyGenerations(List.of("1", "2"))
            .build())
        .sweeper(VodSweeperOptions.builder().functions(VodFunctionOptions.builder().memorySize(512).build()).build())
        .build();
  }

  /** The service with an OpenID Connect issuer, and with additional behaviors for two path patterns. */
  private static void oidc(final App app) {
    final Stack stack = new Stack(app, "Oidc");
    final HttpOrigin pages = new HttpOrigin("pages.example.com");
    // CloudFront uses the first behavior that matches, and Map.of has no order.
    final Map<String, BehaviorOptions> behaviors = new LinkedHashMap<>();
    behaviors.put("/assets/*", BehaviorOptions.builder().origin(pages).build());
    behaviors.put("/forms/*", BehaviorOptions.builder().origin(pages).allowedMethods(AllowedMethods.ALLOW_ALL).build());
    ServerlessVod.Builder.create(stack, "Vod")
        .identity(Identity.oidc(OidcIdentityOptions.builder()
            .issuer("https://example.eu.auth0.com/")
            .audiences(List.of("https://videos.example.com/api", "https://other.example.com/api"))
            .token(OidcToken.ACCESS_TOKEN)
            .groupsClaim("https://example.com/groups")
            .cacheTtl(Duration.minutes(2))
            .build()))
        .roles(VodRoles.builder().uploaders(Access.group("editors")).admins(Access.nobody()).build())
        .defaultBehavior(BehaviorOptions.builder().origin(pages).build())
        .additionalBehaviors(behaviors)
        .build();
  }

  /** The service with an imported user pool that has two clients. */
  private static void pool(final App app) {
    final Stack stack = new Stack(app, "Pool");
    ServerlessVod.Builder.create(stack, "Vod")
        .identity(Identity.fromUserPool(
            UserPool.fromUserPoolId(stack, "Users", "us-east-1_EXAMPLE"),
            UserPoolClient.fromUserPoolClientId(stack, "Web", "1example23456789"),
            UserPoolClient.fromUserPoolClientId(stack, "Mobile", "2example23456789")))
        .build();
  }

  public static void main(final String[] args) {
    final App app = new App();
    everyGroup(app);
    oidc(app);
    pool(app);
    app.synth();
  }
}
