import { until } from './stack';
import { fetchMedia, SignIn, type Tokens } from '../../local/client';
import { CookieJar } from '../../local/cookie-jar';
import type { StackFacts } from '../../local/stack';

export interface Video {
  readonly videoId: string;
  readonly title: string;
  readonly status: string;
  readonly error?: { readonly code: string };
}

export interface Plan {
  readonly video: Video;
  readonly upload: { readonly method: string; readonly url: string; readonly headers: Record<string, string> };
}

export async function problemOf(response: Response): Promise<[status: number, contentType: string | null, code: unknown]> {
  const text = await response.text();
  return [response.status, response.headers.get('content-type'), text.startsWith('{') ? JSON.parse(text).code : text];
}

export class Caller {
  constructor(private readonly api: string, private readonly token: string, private readonly jar = new CookieJar()) {}

  fetch(method: string, route: string, body?: object): Promise<Response> {
    const headers = { 'authorization': this.token, 'content-type': 'application/json' };
    return this.jar.fetch(`${this.api}${route}`, { method, headers, body: body && JSON.stringify(body) });
  }

  async call(method: string, route: string, body?: object): Promise<any> {
    const response = await this.fetch(method, route, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  get(url: string): Promise<Response> {
    return this.jar.fetch(url);
  }

  declare(size: number, title: string, more: object = {}): Promise<Plan> {
    return this.call('POST', '/upload', { fileName: `${title}.mp4`, contentType: 'video/mp4', size, title, ...more });
  }

  async upload(content: Buffer<ArrayBuffer>, title: string, more?: object): Promise<string> {
    const { video, upload: { method, url, headers } } = await this.declare(content.length, title, more);
    const { status } = await fetch(url, { method, headers, body: content });
    if (status !== 200) throw new Error(`the upload ended with ${status}`);
    return video.videoId;
  }

  find(videoId: string): Promise<Video> {
    return this.call('GET', `/streams/${videoId}`);
  }

  async settled(videoId: string): Promise<Video> {
    let video: Video | undefined;
    await until(`${videoId} is ready or errored`, async () => {
      video = await this.find(videoId);
      return ['ready', 'errored'].includes(video.status);
    });
    return video!;
  }

  async play(videoId: string): Promise<number> {
    const { hls } = await this.call('POST', `/streams/${videoId}/playback`);
    return (await fetchMedia(this.jar, hls)).reduce((sum, { segments }) => sum + segments.length, 0);
  }
}

export class Client extends Caller {
  static async signIn(facts: StackFacts, user = facts.users[0]): Promise<Client> {
    const signIn = await SignIn.begin(facts);
    return new Client(facts.api, signIn.jar, await signIn.tokens(user));
  }

  constructor(api: string, jar: CookieJar, readonly tokens: Tokens) {
    super(api, tokens.id_token, jar);
  }
}
