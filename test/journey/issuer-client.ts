import { createHash, randomBytes } from 'crypto';
import { passPages, type Tokens } from '../../local/client';
import { CookieJar } from '../../local/cookie-jar';
import type { LocalUser } from '../../local/issuers/users';

export interface PublicClient {
  readonly clientId: string;
  readonly redirectUri: string;
}

const WEB: PublicClient = { clientId: 'web', redirectUri: 'http://localhost/callback' };

const random = () => randomBytes(32).toString('base64url');

/** Signs in directly at an issuer, not through the service. Uses the discovery document and an authorization code with PKCE. Sends no client secret. */
export async function signInAt(issuer: string, user: LocalUser, { clientId, redirectUri } = WEB): Promise<Omit<Tokens, 'refresh_token'>> {
  const discovery = await json(await fetch(`${issuer}/.well-known/openid-configuration`));
  if (discovery.issuer !== issuer) throw new Error(`${issuer} calls itself ${discovery.issuer}`);
  const [verifier, state] = [random(), random()];
  const address = new URL(discovery.authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: clientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid email', state, nonce: random(),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  }).toString();
  const answer = (await passPages(new CookieJar(), address.href, user)).searchParams;
  if (answer.get('state') !== state) throw new Error(`the sign-in returned ${answer.get('error') ?? 'another state'}`);
  const body = new URLSearchParams({
    grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri, code_verifier: verifier, code: answer.get('code')!,
  });
  return json(await fetch(discovery.token_endpoint, { method: 'POST', body }));
}

async function json(response: Response): Promise<any> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return response.json();
}
