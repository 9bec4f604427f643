import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AllowedMethods, CachePolicy, OriginProtocolPolicy, OriginRequestPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { ServerlessVod } from 'serverless-vod';

/** The service with a domain name and a server-rendered app on the same domain. */
const app = new App();
const stack = new Stack(app, 'Videos');

/** The host of the app's server. In the local stack, the host is `app.localhost`, and the code of the server is in the folder `server`. */
const host = process.env.APP_HOST ?? 'app.localhost';
const origin = host === 'app.localhost'
  ? new HttpOrigin(host, { protocolPolicy: OriginProtocolPolicy.HTTP_ONLY, httpPort: Number(process.env.APP_PORT ?? 3000) })
  : new HttpOrigin(host);
const certificateArn = process.env.CERTIFICATE_ARN ?? 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';

const vod = new ServerlessVod(stack, 'Vod', {
  domainNames: [process.env.DOMAIN_NAME ?? 'videos.example.com'],
  certificate: Certificate.fromCertificateArn(stack, 'Certificate', certificateArn),
  // CloudFront forwards all requests outside /api and /v to the app, with cookies, headers and query string. CloudFront does not cache the responses.
  defaultBehavior: {
    origin,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  },
  // CloudFront caches the app's static files.
  additionalBehaviors: { '/assets/*': { origin } },
});

new CfnOutput(stack, 'Url', { value: vod.url });
new CfnOutput(stack, 'UserPoolId', { value: vod.auth.userPool!.userPoolId });
new CfnOutput(stack, 'DistributionDomainName', { value: vod.delivery.distribution.domainName, description: 'The target of the CNAME record of your domain name' });
