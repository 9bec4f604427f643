/** Cookies as a browser keeps them, as far as our journey goes: by host, name and path. */
export class CookieJar {
  private readonly cookies: { host: string; path: string; name: string; value: string }[] = [];

  /** @param cookies Set-Cookie lines of an earlier answer from `origin` */
  constructor(origin?: string, cookies: string[] = []) {
    if (origin) this.keep(new URL(origin), cookies);
  }

  /** Fetches, following redirects with the cookies that each host and path is to have. */
  async fetch(address: string, init: RequestInit = {}, hops = 0): Promise<Response> {
    const url = new URL(address);
    const cookie = this.cookies.filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path)).map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, ...(cookie && { cookie }) } });
    this.keep(url, response.headers.getSetCookie());
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || !location) return response;
    if (hops === 10) throw new Error('too many redirects');
    return this.fetch(new URL(location, url).href, {}, hops + 1);
  }

  private keep({ hostname: host }: URL, lines: string[]): void {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/;\s*/);
      const name = pair.slice(0, pair.indexOf('='));
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
      const old = this.cookies.findIndex((cookie) => cookie.host === host && cookie.name === name && cookie.path === path);
      if (old >= 0) this.cookies.splice(old, 1);
      if (!attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.cookies.push({ host, path, name, value: pair.slice(name.length + 1) });
    }
  }
}
