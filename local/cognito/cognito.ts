import { createHash, timingSafeEqual } from 'crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'http';
import { join } from 'path';
import { errorText, loginForm, sendPage } from './pages';
import { createProvider, type LocalUser } from './provider';
import { loadState } from './state';
import type { KeysOf } from '../gateway/authorizer';
import { answerJson, failJson, inputOf, operationOf } from '../services/json';
import { AwsError, type DoorService, type LocalStack, type Part } from '../types';

export type { LocalUser };

/** Who can sign in when nobody else is named. They exist on this machine only. */
export const sampleUsers: readonly LocalUser[] = [
  { username: 'ada', password: 'Analytical-Engine-1843', groups: ['admins', 'uploaders'] },
  { username: 'grace', password: 'Compiler-A0-1952', groups: ['uploaders'] },
  { username: 'linus', password: 'Just-For-Fun-1991', groups: [] },
];

const largestForm = 16 * 1024;

/** The fields of a posted form. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > largestForm) throw new Error('the form is too large');
  }
  return new URLSearchParams(text);
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** The user pool of the template, with its hosted sign-in pages. */
export async function startCognito({ stack, port = 0, users = sampleUsers }: { stack: LocalStack; port?: number; users?: readonly LocalUser[] }):
Promise<Part & { readonly service: DoorService; readonly port: number; readonly users: readonly LocalUser[]; readonly keysOf: KeysOf }> {
  const [pool, ...others] = stack.ofType('AWS::Cognito::UserPool');
  if (!pool || others.length) throw new Error('the local Cognito serves exactly one AWS::Cognito::UserPool');
  const clients = stack.ofType('AWS::Cognito::UserPoolClient');
  const flow = clients.find(({ properties: { AllowedOAuthFlows = ['code'] } }) => String(AllowedOAuthFlows) !== 'code');
  if (flow) throw new Error(`${flow.logicalId}: the local Cognito knows the code flow only`);
  const folder = join(stack.dataFolder, 'cognito');
  const state = await loadState(folder, clients.map(({ physicalId }) => physicalId), users.map(({ username }) => username));

  // The issuer names the port, so the port must be known before the pages behind it are made.
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  const server = createServer((request, response) => void handle(request, response).catch((error: Error) => {
    console.error(`cognito: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else sendPage(response, 400, errorText('The request failed. Go back to the app and sign in again.'));
  }));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as { port: number }).port;
  const base = `http://127.0.0.1:${bound}`;
  const issuer = `${base}/${pool.physicalId}`;
  const { provider, keys } = await createProvider(issuer, pool, clients, [...users], state, folder);
  const callback = provider.callback();

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const interaction = await provider.interactionDetails(request, response);
    if (request.method !== 'POST') return sendPage(response, 200, loginForm(interaction.cid));
    const form = await formOf(request);
    if (form.get('_csrf') !== interaction.cid) throw new Error('the form is not from this sign-in');
    const name = (form.get('username') ?? '').trim().toLowerCase();
    const user = users.find(({ username }) => [username, `${username}@example.com`].includes(name));
    if (!timingSafeEqual(digest(user?.password ?? ''), digest(form.get('password') ?? '')) || !user) {
      return sendPage(response, 401, loginForm(interaction.cid, 'Incorrect username or password.'));
    }
    return provider.interactionFinished(request, response, { login: { accountId: state.subs[user.username] } }, { mergeWithLastSubmission: false });
  }

  async function logout(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const client = clients.find(({ physicalId }) => physicalId === query.get('client_id'));
    const target = query.get('logout_uri');
    if (!target || !client?.properties.LogoutURLs?.includes(target)) return sendPage(response, 400, errorText('redirect_mismatch'));
    await (await provider.Session.get(provider.createContext(request, response))).destroy();
    const expired = ['cognito', 'cognito.sig'].map((name) => `${name}=; path=/; expires=${new Date(0).toUTCString()}; httponly`);
    response.writeHead(302, { 'location': target, 'set-cookie': expired, 'cache-control': 'no-store' }).end();
  }

  handle = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, base);
    if (pathname.startsWith('/login/')) return login(request, response);
    if (pathname === '/logout') return logout(request, response, searchParams);
    if (pathname === '/login') {
      response.writeHead(302, { location: `/oauth2/authorize?${searchParams}` }).end();
      return;
    }
    if (pathname === '/oauth2/authorize' && !searchParams.has('scope')) {
      const client = clients.find(({ physicalId }) => physicalId === searchParams.get('client_id'));
      if (client) searchParams.set('scope', client.properties.AllowedOAuthScopes.join(' '));
      request.url = `${pathname}?${searchParams}`;
    }
    if (pathname === `/${pool.physicalId}/.well-known/openid-configuration`) request.url = '/.well-known/openid-configuration';
    return callback(request, response);
  };

  const service: DoorService = {
    name: 'cognito-idp',
    needs: ({ headers, body }) => operationOf(headers) === 'DescribeUserPoolClient' ? [{
      action: 'cognito-idp:DescribeUserPoolClient',
      resource: `arn:aws:cognito-idp:${stack.region}:${stack.account}:userpool/${inputOf(body).UserPoolId}`,
    }] : [],
    async handle({ headers, body }, response) {
      const operation = operationOf(headers);
      if (operation !== 'DescribeUserPoolClient') throw new AwsError('UnknownOperationException', `the local Cognito does not know ${operation}`);
      const { UserPoolId, ClientId } = inputOf(body);
      const client = clients.find(({ physicalId }) => physicalId === ClientId);
      if (UserPoolId !== pool.physicalId || !client) throw new AwsError('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`);
      const { GenerateSecret, ...properties } = client.properties;
      answerJson(response, { UserPoolClient: { ...properties, UserPoolId, ClientId, ...GenerateSecret && { ClientSecret: state.secrets[ClientId] } } });
    },
    fail: failJson,
  };

  return {
    service, users, port: bound,
    keysOf(userPoolArn) {
      if (userPoolArn !== pool.attributes.Arn) throw new Error(`the local Cognito has no user pool ${userPoolArn}`);
      return { issuer, keys };
    },
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
