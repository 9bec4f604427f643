import { request } from './request.js';

const NAME = 'vod-session';
/**
 * The timeout of a token request. Other tabs wait during the request. With rotation, a lost response may contain the only valid refresh token: the token in
 * the cookie is then rotated, and is accepted for only 30 s more (Cognito's `RetryGracePeriodSeconds`). The retries must therefore start within 30 s, even
 * if each response hangs: at 0 s, at 8 s (in the same turn, because a hidden tab's timers may run only once a minute), at 8 + 8 + 5 = 21 s, and at 29 s.
 */
const PATIENCE_MS = 8_000;
/** The delay before this tab tries again, if two requests got no response. */
const RETRY_MS = 5_000;
/** The delay after a second turn without a response, chosen to use the rest of the 30 s. */
const NEXT_RETRY_MS = 20_000;

/** Runs work in one tab at a time: a tab must not use a refresh token that another tab is rotating or revoking. */
function inTurn(work) {
  return navigator.locks.request(NAME, work);
}

/** Sends a token request. `keepalive` stores the new cookie even if the tab is closed meanwhile. */
function askForToken(path) {
  return request('POST', path, { keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Requests tokens with the cookie. Without a response, the refresh token may have been rotated; only an error response shows that it was not. */
function askForTokens() {
  return askForToken('/token').catch((error) => {
    if (error.isRefusal) throw error;
    return askForToken('/token');
  });
}

/** Decodes a token's claims without verification: the API verifies tokens. The page uses the claims only for renewal and to detect another user. */
function claimsOf(idToken) {
  return JSON.parse(atob(idToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
}

/**
 * The session of the signed-in user. All tabs share the refresh token in a cookie that no script can read. The id token is in this tab's memory only.
 */
export class Session {
  /** Aborts all requests of the session when it ends. */
  #life;
  #idToken;
  #userId;
  #renewAt = 0;
  /** The difference between the service's time and the browser's `performance.now()`, in milliseconds. */
  #behind = 0;
  #timer;
  #renewing;
  /** Whether the last renewal got no response. */
  #isInTrouble = false;
  #tabs = new BroadcastChannel(NAME);
  #page;

  /** `page` has the callbacks `onStart()`, `onEnd(problem)`, `onTrouble(problem)` and `onRecovery()`. */
  constructor(page) {
    this.#page = page;
    this.#tabs.addEventListener('message', ({ data }) => this.#hear(data.userId));
    // A suspended tab has no timers and receives no messages from other tabs.
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.#isStale()) void this.renew(); });
    window.addEventListener('pageshow', ({ persisted }) => { if (persisted) void this.renew(); });
  }

  /** Sends an API request as the signed-in user. */
  async api(method, path, body) {
    if (this.#isStale()) await this.renew();
    const { signal } = this;
    const token = this.#idToken;
    const send = () => request(method, path, { body, token: this.#idToken, signal });
    signal.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      // The token expired early, for example because the computer's clock was changed.
      if (error.status !== 401) throw error;
      const problem = token === this.#idToken ? await this.renew() : undefined;
      signal.throwIfAborted();
      if (problem) throw problem;
      return send();
    }
  }

  /** Whether a user is signed in. */
  get isOn() {
    return this.#userId !== undefined;
  }

  /** Returns the service's time in milliseconds, because the computer's clock may be wrong. */
  now() {
    return performance.now() + this.#behind;
  }

  /** Aborts when the session ends. */
  get signal() {
    return this.#life?.signal ?? AbortSignal.abort();
  }

  /** Gets new tokens with the session's cookie, now and before each expiry. Returns the problem, if there is one. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = undefined; });
    return this.#renewing;
  }

  async #renew() {
    clearTimeout(this.#timer);
    const before = this.#userId;
    try {
      await inTurn(() => this.#take(before)).catch((error) => {
        // Another tab may have signed in again meanwhile. The next turn then uses the new cookie.
        if (error.code !== 'invalid_grant' || !this.#userId) throw error;
        return inTurn(() => this.#take(before));
      });
    } catch (error) {
      if (['invalid_grant', 'not_signed_in'].includes(error.code)) this.#end(before && error);
      else this.#suffer(error);
      return error;
    }
    // The session has ended meanwhile.
    if (!this.#userId) return undefined;
    if (before && before !== this.#userId) return this.#beginAnew();
    if (!before) this.#page.onStart();
    else if (this.#isInTrouble) this.#page.onRecovery();
    this.#isInTrouble = false;
    return undefined;
  }

  /** Requests tokens for a user, in this tab's turn. */
  async #take(userId) {
    // Another tab may sign out while this tab waits for its turn or for the response.
    const isOver = () => userId && !this.#userId;
    if (isOver()) return;
    const { id_token: idToken, expires_in: expiresIn } = await askForTokens();
    if (isOver()) return;
    const { sub, exp, iat } = claimsOf(idToken);
    this.#life ??= new AbortController();
    this.#idToken = idToken;
    this.#userId = sub;
    // `iat` is rounded down to seconds. With the added second, an expiry is detected too early rather than too late.
    this.#behind = (iat + 1) * 1000 - performance.now();
    // `expires_in` applies to the access token (RFC 6749, section 5.1). The id token can expire earlier.
    const seconds = Math.min(expiresIn, exp - iat);
    // Renews 1 minute before expiry, but never in a tight loop if tokens are short-lived.
    this.#renewIn(Math.max(seconds - 60, seconds / 2, 1) * 1000);
    this.#tabs.postMessage({ userId: this.#userId });
  }

  /** Ends the session in every tab, then redirects to the sign-in server to end its session too. */
  async signOut() {
    const { logoutUrl } = await inTurn(async () => {
      const answer = await askForToken('/token/revoke').catch((error) => {
        // The user is already signed out.
        if (error.status !== 401 && error.code !== 'invalid_grant') throw error;
        return { logoutUrl: '/' };
      });
      this.#end();
      this.#tabs.postMessage({});
      return answer;
    });
    location.assign(logoutUrl);
  }

  /** Handles a message from another tab about the cookie's user. */
  #hear(userId) {
    if (userId === this.#userId) return;
    if (!userId) this.#end();
    else if (this.#userId) void this.#beginAnew();
    else void this.renew();
  }

  /** Reloads the page, because it shows data of another user than the session's. */
  #beginAnew() {
    this.#forget();
    location.reload();
    // Never resolves, because the page is being reloaded.
    return new Promise(() => undefined);
  }

  #end(problem) {
    this.#forget();
    this.#page.onEnd(problem);
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#life?.abort();
    this.#life = this.#idToken = this.#userId = undefined;
    this.#isInTrouble = false;
  }

  /** Handles a missing response. The user stays signed in, because the service may respond again before the token expires. */
  #suffer(error) {
    if (this.#idToken) {
      this.#renewIn(this.#isInTrouble ? NEXT_RETRY_MS : RETRY_MS);
      this.#isInTrouble = true;
    } else {
      this.#end();
    }
    this.#page.onTrouble(error);
  }

  #renewIn(milliseconds) {
    this.#renewAt = Date.now() + milliseconds;
    this.#timer = setTimeout(() => void this.renew(), milliseconds);
  }

  #isStale() {
    return this.#idToken !== undefined && Date.now() >= this.#renewAt;
  }
}
