import { forgetPlayed, played } from './played-videos.js';
import { request } from './request.js';

const NAME = 'vod-session';
/**
 * The timeout of a token request. With refresh token rotation, Cognito accepts the old refresh token for only 30 s after a rotation
 * (`RetryGracePeriodSeconds`). If no response arrives, three retries start within these 30 s: after 8 s, after 21 s (8 + 8 + 5), and after 29 s (21 + 8). The
 * first retry starts without a delay, because the browser may run the timers of a hidden tab only once a minute.
 */
const PATIENCE_MS = 8_000;
/** The delay before the next try, after two requests got no response. */
const RETRY_MS = 5_000;
/**
 * The delay before each later try. If all requests fail immediately, the third try starts after 25 s (5 + 20). Cognito then still accepts the old refresh
 * token.
 */
const NEXT_RETRY_MS = 20_000;

/** Runs work in one tab at a time: two tabs must not use the refresh token at the same time. */
function inTurn(work) {
  return navigator.locks.request(NAME, work);
}

/**
 * Sends a token request. If there is no response, retries once immediately. After a rotation, Cognito accepts the old refresh token for only 30 s, and a sign-out
 * must not fail because of one slow response.
 */
function askForToken(path, body) {
  // With `keepalive`, the browser stores the new cookie even if the user closes the tab during the request.
  const send = () => request('POST', path, { body, keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
  return send().catch((error) => {
    if (error.isRefusal) throw error;
    return send();
  });
}

/** Ends the session, and deletes the cookies of the videos that pages of this browser have played. */
function revoke() {
  return askForToken('/token/revoke', { playbackSessions: played() }).catch((error) => {
    // The stored list is not valid, for example because the domain of the service has changed. The list must not prevent the sign-out.
    if (error.code !== 'invalid_request') throw error;
    return askForToken('/token/revoke');
  });
}

/** Decodes the claims of a token. The page does not verify the token, because the API does. */
function claimsOf(idToken) {
  return JSON.parse(atob(idToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
}

/** The session of the signed-in user. All tabs share the refresh cookie, which scripts cannot read. Each tab keeps its own ID token in memory. */
export class Session {
  /** Aborts all requests of the session when the session ends. */
  #life;
  #idToken;
  #userId;
  #renewAt = 0;
  /** The time of the service minus `performance.now()`, in milliseconds. */
  #behind = 0;
  #timer;
  #renewing;
  /** Whether the last renewal got no response. */
  #isInTrouble = false;
  #tabs = new BroadcastChannel(NAME);
  #page;

  /**
   * `page` has the callbacks `onStart()`, `onEnd({ problem, isSignOut, isLeaving })`, `onTrouble(problem)` and `onRecovery()`. `isSignOut` is true if a user
   * signed out, or if another user has signed in. `isLeaving` is true if the browser is about to load another page.
   */
  constructor(page) {
    this.#page = page;
    this.#tabs.addEventListener('message', ({ data }) => this.#hear(data.userId));
    // A suspended tab has no timers and receives no messages from other tabs, so old tokens are renewed when the tab becomes visible.
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.#isStale()) void this.renew(); });
    window.addEventListener('pageshow', ({ persisted }) => { if (persisted) void this.renew(); });
  }

  /** Sends an API request with the user's ID token. */
  async api(method, path, body, { signal: ofCaller, etag } = {}) {
    if (this.#isStale()) await this.renew();
    const signal = ofCaller ? AbortSignal.any([this.signal, ofCaller]) : this.signal;
    const token = this.#idToken;
    const send = () => request(method, path, { body, etag, token: this.#idToken, signal });
    signal.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      // The API can reject the token before the page renews it, for example after a change of the computer's clock.
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

  /** The ID of the signed-in user. */
  get userId() {
    return this.#userId;
  }

  /** Returns the time of the service in milliseconds. The clock of the computer may be wrong. */
  now() {
    return performance.now() + this.#behind;
  }

  get signal() {
    return this.#life?.signal ?? AbortSignal.abort();
  }

  /** Gets new tokens with the refresh cookie, and schedules the next renewal. Returns the error if the renewal fails. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = undefined; });
    return this.#renewing;
  }

  async #renew() {
    clearTimeout(this.#timer);
    const before = this.#userId;
    try {
      await inTurn(() => this.#take(before)).catch((error) => {
        // Another tab may have signed in again during the request, so this tab tries once more with the new cookie.
        if (error.code !== 'invalid_grant' || !this.#userId) throw error;
        return inTurn(() => this.#take(before));
      });
    } catch (error) {
      if (['invalid_grant', 'not_signed_in'].includes(error.code)) this.#end({ problem: before && error });
      else this.#suffer(error);
      return error;
    }
    // The session ended during the request.
    if (!this.#userId) return undefined;
    if (before && before !== this.#userId) return this.#beginAnew();
    if (!before) this.#page.onStart();
    else if (this.#isInTrouble) this.#page.onRecovery();
    this.#isInTrouble = false;
    return undefined;
  }

  /** Requests tokens for a user. */
  async #take(userId) {
    // Another tab may sign out while this tab waits for the lock or for the response.
    const isOver = () => userId && !this.#userId;
    if (isOver()) return;
    const { id_token: idToken, expires_in: expiresIn } = await askForToken('/token');
    if (isOver()) return;
    const { sub, exp, iat } = claimsOf(idToken);
    this.#life ??= new AbortController();
    this.#idToken = idToken;
    this.#userId = sub;
    // `iat` is rounded down to seconds. With the added second, the page detects an expiry early rather than late.
    this.#behind = (iat + 1) * 1000 - performance.now();
    // `expires_in` applies to the access token (RFC 6749, section 5.1). The ID token can expire before the access token.
    const seconds = Math.min(expiresIn, exp - iat);
    // The page renews tokens 1 minute before they expire. A token of less than 2 minutes is renewed after half of its lifetime.
    this.#renewIn(Math.max(seconds - 60, seconds / 2, 1) * 1000);
    this.#tabs.postMessage({ userId: this.#userId });
  }

  /** Ends the session in every tab, then redirects to the sign-in server, which ends its own session. */
  async signOut() {
    const { logoutUrl } = await inTurn(async () => {
      const answer = await revoke().catch((error) => {
        // Status 401 and `invalid_grant` mean that the user is already signed out.
        if (error.status !== 401 && error.code !== 'invalid_grant') throw error;
        return { logoutUrl: '/' };
      });
      forgetPlayed();
      this.#end({ isSignOut: true, isLeaving: true });
      this.#tabs.postMessage({});
      return answer;
    });
    location.assign(logoutUrl);
  }

  /** Handles a message from another tab. The message means that the refresh cookie now belongs to the user `userId`, or to no user. */
  #hear(userId) {
    if (userId === this.#userId) return;
    if (!userId) this.#end({ isSignOut: true });
    else if (this.#userId) void this.#beginAnew();
    else void this.renew();
  }

  /** Reloads the page, because it shows data of the previous user. */
  #beginAnew() {
    this.#end({ isSignOut: true, isLeaving: true });
    location.reload();
    // This promise never resolves: the reload ends all scripts.
    return new Promise(() => undefined);
  }

  #end({ problem, isSignOut = false, isLeaving = false } = {}) {
    this.#forget();
    this.#page.onEnd({ problem, isSignOut, isLeaving });
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#life?.abort();
    this.#life = this.#idToken = this.#userId = undefined;
    this.#isInTrouble = false;
  }

  /** Handles a missing response. The user stays signed in until the token expires, because the next request can succeed. */
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
