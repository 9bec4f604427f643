import { parse, type types } from 'hls-parser';
import { CookieJar } from './cookie-jar';
import type { LocalUser } from './issuers/users';
import type { StackFacts } from './stack';

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

/** A sign-in step by step: each can be done wrong. */
export class SignIn {
  /** Asks the API where to sign in: with an address to return to as a browser, without it as a script. */
  static async begin({ api }: StackFacts, returnTo?: string, jar = new CookieJar()): Promise<SignIn> {
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    const { headers, status } = await jar.fetch(`${api}/login${query}`, {}, 0);
    const location = headers.get('location');
    if (!location) throw new Error(`the sign-in did not begin: ${status}`);
    return new SignIn(jar, new URL(location), headers.getSetCookie()[0].split(';')[0]);
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

  /** The rest of a script's sign-in. */
  async tokens(user: LocalUser): Promise<Tokens> {
    const answer = await this.finish(await this.callback(user));
    if (answer.status !== 200) throw new Error(`the sign-in ended with ${answer.status}`);
    return await answer.json() as Tokens;
  }
}

/** Fetches all that a playlist leads to, each header and segment of each rendition; answers the renditions' playlists. */
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
  if (uris.size === 0) throw new Error(`${address} leads nowhere`);
  if (playlist.isMasterPlaylist) return (await Promise.all([...uris].map((uri) => fetchMedia(jar, new URL(uri, address).href)))).flat();
  for (const uri of uris) await read(uri);
  return [playlist];
}
