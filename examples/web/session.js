import { request } from './request.js';

const NAME = 'vod-session';
/**
 * How long to wait for an answer: all tabs wait for their turn meanwhile. With rotation, an answer that is lost may hold the only good refresh token:
 * the one in the cookie is out, and opens the session for 30 s more (Cognito's `RetryGracePeriodSeconds`). So it has to be asked again by then,
 * even if each answer hangs: at 0 s, at 8 s (in the same turn, as a hidden tab's timers may run but once a minute), at 8 + 8 + 5 = 21 s, and at 29 s.
 */
const PATIENCE_MS = 8_000;
/** How soon to try again when the service did not answer, twice in a turn. */
const RETRY_MS = 5_000;
/** And when it still did not: whatever can be had of the 30 s is had. */
const NEXT_RETRY_MS = 20_000;

/** One tab at a time: no tab renews with a refresh token that another is just replacing or revoking. */
function inTurn(work) {
  return navigator.locks.request(NAME, work);
}

/** Asks a token route; a tab that is closed meanwhile does not lose the new cookie. */
function askForToken(path) {
  return request('POST', path, { keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Tokens by the cookie. Who gets no answer can't know whether the refresh token was replaced: only a refusal says that it was not. */
function askForTokens() {
  return askForToken('/token').catch((error) => {
    if (error.isRefusal) throw error;
    return askForToken('/token');
  });
}

/** What a token says. Not verified: the API does that, and nothing is decided by it but when to renew and whether to begin anew. */
function claimsOf(idToken) {
  return JSON.parse(atob(idToken.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
}

/**
 * The session of the person who is signed in. Its refresh token is a cookie that all tabs have in common and no script can read;
 * the id token lives in this tab's memory only.
 */
export class Session {
  /** Ends with the session, and with it all that was asked for in its name. */
  #life;
  #idToken;
  #userId;
  #renewAt = 0;
  /** How far this machine's count of milliseconds (`performance.now()`) is behind the service's time. */
  #behind = 0;
  #timer;
  #renewing;
  /** The last renewal got no answer. */
  #isInTrouble = false;
  #tabs = new BroadcastChannel(NAME);
  #page;

  /** The page is told of what happens: `onStart()`, `onEnd(problem)`, `onTrouble(problem)`, `onRecovery()`. */
  constructor(page) {
    this.#page = page;
    this.#tabs.addEventListener('message', ({ data }) => this.#hear(data.userId));
    // A tab that slept had no timer, and heard nothing of the others while the browser kept it aside.
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.#isStale()) void this.renew(); });
    window.addEventListener('pageshow', ({ persisted }) => { if (persisted) void this.renew(); });
  }

  /** A request as the signed-in user. */
  async api(method, path, body) {
    if (this.#isStale()) await this.renew();
    const { signal } = this;
    const token = this.#idToken;
    const send = () => request(method, path, { body, token: this.#idToken, signal });
    signal.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      // Over before its time: this machine's clock was changed, say.
      if (error.status !== 401) throw error;
      const problem = token === this.#idToken ? await this.renew() : undefined;
      signal.throwIfAborted();
      if (problem) throw problem;
      return send();
    }
  }

  /** Whether somebody is signed in. */
  get isOn() {
    return this.#userId !== undefined;
  }

  /** The service's own time in milliseconds, since this machine's clock may be wrong. */
  now() {
    return performance.now() + this.#behind;
  }

  /** Aborts when the session ends. */
  get signal() {
    return this.#life?.signal ?? AbortSignal.abort();
  }

  /** New tokens by the session's cookie: now, and from then on before each expiry. Answers the problem, if there is one. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => { this.#renewing = undefined; });
    return this.#renewing;
  }

  async #renew() {
    clearTimeout(this.#timer);
    const before = this.#userId;
    try {
      await inTurn(() => this.#take(before)).catch((error) => {
        // Before a session is lost: another tab may have signed in anew meanwhile, and the cookie is a newer one in our next turn.
        if (error.code !== 'invalid_grant' || !this.#userId) throw error;
        return inTurn(() => this.#take(before));
      });
    } catch (error) {
      if (['invalid_grant', 'not_signed_in'].includes(error.code)) this.#end(before && error);
      else this.#suffer(error);
      return error;
    }
    // It has ended meanwhile.
    if (!this.#userId) return undefined;
    if (before && before !== this.#userId) return this.#beginAnew();
    if (!before) this.#page.onStart();
    else if (this.#isInTrouble) this.#page.onRecovery();
    this.#isInTrouble = false;
    return undefined;
  }

  /** Within this tab's turn, for whom it was wanted. */
  async #take(userId) {
    // Another tab may sign out while this one waits for its turn, or for the answer.
    const isOver = () => userId && !this.#userId;
    if (isOver()) return;
    const { id_token: idToken, expires_in: expiresIn } = await askForTokens();
    if (isOver()) return;
    const { sub, exp, iat } = claimsOf(idToken);
    this.#life ??= new AbortController();
    this.#idToken = idToken;
    this.#userId = sub;
    // The time of issue was rounded down: better a second early than late.
    this.#behind = (iat + 1) * 1000 - performance.now();
    // `expires_in` is the access token's (RFC 6749, section 5.1), and a pool may give the id token less.
    const seconds = Math.min(expiresIn, exp - iat);
    // A minute early, but never in a tight loop when tokens are short-lived.
    this.#renewIn(Math.max(seconds - 60, seconds / 2, 1) * 1000);
    this.#tabs.postMessage({ userId: this.#userId });
  }

  /** Ends the session in every tab, and leaves for the sign-in server, which has one of its own to end. */
  async signOut() {
    const { logoutUrl } = await inTurn(async () => {
      const answer = await askForToken('/token/revoke').catch((error) => {
        // Signed out already.
        if (error.status !== 401 && error.code !== 'invalid_grant') throw error;
        return { logoutUrl: '/' };
      });
      this.#end();
      this.#tabs.postMessage({});
      return answer;
    });
    location.assign(logoutUrl);
  }

  /** Another tab tells whose session the cookie is now. */
  #hear(userId) {
    if (userId === this.#userId) return;
    if (!userId) this.#end();
    else if (this.#userId) void this.#beginAnew();
    else void this.renew();
  }

  /** What is on the page is of another person than the session is now. */
  #beginAnew() {
    this.#forget();
    location.reload();
    // Nothing goes on here.
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

  /** The service does not answer. Whoever is signed in stays so: it may come back before the token ends. */
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
