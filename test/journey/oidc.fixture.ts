import { App, Duration, Stack } from 'aws-cdk-lib';
import { Access, Identity, OidcToken, ServerlessVod } from '../../src';

const { FIXTURE_ISSUER = 'https://identity.example.com', FIXTURE_TOKEN, FIXTURE_TTL = '3600' } = process.env;

new ServerlessVod(new Stack(new App(), 'Videos'), 'Vod', {
  identity: Identity.oidc({
    issuer: FIXTURE_ISSUER,
    // The audiences of ID tokens and of access tokens are both accepted, so the audience is never the reason to reject a token.
    audiences: ['web', 'https://videos.example.com/api'],
    token: FIXTURE_TOKEN as OidcToken | undefined,
    cacheTtl: Duration.seconds(Number(FIXTURE_TTL)),
  }),
  roles: { uploaders: Access.group('uploaders'), viewers: Access.group('viewers'), admins: Access.group('admins') },
});
