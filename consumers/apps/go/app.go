package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	vod "github.com/serverless-vod/serverless-vod-go/serverlessvod"
)

const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

// everyGroup creates the service with every group of props. If the environment variable `CHANGED` is set, one prop has a different value.
func everyGroup(app awscdk.App) {
	stack := awscdk.NewStack(app, jsii.String("Props"), nil)
	gibibytes := 2.0
	if os.Getenv("CHANGED") != "" {
		gibibytes = 3
	}
	vod.NewServerlessVod(stack, jsii.String("Vod"), &vod.ServerlessVodProps{
		Identity: vod.Identity_UserPool(&vod.UserPoolIdentityOptions{
			FirstAdmin: jsii.String("ada@example.com"),
			UserPool: &awscognito.UserPoolProps{
				FeaturePlan:     awscognito.FeaturePlan_ESSENTIALS,
				Mfa:             awscognito.Mfa_REQUIRED,
				MfaSecondFactor: &awscognito.MfaSecondFactor{Otp: jsii.Bool(true), Sms: jsii.Bool(false)},
				PasswordPolicy:  &awscognito.PasswordPolicy{MinLength: jsii.Number(16)},
			},
			UserPoolClient: &awscognito.UserPoolClientOptions{
				IdTokenValidity:      awscdk.Duration_Minutes(jsii.Number(15)),
				RefreshTokenValidity: awscdk.Duration_Days(jsii.Number(7)),
			},
			Domain:               &awscognito.UserPoolDomainOptions{CognitoDomain: &awscognito.CognitoDomainOptions{DomainPrefix: jsii.String("videos-example")}},
			RefreshTokenRotation: jsii.Bool(true),
			PublicClient:         &vod.PublicClientOptions{CallbackUrls: jsii.Strings("com.example.videos://callback")},
		}),
		Roles: &vod.VodRoles{
			Uploaders: vod.Access_Group(jsii.String("creators")),
			Viewers:   vod.Access_SignedIn(),
			Admins:    vod.Access_Group(jsii.String("video-admins")),
		},
		DomainNames: jsii.Strings("videos.example.com", "www.example.com"),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), jsii.String(certificateArn)),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:              awscloudfrontorigins.NewHttpOrigin(jsii.String("app.example.com"), nil),
			AllowedMethods:      awscloudfront.AllowedMethods_ALLOW_ALL(),
			CachePolicy:         awscloudfront.CachePolicy_CACHING_DISABLED(),
			OriginRequestPolicy: awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
		},
		DefaultRootObject: jsii.String("index.html"),
		AppOrigins:        jsii.Strings("http://localhost:5173"),
		Ladder: &[]*vod.TranscodeRung{
			{Height: jsii.Number(1080), MaxBitrate: awscdk.Bitrate_Mbps(jsii.Number(6))},
			{Height: jsii.Number(360), MaxBitrate: awscdk.Bitrate_Kbps(jsii.Number(800))},
		},
		RemovalPolicy:      awscdk.RemovalPolicy_DESTROY,
		DeletionProtection: jsii.Bool(false),
		Functions: &vod.VodFunctionOptions{
			MemorySize:   jsii.Number(1024),
			LogRetention: awslogs.RetentionDays_ONE_YEAR,
			Tracing:      awslambda.Tracing_ACTIVE,
			Timeout:      awscdk.Duration_Seconds(jsii.Number(20)),
		},
		Api: &vod.VodApiOptions{ThrottlingRateLimit: jsii.Number(200), OpenThrottlingRateLimit: jsii.Number(20)},
		Upload: &vod.VodUploadOptions{
			Files: &vod.UploadFileOptions{
				MaxSize:      awscdk.Size_Gibibytes(jsii.Number(gibibytes)),
				ContentTypes: jsii.Strings("video/mp4", "video/quicktime"),
			},
			Expiry:            &vod.UploadExpiryOptions{SignedUrl: awscdk.Duration_Minutes(jsii.Number(10))},
			DefaultVisibility: vod.VideoVisibility_PRIVATE,
			SourceLifecycle:   vod.SourceLifecycle_DeleteAfterReady(awscdk.Duration_Days(jsii.Number(30))),
		},
		Ingest: &vod.VodIngestOptions{
			DefaultOwner: jsii.String("newsroom"),
			Buckets: &[]*vod.IngestBucket{{
				Bucket:        awss3.Bucket_FromBucketName(stack, jsii.String("Exports"), jsii.String("example-exports")),
				Prefix:        jsii.String("finished/"),
				DeleteSources: jsii.Bool(true),
			}},
		},
		Transcode: &vod.VodTranscodeOptions{
			MaxDuration:     awscdk.Duration_Hours(jsii.Number(2)),
			MaxFrameRate:    jsii.Number(60),
			SegmentDuration: awscdk.Duration_Seconds(jsii.Number(4)),
			ConcurrentJobs:  jsii.Number(10),
			MaxConcurrency:  jsii.Number(4),
		},
		Catalog: &vod.VodCatalogOptions{DeletionProtection: jsii.Bool(false), Functions: &vod.VodFunctionOptions{MemorySize: jsii.Number(2048)}},
		Delivery: &vod.VodDeliveryOptions{
			PriceClass:      awscloudfront.PriceClass_PRICE_CLASS_ALL,
			SessionDuration: awscdk.Duration_Hours(jsii.Number(2)),
			KeyType:         vod.SigningKeyType_RSA_2048,
			KeyGenerations:  jsii.Strings("1", "2"),
		},
		Sweeper: &vod.VodSweeperOptions{Functions: &vod.VodFunctionOptions{MemorySize: jsii.Number(512)}},
	})
}

// oidc creates the service with an OpenID Connect issuer, and with additional behaviors for two path patterns.
func oidc(app awscdk.App) {
	stack := awscdk.NewStack(app, jsii.String("Oidc"), nil)
	pages := awscloudfrontorigins.NewHttpOrigin(jsii.String("pages.example.com"), nil)
	vod.NewServerlessVod(stack, jsii.String("Vod"), &vod.ServerlessVodProps{
		Identity: vod.Identity_Oidc(&vod.OidcIdentityOptions{
			Issuer:      jsii.String("https://example.eu.auth0.com/"),
			Audiences:   jsii.Strings("https://videos.example.com/api", "https://other.example.com/api"),
			Token:       vod.OidcToken_ACCESS_TOKEN,
			GroupsClaim: jsii.String("https://example.com/groups"),
			CacheTtl:    awscdk.Duration_Minutes(jsii.Number(2)),
		}),
		Roles:           &vod.VodRoles{Uploaders: vod.Access_Group(jsii.String("editors")), Admins: vod.Access_Nobody()},
		DefaultBehavior: &awscloudfront.BehaviorOptions{Origin: pages},
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/assets/*": {Origin: pages},
			"/forms/*":  {Origin: pages, AllowedMethods: awscloudfront.AllowedMethods_ALLOW_ALL()},
		},
	})
}

// pool creates the service with an imported user pool that has two clients.
func pool(app awscdk.App) {
	stack := awscdk.NewStack(app, jsii.String("Pool"), nil)
	vod.NewServerlessVod(stack, jsii.String("Vod"), &vod.ServerlessVodProps{
		Identity: vod.Identity_FromUserPool(
			awscognito.UserPool_FromUserPoolId(stack, jsii.String("Users"), jsii.String("us-east-1_EXAMPLE")),
			awscognito.UserPoolClient_FromUserPoolClientId(stack, jsii.String("Web"), jsii.String("1example23456789")),
			awscognito.UserPoolClient_FromUserPoolClientId(stack, jsii.String("Mobile"), jsii.String("2example23456789")),
		),
	})
}

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	everyGroup(app)
	oidc(app)
	pool(app)
	app.Synth(nil)
}
