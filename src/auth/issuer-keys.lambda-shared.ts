import { isJwks, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { TokenRules } from '../contract/token-rules';

/** Two requests at most, one after the other, must fit the time that the handler has. */
const TIMEOUT_MS = 3000;

/** Key sets of a few certificates are ten times smaller. */
const MAX_BYTES = 500_000;

/** The issuer did not say what it takes to check a token. That is not the caller's fault, so it never becomes `Unauthorized`. */
export class IssuerFailed extends Error {
  constructor(what: string, reason: unknown) {
    super(`${what}: ${reason instanceof Error ? reason.name : String(reason)}`);
    this.name = 'IssuerFailed';
  }
}

/** The issuer's public keys. All its documents come over one fetcher, since the library's own speaks https only and one machine's issuer does not. */
export class IssuerKeys {
  /** Asks again for a key that it does not know, at most every ten seconds: the library's penalty box keeps made-up key ids from becoming a flood. */
  readonly cache = new SimpleJwksCache({ fetcher: { fetch: (uri) => this.get('key set', uri) }, jwksParser: parseKeySet });
  private address?: string;

  constructor(private readonly rules: Pick<TokenRules, 'issuer' | 'jwksUri'>, private readonly fetch: typeof globalThis.fetch) {
    this.address = rules.jwksUri;
  }

  /** Where the key set is, asked once. */
  async jwksUri(): Promise<string> {
    this.address ??= await this.discover();
    return this.address;
  }

  /** Fetches the key set, whatever is known of it, so that keys which the issuer dropped go too. */
  async renew(): Promise<void> {
    await this.cache.getJwks(await this.jwksUri());
  }

  /** OpenID Connect Discovery 1.0, section 4; the comparison is that of 4.3. */
  private async discover(): Promise<string> {
    const { issuer } = this.rules;
    const body = await this.get('discovery', `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: named, jwks_uri: address } = (parseJson('discovery', body) ?? {}) as Record<string, unknown>;
    if (named !== issuer) throw new IssuerFailed('discovery', 'it names another issuer');
    // Keys that came over a plain connection would undo what the issuer's https is for.
    const protocols = issuer.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
    if (typeof address !== 'string' || !URL.canParse(address) || !protocols.includes(new URL(address).protocol)) {
      throw new IssuerFailed('discovery', 'its jwks_uri is no address');
    }
    return address;
  }

  private async get(what: string, address: string): Promise<ArrayBuffer> {
    try {
      // A redirect could lead from the issuer to whoever it trusts with one page.
      const response = await this.fetch(address, { headers: { accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new IssuerFailed(what, `status ${response.status}`);
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of response.body ?? []) {
        size += chunk.byteLength;
        if (size > MAX_BYTES) throw new IssuerFailed(what, 'it is too large');
        chunks.push(chunk);
      }
      return new Uint8Array(Buffer.concat(chunks)).buffer;
    } catch (error) {
      throw error instanceof IssuerFailed ? error : new IssuerFailed(what, error);
    }
  }
}

function parseKeySet(body: ArrayBuffer) {
  const keys = parseJson('key set', body);
  if (!isJwks(keys as Parameters<typeof isJwks>[0])) throw new IssuerFailed('key set', 'it is none');
  return keys as ReturnType<SimpleJwksCache['jwksParser']>;
}

function parseJson(what: string, body: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new IssuerFailed(what, 'it is no JSON');
  }
}
