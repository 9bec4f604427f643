import { parse, type types } from 'hls-parser';
import { CookieJar } from './cookie-jar';
import type { LocalUser } from './issuers/users';
import type { StackFacts } from './stack';

export interface Tokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token: string;
}

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
    if (!location) throw new Error(`the sign-in pages returned ${answer.status} without a redirect`);
    url = new URL(location, url);
  }
  throw new Error('the sign-in pages redirected more than 10 times');
}

/** A sign-in in separate steps, so that a test can change each request. */
export class SignIn {
  /** Calls the API's login route. Browsers set `returnTo`, scripts do not. */
  static async begin({ api }: StackFacts, returnTo?: string, jar = new CookieJar()): Promise<SignIn> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const { headers, status } = await jar.fetch(`${api}/login${query}`, {}, 0);
    const location = headers.get('location');
    if (!location) throw new Error(`GET /login returned ${status} without a redirect`);
    return new SignIn(jar, new URL(location), headers.getSetCookie()[0].split(';')[0]);
  }

  /**
   * @param location - the URL of the sign-in pages
   * @param cookie - the cookie that the callback requires, as `name=value`
   */
  private constructor(readonly jar: CookieJar, readonly location: URL, readonly cookie: string) {}

  /** Signs in on the sign-in pages. Returns the callback URL without requesting it. */
  callback(user: LocalUser): Promise<URL> {
    return passPages(this.jar, this.location.href, user);
  }

  finish(callback: URL): Promise<Response> {
    return this.jar.fetch(callback, {}, 0);
  }

  async tokens(user: LocalUser): Promise<Tokens> {
    const answer = await this.finish(await this.callback(user));
    if (answer.status !== 200) throw new Error(`expected status 200 from the sign-in callback, got ${answer.status}`);
    return await answer.json() as Tokens;
  }
}

/** Loads a playlist and all files that it names. Returns the playlists of the renditions. */
export async function fetchMedia(jar: CookieJar, address: string): Promise<types.MediaPlaylist[]> {
  const read = async (uri: string) => {
    const url = new URL(uri, address);
    const response = await jar.fetch(url);
    if (response.status !== 200) throw new Error(`${url.pathname}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const playlist = parse((await read(address)).toString());
  const uris = new Set(playlist.isMasterPlaylist
    ? playlist.variants.flatMap(({ uri, audio }) => [uri, ...audio.map((rendition) => rendition.uri!)])
    : playlist.segments.flatMap(({ uri, map }) => [uri, ...(map ? [map.uri] : [])]));
  if (uris.size === 0) throw new Error(`${address} is a playlist without entries`);
  if (playlist.isMasterPlaylist) return (await Promise.all([...uris].map((uri) => fetchMedia(jar, new URL(uri, address).href)))).flat();
  for (const uri of uris) await read(uri);
  return [playlist];
}
