import * as path from 'path';
import * as HLS from 'hls-parser';
import { until } from './stack';
import { CookieJar } from '../../local/cookie-jar';
import type { StackFacts } from '../../local/stack';

/** A video as the API answers it, as far as the tests look. */
export interface Video {
  readonly videoId: string;
  readonly title: string;
  readonly status: string;
  readonly error?: { readonly code: string };
}

/** An upload as the API plans it. */
export interface Plan {
  readonly video: Video;
  readonly upload: { readonly method: string; readonly url: string; readonly headers: Record<string, string> };
}

/** Speaks the HTTP API as any script could: a cookie jar, and an id token. */
export class Client {
  /** Fills in the one form of the sign-in. */
  static async signIn({ api, users }: StackFacts, { username, password } = users[0]): Promise<Client> {
    const jar = new CookieJar();
    const form = await jar.fetch(`${api}/login`);
    const hidden = [...(await form.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]);
    const body = new URLSearchParams([...hidden, ['username', username], ['password', password]]);
    const answer = await jar.fetch(form.url, { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`the sign-in ended with ${answer.status}`);
    return new Client(api, jar, await answer.json() as { id_token: string; refresh_token: string });
  }

  constructor(private readonly api: string, private readonly jar: CookieJar, readonly tokens: { id_token: string; refresh_token: string }) {}

  fetch(method: string, route: string, body?: object): Promise<Response> {
    const headers = { 'authorization': this.tokens.id_token, 'content-type': 'application/json' };
    return this.jar.fetch(`${this.api}${route}`, { method, headers, body: body && JSON.stringify(body) });
  }

  /** The body of an answer that is no error. */
  async call(method: string, route: string, body?: object): Promise<any> {
    const response = await this.fetch(method, route, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Fetches any address, with the cookies that it is to have. */
  get(address: string): Promise<Response> {
    return this.jar.fetch(address);
  }

  declare(size: number, title: string): Promise<Plan> {
    return this.call('POST', '/upload', { fileName: `${title}.mp4`, contentType: 'video/mp4', size, title });
  }

  /** Uploads at once what fits into memory; answers the video's id. */
  async upload(content: Buffer<ArrayBuffer>, title: string): Promise<string> {
    const { video, upload: { method, url, headers } } = await this.declare(content.length, title);
    const { status } = await fetch(url, { method, headers, body: content });
    if (status !== 200) throw new Error(`the upload ended with ${status}`);
    return video.videoId;
  }

  find(videoId: string): Promise<Video> {
    return this.call('GET', `/streams/${videoId}`);
  }

  /** The video once it is ready or errored. */
  async settled(videoId: string): Promise<Video> {
    let video: Video | undefined;
    await until(`${videoId} is ready or errored`, async () => {
      video = await this.find(videoId);
      return ['ready', 'errored'].includes(video.status);
    });
    return video!;
  }

  /** Starts playback, and fetches every segment of every rendition; answers how many there were. */
  async play(videoId: string): Promise<number> {
    const { hls } = await this.call('POST', `/streams/${videoId}/playback`);
    return this.fetchMedia(hls);
  }

  private async fetchMedia(address: string): Promise<number> {
    const read = async (uri: string) => {
      const response = await this.jar.fetch(new URL(uri, address).href);
      if (response.status !== 200) throw new Error(`${uri}: ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    };
    const playlist = HLS.parse((await read(path.posix.basename(address))).toString());
    if ('variants' in playlist) {
      const uris = new Set(playlist.variants.flatMap(({ uri, audio }) => [uri, ...audio.map((rendition) => rendition.uri!)]));
      const counts = await Promise.all([...uris].map((uri) => this.fetchMedia(new URL(uri, address).href)));
      return counts.reduce((sum, count) => sum + count, 0);
    }
    if (!('segments' in playlist)) throw new Error(`${address} is no playlist`);
    const parts = new Set(playlist.segments.flatMap(({ uri, map }) => [uri, ...(map ? [map.uri] : [])]));
    for (const part of parts) await read(part);
    return playlist.segments.length;
  }
}
