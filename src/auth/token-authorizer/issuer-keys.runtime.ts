import { isJwks, SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import type { TokenRules } from '../../contract/token-rules';

/** Two requests at most, one after the other, must fit the time that the handler has. */
const TIMEOUT_MS = 3000;

/** Key sets of a few certificates are ten times smaller. */
const MAX_BYTES = 500_000;

/** Keys are renewed this often: one that the issuer dropped is trusted no longer, as long as the issuer answers. */
const KEYS_MS = 3_600_000;

/** When keys could not be renewed, those that are known serve on, and the issuer is asked again after this time. */
const RETRY_MS = 60_000;

/**
 * Without a renewal for this long, no key is trusted any more. An issuer's outage of hours signs nobody out, and whoever keeps us from it, to go on with
 * a key that leaked and was dropped, gains no more than a day.
 */
const TRUSTED_MS = 86_400_000;

/** For a key that is not known the issuer is asked this often at most: made-up key ids must not become a flood of requests. */
const SEARCH_SECONDS = 10;

/** The issuer did not say what it takes to check a token. That is not the caller's fault, so it never becomes `Unauthorized`. */
export class IssuerFailed extends Error {
  constructor(what: string, reason: unknown) {
    super(`${what}: ${reason instanceof Error ? reason.name : String(reason)}`);
    this.name = 'IssuerFailed';
  }
}

/** What IssuerKeys needs of the world. */
export interface IssuerKeysPorts {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
}

/** What a verifier is made with. Another object is another renewal: it takes a new verifier then, since each holds on to the keys that it has met. */
export interface CurrentKeys {
  readonly jwksUri: string;
  readonly cache: SimpleJwksCache;
}

/** The library waits after a search that found no key; this waits after a request that failed too, and meanwhile answers with that failure. */
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

/** The issuer's public keys. All its documents come over one fetcher, since the library's own speaks https only and one machine's issuer does not. */
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

  /** The keys, and not too old ones; throws where there are none. */
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

  /** Fetches the key set, whatever is known of it, so that keys which the issuer dropped go too. Where it is, is asked once. */
  private async renew(): Promise<CurrentKeys> {
    this.jwksUri ??= await this.discover();
    await this.cache.getJwks(this.jwksUri);
    return { jwksUri: this.jwksUri, cache: this.cache };
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

  private async fetchKeySet(uri: string): Promise<ArrayBuffer> {
    try {
      const body = await this.get('key set', uri);
      // A key set that can't be used is a failure as much as none.
      parseKeySet(body);
      return body;
    } catch (error) {
      this.searches.registerFailure(error);
      throw error;
    }
  }

  private async get(what: string, address: string): Promise<ArrayBuffer> {
    try {
      // A redirect could lead from the issuer to whoever it trusts with one page.
      const response = await this.ports.fetch(address, { headers: { accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
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
