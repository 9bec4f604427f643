import os

from aws_cdk import App, Bitrate, Duration, RemovalPolicy, Size, Stack
from aws_cdk.aws_certificatemanager import Certificate
from aws_cdk.aws_cloudfront import AllowedMethods, BehaviorOptions, CachePolicy, OriginRequestPolicy, PriceClass
from aws_cdk.aws_cloudfront_origins import HttpOrigin
from aws_cdk.aws_cognito import (
    CognitoDomainOptions, FeaturePlan, Mfa, MfaSecondFactor, PasswordPolicy, UserPool, UserPoolClient,
    UserPoolClientOptions, UserPoolDomainOptions, UserPoolProps,
)
from aws_cdk.aws_lambda import Tracing
from aws_cdk.aws_logs import RetentionDays
from aws_cdk.aws_s3 import Bucket
from serverless_vod import (
    Access, Identity, IngestBucket, OidcToken, PublicClientOptions, ServerlessVod, SigningKeyType, SourceLifecycle, TranscodeRung, UploadExpiryOptions,
    UploadFileOptions, VideoVisibility, VodApiOptions, VodCatalogOptions, VodDeliveryOptions, VodFunctionOptions, VodIngestOptions, VodRoles, VodSweeperOptions,
    VodTranscodeOptions, VodUploadOptions,
)

app = App()
certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

# The service with every group of props. If the environment variable `CHANGED` is set, one prop has a different value.
stack = Stack(app, "Props")
ServerlessVod(
    stack, "Vod",
    identity=Identity.user_pool(
        first_admin="ada@example.com",
        user_pool=UserPoolProps(
            feature_plan=FeaturePlan.ESSENTIALS, mfa=Mfa.REQUIRED, mfa_second_factor=MfaSecondFactor(otp=True, sms=False),
            password_policy=PasswordPolicy(min_length=16),
        ),
        user_pool_client=UserPoolClientOptions(id_token_validity=Duration.minutes(15), refresh_token_validity=Duration.days(7)),
        domain=UserPoolDomainOptions(cognito_domain=CognitoDomainOptions(domain_prefix="videos-example")),
        refresh_token_rotation=True,
        public_client=PublicClientOptions(callback_urls=["com.example.videos://callback"]),
    ),
    roles=VodRoles(uploaders=Access.group("creators"), viewers=Access.signed_in(), admins=Access.group("video-admins")),
    domain_names=["videos.example.com", "www.example.com"],
    certificate=Certificate.from_certificate_arn(stack, "Certificate", certificate_arn),
    default_behavior=BehaviorOptions(
        origin=HttpOrigin("app.example.com"),
        allowed_methods=AllowedMethods.ALLOW_ALL,
        cache_policy=CachePolicy.CACHING_DISABLED,
        origin_request_policy=OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    ),
    default_root_object="index.html",
    app_origins=["http://localhost:5173"],
    ladder=[TranscodeRung(height=1080, max_bitrate=Bitrate.mbps(6)), TranscodeRung(height=360, max_bitrate=Bitrate.kbps(800))],
    removal_policy=RemovalPolicy.DESTROY,
    deletion_protection=False,
    functions=VodFunctionOptions(memory_size=1024, log_retention=RetentionDays.ONE_YEAR, tracing=Tracing.ACTIVE, timeout=Duration.seconds(20)),
    api=VodApiOptions(throttling_rate_limit=200, open_throttling_rate_limit=20),
    upload=VodUploadOptions(
        files=UploadFileOptions(max_size=Size.gibibytes(3 if os.environ.get("CHANGED") else 2), content_types=["video/mp4", "video/quicktime"]),
        expiry=UploadExpiryOptions(signed_url=Duration.minutes(10)),
        default_visibility=VideoVisibility.PRIVATE,
        source_lifecycle=SourceLifecycle.delete_after_ready(Duration.days(30)),
    ),
    ingest=VodIngestOptions(
        default_owner="newsroom",
        buckets=[IngestBucket(bucket=Bucket.from_bucket_name(stack, "Exports", "example-exports"), prefix="finished/", delete_sources=True)],
    ),
    transcode=VodTranscodeOptions(
        max_duration=Duration.hours(2), max_frame_rate=60, segment_duration=Duration.seconds(4), concurrent_jobs=10, max_concurrency=4,
    ),
    catalog=VodCatalogOptions(deletion_protection=False, functions=VodFunctionOptions(memory_size=2048)),
    delivery=VodDeliveryOptions(
        price_class=PriceClass.PRICE_CLASS_ALL, session_duration=Duration.hours(2), key_type=SigningKeyType.RSA_2048, key_generations=["1", "2"],
    ),
    sweeper=VodSweeperOptions(functions=VodFunctionOptions(memory_size=512)),
)

# The service with an OpenID Connect issuer, and with additional behaviors for two path patterns.
oidc = Stack(app, "Oidc")
pages = HttpOrigin("pages.example.com")
ServerlessVod(
    oidc, "Vod",
    identity=Identity.oidc(
        issuer="https://example.eu.auth0.com/",
        audiences=["https://videos.example.com/api", "https://other.example.com/api"],
        token=OidcToken.ACCESS_TOKEN,
        groups_claim="https://example.com/groups",
        cache_ttl=Duration.minutes(2),
    ),
    roles=VodRoles(uploaders=Access.group("editors"), admins=Access.nobody()),
    default_behavior=BehaviorOptions(origin=pages),
    additional_behaviors={
        "/assets/*": BehaviorOptions(origin=pages),
        "/forms/*": BehaviorOptions(origin=pages, allowed_methods=AllowedMethods.ALLOW_ALL),
    },
)

# The service with an imported user pool that has two clients.
pool = Stack(app, "Pool")
ServerlessVod(
    pool, "Vod",
    identity=Identity.from_user_pool(
        UserPool.from_user_pool_id(pool, "Users", "us-east-1_EXAMPLE"),
        UserPoolClient.from_user_pool_client_id(pool, "Web", "1example23456789"),
        UserPoolClient.from_user_pool_client_id(pool, "Mobile", "2example23456789"),
    ),
)

app.synth()
