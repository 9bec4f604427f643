import { createServer, type IncomingMessage, type ServerResponse } from 'http';
import { text } from 'stream/consumers';
import type { default as OidcProvider } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { errorPage, loginForm, sendPage } from './pages';
import type { LocalUser } from './users';
import { listen } from '../listen';
import { logLine } from '../text';

interface SignInOptions {
  readonly name: string;
  readonly port: number;
  /** Returns the current provider, which key rotation can replace at any time. */
  readonly provider: () => OidcProvider;
  readonly users: readonly LocalUser[];
  readonly subOf: (user: LocalUser) => string;
  /** Handles requests for routes that the provider doesn't have. Returns true if the response was written. */
  readonly before: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>;
}

export function startSignIn({ name, port, provider, users, subOf, before }: SignInOptions): ReturnType<typeof listen> {
  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cid } = await provider().interactionDetails(request, response);
    if (request.method !== 'POST') return sendPage(response, 200, loginForm(cid));
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    if (form._csrf !== cid) throw new Error('the CSRF token does not belong to this sign-in');
    const typed = form.username?.trim().toLowerCase();
    const user = users.find(({ username }) => [username, `${username}@example.com`].includes(typed));
    if (!user || user.password !== form.password) {
      return sendPage(response, 401, loginForm(cid, { message: 'Incorrect username or password.', username: form.username ?? '' }));
    }
    return provider().interactionFinished(request, response, { login: { accountId: subOf(user) } }, { mergeWithLastSubmission: false });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Hosts that differ from the issuer's host are rejected, because the provider builds the URLs in its metadata from the Host header.
    if (request.headers.host !== `127.0.0.1:${port}`) return sendPage(response, 400, errorPage(`The host in the request is not the host of the issuer. Use http://127.0.0.1:${port}.`));
    const url = new URL(request.url!, `http://127.0.0.1:${port}`);
    if (url.pathname.startsWith('/login/')) return login(request, response);
    if (!await before(request, response, url)) await provider().callback()(request, response);
  }

  return listen(createServer((request, response) => void handle(request, response).catch((error: Error) => {
    logLine(`${name}: ${request.method} ${request.url?.split('?')[0]}: ${error.message}`);
    if (response.headersSent) response.destroy();
    else sendPage(response, 400, errorPage('The request failed. Go back to the app and sign in again.'));
  })), port);
}
