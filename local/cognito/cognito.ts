import { createServer, type IncomingMessage, type ServerResponse } from 'http';
import { join } from 'path';
import { text } from 'stream/consumers';
import { errorPage, loginForm, sendPage } from './pages';
import { createProvider, type LocalUser } from './provider';
import type { KeysOf } from '../gateway/gateway';
import { listen } from '../listen';
import { onlyKnown, theOne } from '../lookup';
import { jsonService } from '../services/json';
import { AwsError, type LocalStack } from '../types';

/** Who can sign in. They exist on this machine only. */
export const sampleUsers: readonly LocalUser[] = [
  { username: 'ada', password: 'Analytical-Engine-1843', groups: ['admins', 'uploaders'] },
  { username: 'grace', password: 'Compiler-A0-1952', groups: ['uploaders'] },
  { username: 'linus', password: 'Just-For-Fun-1991', groups: [] },
];

/** The user pool of the template, with its hosted sign-in pages. */
export async function startCognito({ stack, port }: { stack: LocalStack; port: number }) {
  const pool = theOne(stack, 'AWS::Cognito::UserPool');
  const client = theOne(stack, 'AWS::Cognito::UserPoolClient');
  const { logicalId, physicalId: clientId, properties: { TokenValidityUnits, ...properties } } = client;
  onlyKnown(logicalId, { ...properties, ...TokenValidityUnits, AllowedOAuthFlows: String(properties.AllowedOAuthFlows) },
    'AccessTokenValidity AllowedOAuthScopes CallbackURLs ClientName ExplicitAuthFlows IdTokenValidity LogoutURLs PreventUserExistenceErrors '
    + 'RefreshTokenValidity SupportedIdentityProviders UserPoolId',
    {
      AllowedOAuthFlows: ['code'], AllowedOAuthFlowsUserPoolClient: [true], EnableTokenRevocation: [true], GenerateSecret: [true],
      AccessToken: ['minutes'], IdToken: ['minutes'], RefreshToken: ['minutes'],
    });

  const issuer = `http://127.0.0.1:${port}/${pool.physicalId}`;
  const { provider, keys, clientSecret, subOf } = await createProvider(issuer, client, sampleUsers, join(stack.dataFolder, 'cognito'));
  const callback = provider.callback();

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cid } = await provider.interactionDetails(request, response);
    if (request.method !== 'POST') return sendPage(response, 200, loginForm(cid));
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    if (form._csrf !== cid) throw new Error('the form is not from this sign-in');
    const name = form.username?.trim().toLowerCase();
    const user = sampleUsers.find(({ username }) => [username, `${username}@example.com`].includes(name));
    if (!user || user.password !== form.password) return sendPage(response, 401, loginForm(cid, 'Incorrect username or password.'));
    return provider.interactionFinished(request, response, { login: { accountId: subOf(user) } }, { mergeWithLastSubmission: false });
  }

  async function logout(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const target = query.get('logout_uri')!;
    if (query.get('client_id') !== clientId || !properties.LogoutURLs.includes(target)) return sendPage(response, 400, errorPage('redirect_mismatch'));
    await (await provider.Session.get(provider.createContext(request, response))).destroy();
    response.writeHead(302, { 'location': target, 'cache-control': 'no-store' }).end();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, issuer);
    if (pathname.startsWith('/login/')) return login(request, response);
    if (pathname === '/logout') return logout(request, response, searchParams);
    if (pathname === `/${pool.physicalId}/.well-known/openid-configuration`) request.url = '/.well-known/openid-configuration';
    return callback(request, response);
  }

  const listening = await listen(createServer((request, response) => void handle(request, response).catch((error: Error) => {
    console.error(`cognito: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else sendPage(response, 400, errorPage('The request failed. Go back to the app and sign in again.'));
  })), port);

  return {
    ...listening, users: sampleUsers,
    service: jsonService('cognito-idp', (operation, { UserPoolId }) => [{
      action: `cognito-idp:${operation}`, resource: `arn:aws:cognito-idp:${stack.region}:${stack.account}:userpool/${UserPoolId}`,
    }], {
      DescribeUserPoolClient({ UserPoolId, ClientId }) {
        if (UserPoolId === pool.physicalId && ClientId === clientId) return { UserPoolClient: { ...client.properties, ClientId, ClientSecret: clientSecret } };
        throw new AwsError('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`);
      },
    }),
    keysOf(userPoolArn: string): ReturnType<KeysOf> {
      if (userPoolArn !== pool.attributes.Arn) throw new Error(`the local Cognito has no user pool ${userPoolArn}`);
      return { issuer, keys };
    },
  };
}
