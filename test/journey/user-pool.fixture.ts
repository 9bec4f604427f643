import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Access, Identity, ServerlessVod } from '../../src';

/** A pool that is not the service's own: two of its three clients may call. The stack can be thrown away. */
const stack = new Stack(new App(), 'Videos');
const people = new cognito.UserPool(stack, 'People');
people.addGroup('Uploaders', { groupName: 'uploaders' });
const [web, app] = ['Web', 'App', 'Foreign'].map((id) => {
  const client = people.addClient(id, {
    oAuth: { flows: { authorizationCodeGrant: true }, scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL], callbackUrls: ['http://localhost/callback'] },
  });
  new CfnOutput(stack, `${id}ClientId`, { value: client.userPoolClientId });
  return client;
});
new CfnOutput(stack, 'Issuer', { value: people.userPoolProviderUrl });
new ServerlessVod(stack, 'Vod', {
  removalPolicy: RemovalPolicy.DESTROY,
  identity: Identity.fromUserPool(people, web, app),
  roles: { uploaders: Access.group('uploaders') },
});
