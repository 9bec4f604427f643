import * as path from 'path';
import * as HLS from 'hls-parser';
import { until } from './stack';
import { CookieJar } from '../../local/cookie-jar';
import type { LocalUser } from '../../local/sign-in/users';
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

/** OAuth's own token answer. */
export interface Tokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Goes through the sign-in pages as a person who fills in their one form; answers the address to which they send the browser back. */
export async function passPages(jar: CookieJar, address: string, { username, password }: LocalUser): Promise<URL> {
  for (let url = new URL(address), hops = 0; hops < 10; hops++) {
    if (url.origin !== new URL(address).origin) return url;
    let answer = await jar.fetch(url, {}, 0);
    if (answer.status === 200) {
      const hidden = [...(await answer.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]);
      const body = new URLSearchParams([...hidden, ['username', username], ['password', password]]);
      answer = await jar.fetch(url, { method: 'POST', body }, 0);
    }
    const location = answer.headers.get('location');
    if (!location) throw new Error(`the sign-in pages ended with ${answer.status}`);
    url = new URL(location, url);
  }
  throw new Error('the sign-in pages lead nowhere');
}

/** What an error answer is: status, media type and code. */
export async function problemOf(response: Response): Promise<[status: number, contentType: string | null, code: unknown]> {
  const text = await response.text();
  return [response.status, response.headers.get('content-type'), text.startsWith('{') ? JSON.parse(text).code : text];
}

/** A sign-in step by step: each can be done wrong. */
export class SignIn {
  /** Asks the API where to sign in: with an address to return to as a browser, without it as a script. */
  static async begin({ api }: StackFacts, returnTo?: string, jar = new CookieJar()): Promise<SignIn> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const { headers } = await jar.fetch(`${api}/login${query}`, {}, 0);
    return new SignIn(jar, new URL(headers.get('location')!), headers.getSetCookie()[0].split(';')[0]);
  }

  /**
   * @param location of the sign-in pages
   * @param cookie what the callback must bring, `name=value`
   */
  private constructor(readonly jar: CookieJar, readonly location: URL, readonly cookie: string) {}

  /** Signs in at the pages; answers the callback's address, which nobody has opened yet. */
  callback(user: LocalUser): Promise<URL> {
    return passPages(this.jar, this.location.href, user);
  }

  /** The API's own answer to a callback. */
  finish(callback: URL): Promise<Response> {
    return this.jar.fetch(callback, {}, 0);
  }
}

/** Speaks the HTTP API as any script could: a cookie jar, and a token that opens the API, whoever issued it. */
export class Caller {
  constructor(private readonly api: string, private readonly token: string, private readonly jar = new CookieJar()) {}

  fetch(method: string, route: string, body?: object): Promise<Response> {
    const headers = { 'authorization': this.token, 'content-type': 'application/json' };
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

  declare(size: number, title: string, more: object = {}): Promise<Plan> {
    return this.call('POST', '/upload', { fileName: `${title}.mp4`, contentType: 'video/mp4', size, title, ...more });
  }

  /** Uploads at once what fits into memory; answers the video's id. `more` is what else the declaration says. */
  async upload(content: Buffer<ArrayBuffer>, title: string, more?: object): Promise<string> {
    const { video, upload: { method, url, headers } } = await this.declare(content.length, title, more);
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

/** Someone who signed in at the service's own routes. */
export class Client extends Caller {
  static async signIn(facts: StackFacts, user = facts.users[0]): Promise<Client> {
    const signIn = await SignIn.begin(facts);
    const answer = await signIn.finish(await signIn.callback(user));
    if (answer.status !== 200) throw new Error(`the sign-in ended with ${answer.status}`);
    return new Client(facts.api, signIn.jar, await answer.json() as Tokens);
  }

  constructor(api: string, jar: CookieJar, readonly tokens: Tokens) {
    super(api, tokens.id_token, jar);
  }
}
