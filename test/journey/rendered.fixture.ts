import { App, Stack } from 'aws-cdk-lib';
import { AllowedMethods, CachePolicy, OriginProtocolPolicy, OriginRequestPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { ServerlessVod } from '../../src';

/** The service with a local server-rendered app, and a separate behavior for its static files. */
const origin = new HttpOrigin('app.localhost', { protocolPolicy: OriginProtocolPolicy.HTTP_ONLY, httpPort: Number(process.env.FIXTURE_APP_PORT) });
new ServerlessVod(new Stack(new App(), 'Videos'), 'Vod', {
  defaultBehavior: {
    origin,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  },
  additionalBehaviors: { '/assets/*': { origin } },
});
