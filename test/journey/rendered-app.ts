import { randomUUID } from 'crypto';
import { readFileSync } from 'fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'http';
import type { Video } from './client';
import { listen } from '../../local/listen';
import type { Part } from '../../local/types';

/** A request that the app received. */
export interface Asked { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }

interface Answer { readonly status?: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }

const html = (body: string, status = 200): Answer =>
  ({ status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!DOCTYPE html><title>App</title><link rel="icon" href="data:,">${body}` });
const escaped = (text: string): string => text.replace(/[&<"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Page script that gets an ID token with the refresh cookie. */
const TOKEN = 'const token = async () => (await (await fetch("/api/token", { method: "POST" })).json()).id_token;';
const SIGNED_OUT = `<a href="/api/login?return_to=/">Sign in</a><script type="module">
  ${TOKEN}
  const idToken = await token();
  if (idToken && (await fetch("/session", { method: "POST", headers: { authorization: "Bearer " + idToken } })).ok) location.reload();
</script>`;
const PLAYER = `<video muted controls></video><script src="/assets/hls.min.js"></script><script type="module">
  ${TOKEN}
  const { videoId } = document.querySelector("h1").dataset;
  const answer = await fetch("/api/streams/" + videoId + "/playback", { method: "POST", headers: { authorization: "Bearer " + await token() } });
  const hls = new Hls();
  hls.loadSource((await answer.json()).hls);
  hls.attachMedia(document.querySelector("video"));
  await document.querySelector("video").play();
</script>`;

/**
 * A server-rendered web app behind `defaultBehavior`. Its page sends the ID token once, and the app checks it with the API. From then on the app uses its
 * own session.
 */
export class RenderedApp {
  static async start(): Promise<RenderedApp> {
    const app = new RenderedApp();
    app.part = await listen(createServer((request, response) => {
      void app.answer(request).then(({ status = 200, headers = {}, body }) => response.writeHead(status, headers).end(body));
    }), 0);
    return app;
  }

  /** The service URL. */
  service = '';
  readonly asked: Asked[] = [];
  private part!: Part & { readonly port: number };
  /** ID tokens by session id. */
  private readonly sessions = new Map<string, string>();

  get port(): number {
    return this.part.port;
  }

  stop(): Promise<void> {
    return this.part.stop();
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const asked = { method, url, headers, body: String(Buffer.concat(chunks)) };
    this.asked.push(asked);
    const [path] = url.split('?', 1);
    const [, videoId] = /^\/watch\/([\w-]+)$/.exec(path) ?? [];
    if (videoId) return this.watch(videoId, this.tokenOf(headers));
    switch (path) {
      case '/': return this.home(this.tokenOf(headers));
      case '/session': return this.begin(headers);
      case '/assets/hls.min.js': return {
        headers: { 'content-type': 'text/javascript', 'cache-control': 'max-age=60', 'set-cookie': 'of-a-file=1' }, body: readFileSync(require.resolve('hls.js/dist/hls.min.js'), 'utf8'),
      };
      case '/old': return { status: 308, headers: { location: '/new?from=old' } };
      case '/broken': return html('<h1>Broken, says the app</h1>', 500);
      case '/forbidden': return html('<h1>Forbidden, says the app</h1>', 403);
    }
    if (!path.startsWith('/echo')) return html('<h1>Not found, says the app</h1>', 404);
    return { headers: { 'content-type': 'application/json', 'set-cookie': ['app-a=1; Path=/', 'app-b=two%20words; Path=/; HttpOnly'] }, body: JSON.stringify(asked) };
  }

  private async home(token: string | undefined): Promise<Answer> {
    if (!token) return html(SIGNED_OUT);
    const { items } = await (await this.ask('/streams?owner=me', token)).json() as { items: Video[] };
    return html(`<h1>Your videos</h1><ul>${items.map(({ videoId, title }) => `<li><a href="/watch/${videoId}">${escaped(title)}</a></li>`).join('')}</ul>`);
  }

  private async watch(videoId: string, token: string | undefined): Promise<Answer> {
    if (!token) return { status: 303, headers: { location: '/' } };
    const answer = await this.ask(`/streams/${videoId}`, token);
    if (!answer.ok) return html('<h1>No such video, says the app</h1>', answer.status);
    const { title } = await answer.json() as Video;
    return html(`<h1 data-video-id="${videoId}">${escaped(title)}</h1>${PLAYER}`);
  }

  /** Starts a session. Only the app's own pages can do so, with a token that the API accepts. */
  private async begin({ origin, authorization = '' }: IncomingHttpHeaders): Promise<Answer> {
    const token = authorization.replace('Bearer ', '');
    if (origin !== this.service || !(await this.ask('/streams?owner=me', token)).ok) return { status: 403 };
    const id = randomUUID();
    this.sessions.set(id, token);
    return { status: 204, headers: { 'set-cookie': `__Host-app-session=${id}; Path=/; Secure; HttpOnly; SameSite=Lax` } };
  }

  private tokenOf({ cookie = '' }: IncomingHttpHeaders): string | undefined {
    return this.sessions.get(/(?:^|; )__Host-app-session=([\w-]+)/.exec(cookie)?.[1] ?? '');
  }

  private ask(route: string, token: string): Promise<Response> {
    return fetch(`${this.service}/api${route}`, { headers: { authorization: `Bearer ${token}` } });
  }
}
