import { isJwks, SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import type { TokenRules } from '../../contract/token-rules';

/** Two sequential requests (discovery and key set) must fit into the timeout of the function. */
const TIMEOUT_MS = 3000;

/** The maximum size of a response. A key set with a few certificates has about 50 kB. */
const MAX_BYTES = 500_000;

/** Interval between two requests for the keys. If the requests succeed, a key that the issuer removes stays trusted for at most this time. */
const KEYS_MS = 3_600_000;

/** Delay before a failed request for the keys is retried. */
const RETRY_MS = 60_000;

/**
 * How long keys stay trusted if no request to the issuer succeeds. A shorter outage of the issuer therefore does not sign users out. An attacker with a leaked
 * key could block the requests to the issuer. Even in this case, the key is trusted for at most one day after its removal by the issuer.
 */
const TRUSTED_MS = 86_400_000;

/** Minimum time between two requests that search for unknown key ids. With this limit, tokens with made-up key ids cannot cause many requests to the issuer. */
const SEARCH_SECONDS = 10;

/** The issuer is at fault, so the API does not return 401. */
export class IssuerFailed extends Error {
  constructor(what: string, reason: unknown) {
    super(`${what}: ${reason instanceof Error ? reason.name : String(reason)}`);
    this.name = 'IssuerFailed';
  }
}

export interface IssuerKeysPorts {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
}

/** A verifier caches the keys that it has used, and keeps them after the issuer removes them. Each renewal of the keys therefore needs a new verifier. */
export interface CurrentKeys {
  readonly jwksUri: string;
  readonly cache: SimpleJwksCache;
}

/**
 * Limits the requests for the key set. If a response does not contain the key of a token, the base class blocks further requests for some time. This class also
 * blocks further requests after a failed request.
 */
class SearchLimit extends SimplePenaltyBox {
  private failure?: { readonly error: unknown; readonly until: number };

  constructor(private readonly now: () => Date) {
    super({ waitSeconds: SEARCH_SECONDS });
  }

  override async wait(jwksUri: string): Promise<void> {
    if (this.failure && this.now().getTime() < this.failure.until) throw this.failure.error;
    await super.wait(jwksUri);
  }

  registerFailure(error: unknown): void {
    this.failure = { error, until: this.now().getTime() + SEARCH_SECONDS * 1000 };
  }
}

/** This class fetches the keys itself: `aws-jwt-verify` would require https, but the issuer of the local stack uses http. */
export class IssuerKeys {
  private readonly searches;
  private readonly cache;
  private jwksUri?: string;
  private held?: CurrentKeys;
  private renewAt = 0;
  private trustedUntil = 0;

  constructor(private readonly rules: Pick<TokenRules, 'issuer' | 'jwksUri'>, private readonly ports: IssuerKeysPorts) {
    this.jwksUri = rules.jwksUri;
    this.searches = new SearchLimit(ports.now);
    this.cache = new SimpleJwksCache({ fetcher: { fetch: (uri) => this.fetchKeySet(uri) }, jwksParser: parseKeySet, penaltyBox: this.searches });
  }

  /** Throws if no keys are known, or if the known keys are too old. */
  async current(): Promise<CurrentKeys> {
    const now = this.ports.now().getTime();
    if (this.held && now < this.renewAt) return this.held;
    try {
      this.held = await this.renew();
      this.renewAt = now + KEYS_MS;
      this.trustedUntil = now + TRUSTED_MS;
    } catch (error) {
      if (now >= this.trustedUntil) this.held = undefined;
      if (!this.held) throw error;
      console.warn({ message: 'keys not renewed', reason: error instanceof IssuerFailed ? error.message : 'unknown' });
      this.renewAt = Math.min(now + RETRY_MS, this.trustedUntil);
    }
    return this.held;
  }

  /** Fetches the key set even if it is cached, so that keys that the issuer has removed are no longer trusted. */
  private async renew(): Promise<CurrentKeys> {
    this.jwksUri ??= await this.discover();
    await this.cache.getJwks(this.jwksUri);
    return { jwksUri: this.jwksUri, cache: this.cache };
  }

  /** OpenID Connect Discovery 1.0, section 4. The `issuer` in the metadata must equal the configured issuer (section 4.3). */
  private async discover(): Promise<string> {
    const { issuer } = this.rules;
    const body = await this.get('discovery', `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: actualIssuer, jwks_uri: jwksUri } = (parseJson('discovery', body) ?? {}) as Record<string, unknown>;
    if (actualIssuer !== issuer) throw new IssuerFailed('discovery', 'the issuer in the document differs from the configured issuer');
    // If the issuer uses https, the keys must use https too, because an attacker could replace keys that are sent over http.
    const protocols = issuer.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
    if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri) || !protocols.includes(new URL(jwksUri).protocol)) {
      throw new IssuerFailed('discovery', 'jwks_uri is not a valid URL');
    }
    return jwksUri;
  }

  private async fetchKeySet(uri: string): Promise<ArrayBuffer> {
    try {
      const body = await this.get('key set', uri);
      // An unusable key set counts as a failed request.
      parseKeySet(body);
      return body;
    } catch (error) {
      this.searches.registerFailure(error);
      throw error;
    }
  }

  private async get(what: string, url: string): Promise<ArrayBuffer> {
    try {
      // A redirect could lead to a server that the issuer does not control.
      const response = await this.ports.fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new IssuerFailed(what, `status ${response.status}`);
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of response.body ?? []) {
        size += chunk.byteLength;
        if (size > MAX_BYTES) throw new IssuerFailed(what, 'too large');
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
  if (!isJwks(keys as Parameters<typeof isJwks>[0])) throw new IssuerFailed('key set', 'not a key set');
  return keys as ReturnType<SimpleJwksCache['jwksParser']>;
}

function parseJson(what: string, body: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new IssuerFailed(what, 'not JSON');
  }
}
