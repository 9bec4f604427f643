import type { ServerResponse } from 'http';
import { JwtVerifier } from 'aws-jwt-verify';
import { startCognito } from '../../../../local/issuers/cognito/cognito';
import { sampleUsers } from '../../../../local/issuers/users';
import { freePorts } from '../../../../local/listen';
import type { AwsRequest, LocalStack, Part } from '../../../../local/types';
import { fakeStack, resource } from '../../edge/fakes';

export const callback = 'http://localhost:8000/api/authorize';
export const redirect = encodeURIComponent(callback);
export const poolId = 'eu-west-1_Pool12345';
export const poolArn = `arn:aws:cognito-idp:eu-west-1:111122223333:userpool/${poolId}`;
export const clientProperties = {
  ClientName: 'app',
  UserPoolId: poolId,
  GenerateSecret: true,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ['openid', 'email', 'profile'],
  CallbackURLs: [callback],
  LogoutURLs: ['http://localhost:8000/'],
  SupportedIdentityProviders: ['COGNITO'],
  IdTokenValidity: 5,
  AccessTokenValidity: 10,
  RefreshTokenValidity: 60,
  TokenValidityUnits: { IdToken: 'minutes', AccessToken: 'minutes', RefreshToken: 'minutes' },
};

interface PoolOptions {
  readonly dataFolder?: string;
  readonly client?: object;
  readonly second?: object;
  readonly pool?: object;
  readonly domain?: object;
  readonly groups?: string[];
  readonly divideLifetimes?: number;
}

function poolStack({ dataFolder, client, second, pool = {}, domain, groups = ['admins', 'uploaders'] }: PoolOptions): LocalStack {
  return fakeStack([
    resource('AWS::Cognito::UserPool', 'Pool', pool, { physicalId: poolId, attributes: { Arn: poolArn } }),
    resource('AWS::Cognito::UserPoolClient', 'Client', { ...clientProperties, ...client }, { physicalId: 'client1' }),
    ...second ? [resource('AWS::Cognito::UserPoolClient', 'Second', { ...clientProperties, ...second }, { physicalId: 'client2' })] : [],
    ...domain ? [resource('AWS::Cognito::UserPoolDomain', 'Domain', domain)] : [],
    ...groups.map((GroupName) => resource('AWS::Cognito::UserPoolGroup', `Group${GroupName}`, { GroupName }, { physicalId: GroupName })),
  ], dataFolder);
}

export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(readonly base: string) {}

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.base), { redirect: 'manual', ...init, headers: { cookie, ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return response;
  }

  async follow(response: Response): Promise<Response> {
    const location = response.headers.get('location');
    if (!location || new URL(location, this.base).origin !== this.base) return response;
    return this.follow(await this.fetch(location));
  }

  async submit(page: Response, username: string, password: string): Promise<Response> {
    const html = await page.text();
    const hidden = [...html.matchAll(/type="hidden" name="([^"]+)" value="([^"]+)"/g)].map(([, name, value]) => [name, value]);
    const body = new URLSearchParams([...hidden, ['username', username], ['password', password]]);
    return this.follow(await this.fetch(new URL(page.url).pathname, { method: 'POST', body }));
  }
}

const running: Part[] = [];

export const stopAll = async () => void await Promise.all(running.splice(0).map((each) => each.stop()));
export const keep = <T extends Part>(part: T): T => {
  running.push(part);
  return part;
};

export type Pool = Awaited<ReturnType<typeof started>>;
export async function started({ divideLifetimes, ...options }: PoolOptions = {}) {
  const stack = poolStack(options);
  const [port] = await freePorts([0]);
  const cognito = keep(await startCognito({ stack, port, divideLifetimes }));
  const base = `http://127.0.0.1:${port}`;
  const { body } = await callAws(cognito, 'DescribeUserPoolClient', { UserPoolId: poolId, ClientId: 'client1' });
  return { stack, cognito, base, issuer: `${base}/${poolId}`, secret: body.UserPoolClient.ClientSecret as string, browser: new Browser(base) };
}

export async function callAws({ service }: Awaited<ReturnType<typeof startCognito>>, operation: string, input: object) {
  const request = {
    headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` }, body: Buffer.from(JSON.stringify(input)),
  } as unknown as AwsRequest;
  const sent = { body: '' };
  const end = (text: string) => Object.assign(sent, { body: text });
  const response = { writeHead: () => response, setHeader: () => response, end } as unknown as ServerResponse;
  const needs = service.needs(request);
  await service.handle(request, response);
  return { needs, body: JSON.parse(sent.body) };
}

export const authorize = (extra = '') => `/oauth2/authorize?client_id=client1&response_type=code&redirect_uri=${redirect}&scope=openid+email&state=s1${extra}`;

export async function signIn({ browser }: { browser: Browser }, username = 'ada', extra = ''): Promise<URL> {
  const form = await browser.follow(await browser.fetch(authorize(extra)));
  const { password } = sampleUsers.find((user) => user.username === username)!;
  const done = await browser.submit(form, username, password);
  return new URL(done.headers.get('location')!);
}

export async function token({ base, secret }: { base: string; secret: string }, fields: Record<string, string>, basic = true) {
  const response = await fetch(`${base}/oauth2/token`, {
    method: 'POST',
    headers: basic ? { authorization: `Basic ${Buffer.from(`client1:${secret}`).toString('base64')}` } : {},
    body: new URLSearchParams({ ...fields, ...basic ? {} : { client_id: 'client1', client_secret: secret } }),
  });
  return { status: response.status, body: await response.json() as Record<string, any> };
}
export const exchange = (pool: { base: string; secret: string }, code: string, more = {}) =>
  token(pool, { grant_type: 'authorization_code', code, redirect_uri: callback, ...more });

export async function verifier(issuer: string) {
  const jwks = await (await fetch(`${issuer}/.well-known/jwks.json`)).json();
  const verify = JwtVerifier.create({ issuer, audience: null });
  verify.cacheJwks(jwks as any);
  return verify;
}
