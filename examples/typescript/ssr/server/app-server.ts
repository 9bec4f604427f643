import { randomUUID } from 'crypto';
import { readFileSync } from 'fs';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server } from 'http';

interface Answer { readonly status?: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
interface Video { readonly videoId: string; readonly title: string }

/** A page script that uses the refresh cookie to get an ID token. */
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

const html = (body: string, status = 200): Answer =>
  ({ status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!DOCTYPE html><title>App</title><link rel="icon" href="data:,">${body}` });
const escaped = (text: string): string => text.replace(/[&<"]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Creates the server of the app. After a page of the app has sent an ID token that the API accepts, the app uses its own session.
 * A real app keeps sessions in a database, and ends a session when its token expires.
 */
export function createAppServer(serviceUrl: () => string): Server {
  /** ID tokens by session id. */
  const sessions = new Map<string, string>();

  const tokenOf = ({ cookie = '' }: IncomingHttpHeaders): string | undefined =>
    sessions.get(/(?:^|; )__Host-app-session=([\w-]+)/.exec(cookie)?.[1] ?? '');
  const callApi = (route: string, token: string): Promise<Response> =>
    fetch(`${serviceUrl()}/api${route}`, { headers: { authorization: `Bearer ${token}` } });

  async function home(token: string | undefined): Promise<Answer> {
    const answer = token ? await callApi('/streams?owner=me', token) : undefined;
    if (!answer?.ok) return html(SIGNED_OUT);
    const { items } = await answer.json() as { items: Video[] };
    return html(`<h1>Your videos</h1><ul>${items.map(({ videoId, title }) => `<li><a href="/watch/${videoId}">${escaped(title)}</a></li>`).join('')}</ul>`);
  }

  async function watch(videoId: string, token: string | undefined): Promise<Answer> {
    if (!token) return { status: 303, headers: { location: '/' } };
    const answer = await callApi(`/streams/${videoId}`, token);
    if (!answer.ok) return html('<h1>The app did not find this video</h1>', answer.status);
    const { title } = await answer.json() as Video;
    return html(`<h1 data-video-id="${videoId}">${escaped(title)}</h1>${PLAYER}`);
  }

  /** Starts a session, if a page of the app sends a token that the API accepts. */
  async function startSession({ origin, authorization = '' }: IncomingHttpHeaders): Promise<Answer> {
    const token = authorization.replace('Bearer ', '');
    if (origin !== serviceUrl() || !(await callApi('/streams?owner=me', token)).ok) return { status: 403 };
    const id = randomUUID();
    sessions.set(id, token);
    return { status: 204, headers: { 'set-cookie': `__Host-app-session=${id}; Path=/; Secure; HttpOnly; SameSite=Lax` } };
  }

  async function answerTo(method: string, path: string, headers: IncomingHttpHeaders): Promise<Answer> {
    const [, videoId] = /^\/watch\/([\w-]+)$/.exec(path) ?? [];
    if (videoId) return watch(videoId, tokenOf(headers));
    if (path === '/') return home(tokenOf(headers));
    if (method === 'POST' && path === '/session') return startSession(headers);
    if (path === '/assets/hls.min.js') {
      return {
        headers: { 'content-type': 'text/javascript', 'cache-control': 'max-age=60' }, body: readFileSync(require.resolve('hls.js/dist/hls.min.js'), 'utf8'),
      };
    }
    return html('<h1>Not found, says the app</h1>', 404);
  }

  return createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    void answerTo(method, url.split('?', 1)[0], headers)
      .catch(() => html('<h1>The video service does not respond</h1>', 502))
      .then(({ status = 200, headers: answered = {}, body }) => response.writeHead(status, answered).end(body));
  });
}
